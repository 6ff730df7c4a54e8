"""docs/importing.md names every key that a mapping may have, and no other."""

import re
from pathlib import Path

from streams.importers.mapping.file_form_reader import CSV_KEYS
from streams.importers.mapping.mapping_reader import MAPPING_KEYS
from streams.importers.mapping.property import KINDS
from streams.importers.mapping.row_condition import MODIFIERS

PAGE = (Path(__file__).parents[3] / "docs" / "importing.md").read_text(encoding="utf-8")


def keys(heading: str) -> list[str]:
    """Names in the first column of the table under a heading, whose own head may be one."""
    section = re.split(r"\n##+ ", PAGE.split(f"{heading}\n")[1])[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    cells = cells[1:] if cells[0].strip() == "`type`" else cells
    return [name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)]


def test_the_keys_of_a_mapping() -> None:
    assert keys("## The keys") == list(MAPPING_KEYS)


def test_the_keys_of_csv() -> None:
    assert sorted(keys("### CSV")) == sorted(CSV_KEYS)


def test_the_types_of_properties() -> None:
    assert sorted(keys("### Types of properties")) == sorted(KINDS)


def test_the_tests_of_a_condition() -> None:
    section = PAGE.split("### Conditions\n")[1].split("\n### ")[0]
    assert sorted(["eq", *re.findall(r"`\|([a-z]+)", section)]) == sorted(MODIFIERS)
