"""What the documentation and the lock files of the samples say is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from schemas import errors
from streams.customer import partition
from tests.samples.sample import LANGUAGES, ROOT

SAMPLES = [ROOT / "samples" / kind / language for kind in ("publishers", "consumers") for language in LANGUAGES]


def test_every_reason_of_a_dead_letter_is_told_to_publishers() -> None:
    text = (ROOT / "docs" / "publishing.md").read_text()
    told = set(re.findall(r"^\| `(\w+)` \| (?:decode|validate|route) \|", text, re.MULTILINE))
    decoding = {one.reason for one in errors.DecodeError.__subclasses__() if one.__module__.startswith("schemas")}
    assert told == decoding | set(partition._INVALID) | {"too_large", "misrouted"}


def test_every_field_of_a_trigger_is_told_to_consumers() -> None:
    text = (ROOT / "docs" / "consuming-triggers.md").read_text()
    fields = [one["name"] for one in json.loads((ROOT / "schemas/avro/Trigger.v1.avsc").read_text())["fields"]]
    assert [field for field in fields if f"`{field}`" not in text] == []


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_sample_names_every_setting_it_reads(folder: Path) -> None:
    sources = [path for path in folder.rglob("*") if path.suffix in (".py", ".js", ".java")]
    sources = [path for path in sources if "node_modules" not in path.parts]
    used = {name for path in sources for name in re.findall(r"MOMENTOUS_[A-Z_]+", path.read_text())}
    told = set(re.findall(r"MOMENTOUS_[A-Z_]+", (folder / "README.md").read_text()))
    assert told == used


@pytest.mark.parametrize("folder", [one for one in SAMPLES if one.name == "node"], ids=lambda path: path.parent.name)
def test_the_packages_of_a_node_sample_are_pinned_by_digest_and_not_by_address(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in package and "resolved" not in package for package in packages.values())


@pytest.mark.parametrize("folder", [one for one in SAMPLES if one.name == "python"], ids=lambda path: path.parent.name)
def test_the_packages_of_a_python_sample_are_those_of_the_project(folder: Path) -> None:
    pinned = re.findall(r"^\S+==\S+", (folder / "requirements.txt").read_text(), re.MULTILINE)
    ours = re.findall(r"^\S+==\S+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(pinned) == 2
    assert set(pinned) <= set(ours)
