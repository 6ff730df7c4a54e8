"""The schema files: released ones never change, ids are positions, enums have a way out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas import catalog, newest_schemas, schema_files
from schemas.catalog import personal_fields


def test_ids_are_positions_and_stay_as_they_are() -> None:
    assert [(schema.id, schema.name, schema.version) for schema in schema_files()][:7] == [
        (1, "momentous.Touchpoint", 1),
        (2, "momentous.Control", 1),
        (3, "momentous.Moment", 1),
        (4, "momentous.Decision", 1),
        (5, "momentous.Trigger", 1),
        (6, "momentous.DeadLetter", 1),
        (7, "momentous.Verdict", 1),
    ]
    assert [schema.id for schema in schema_files()] == list(range(1, len(schema_files()) + 1))


def test_released_digests_stay_as_they_are() -> None:
    assert {schema.file: schema.sha256[:12] for schema in schema_files()} == {
        "Touchpoint.v1.avsc": "cae6ea2ada46",
        "Control.v1.avsc": "3acd52eb4b9b",
        "Moment.v1.avsc": "494f1d6bbd5c",
        "Decision.v1.avsc": "1c3bd59a5a56",
        "Trigger.v1.avsc": "37222d5c045a",
        "DeadLetter.v1.avsc": "911fb065980f",
        "Verdict.v1.avsc": "a35b38cd9270",
        "Control.v2.avsc": "2dfa384644e6",
        "Emotion.v1.avsc": "f2678e0f7dd3",
        "Cancellation.v1.avsc": "17bffc426623",
        "Control.v3.avsc": "2ad9a3731e5a",
    }


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The schema folder as a copy that a test may spoil."""
    source = Path(catalog.__file__).parent
    shutil.copytree(source / "avro", tmp_path / "avro")
    shutil.copy(source / "ids.json", tmp_path)
    monkeypatch.setattr(catalog, "_FOLDER", tmp_path)
    catalog.schema_files.cache_clear()
    yield tmp_path
    catalog.schema_files.cache_clear()


def test_a_released_file_that_was_changed_is_refused(copied: Path) -> None:
    path = copied / "avro" / "Moment.v1.avsc"
    path.write_text(path.read_text().replace('"An emotional-state moment', '"A moment'))
    with pytest.raises(ValueError, match=r"Moment\.v1\.avsc was changed after release; add a new version instead"):
        schema_files()


def test_an_id_that_is_not_its_position_is_refused(copied: Path) -> None:
    path = copied / "ids.json"
    entries = json.loads(path.read_text())
    entries[2]["id"] = 9
    path.write_text(json.dumps(entries))
    with pytest.raises(ValueError, match=r"Moment\.v1\.avsc has id 9, its position is 3"):
        schema_files()


@pytest.mark.parametrize("name", sorted(newest_schemas()))
def test_every_enum_leads_with_unknown_as_its_default(name: str) -> None:
    enums = [node for node in _nodes(json.loads(newest_schemas()[name].text)) if node.get("type") == "enum"]
    assert {(enum["name"], enum["symbols"][0], enum["default"]) for enum in enums} == {
        (enum["name"], "unknown", "unknown") for enum in enums
    }


@pytest.mark.parametrize("name", sorted(newest_schemas()))
def test_every_time_is_in_ms_utc(name: str) -> None:
    times = {
        field["name"]: json.dumps(field["type"])
        for node in _nodes(json.loads(newest_schemas()[name].text))
        for field in node.get("fields", ())
        if field["name"].endswith("_at") or field["name"] in ("at", "from", "to", "not_before", "deliver_until")
    }
    assert [field for field, kind in times.items() if '"logicalType": "timestamp-millis"' not in kind] == []


@pytest.mark.parametrize("name", sorted(newest_schemas()))
def test_every_field_says_what_it_means(name: str) -> None:
    fields = [field for node in _nodes(json.loads(newest_schemas()[name].text)) for field in node.get("fields", ())]
    assert [field["name"] for field in fields if not field.get("doc")] == []


def test_personal_fields_are_marked() -> None:
    assert {name: personal_fields(schema.text) for name, schema in newest_schemas().items()} == {
        "Touchpoint": ("identities", "properties"),
        "Control": (),
        "Moment": ("context",),
        "Decision": (),
        "Trigger": ("context",),
        "DeadLetter": (),
        "Verdict": ("properties",),
        "Emotion": (),
        "Cancellation": (),
    }


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _nodes(item)
    elif isinstance(node, dict):
        yield node
        for item in node.values():
            yield from _nodes(item)
