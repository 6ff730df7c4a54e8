"""The schema files: which records there are, in which versions, under which ids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastavro import parse_schema

_FOLDER = Path(__file__).parent
_ANNOTATIONS = frozenset({"doc", "logicalType", "pii"})


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One released version of one record's schema."""

    id: int
    name: str
    version: int
    file: str
    sha256: str

    @property
    def short_name(self) -> str:
        """The record's name without its namespace, e.g. ``Touchpoint``."""
        return self.name.rpartition(".")[2]

    @property
    def text(self) -> str:
        """The file as released."""
        return (_FOLDER / "avro" / self.file).read_text(encoding="utf-8")


@cache
def schema_files() -> tuple[SchemaFile, ...]:
    """Every released schema in id order (ids are positions, counted from 1).

    Raises:
        ValueError: a released file was changed, or ids are not 1, 2, 3, …
    """
    files = tuple(SchemaFile(**entry) for entry in json.loads((_FOLDER / "ids.json").read_text()))
    for position, schema in enumerate(files, 1):
        if schema.id != position:
            raise ValueError(f"schemas/ids.json: {schema.file} has id {schema.id}, its position is {position}")
        if hashlib.sha256(schema.text.encode()).hexdigest() != schema.sha256:
            raise ValueError(f"schemas/avro/{schema.file} was changed after release; add a new version instead")
    return files


@cache
def newest_schemas() -> Mapping[str, SchemaFile]:
    """The newest version of each record, by short name."""
    return {schema.short_name: schema for schema in schema_files()}


def parsed(text: str) -> Any:
    """A schema ready for fastavro, without the annotations that do not touch the wire.

    Logical types go too: times stay int milliseconds instead of becoming datetimes, which cost
    more than the rest of a record.
    """
    return parse_schema(_bare(json.loads(text)))


def personal_fields(text: str) -> tuple[str, ...]:
    """Names of the top-level fields that are marked ``pii``."""
    return tuple(field["name"] for field in json.loads(text)["fields"] if field.get("pii"))


def _bare(node: Any) -> Any:
    if isinstance(node, list):
        return [_bare(item) for item in node]
    if isinstance(node, dict):
        bare = {key: _bare(value) for key, value in node.items() if key not in _ANNOTATIONS}
        # {"type": "long"} is "long", at one step less a record.
        return bare["type"] if bare.keys() == {"type"} else bare
    return node
