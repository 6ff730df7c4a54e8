"""Records of other writers: older and newer versions of ours, and schemas that are none of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer

from schemas import Codec, WrongType, newest_schemas, schema_files
from schemas.catalog import parsed
from tests.schemas.records import TOUCHPOINT
from tests.schemas.registry_double import RegistryDouble

WRITERS_ID = 1_000
CONTROL_V2 = 8

Change = Callable[[dict[str, Any]], None]


def test_a_field_that_an_older_writer_did_not_know_gets_its_default() -> None:
    def without(schema: dict[str, Any]) -> None:
        schema["fields"] = [field for field in schema["fields"] if field["name"] not in ("session_id", "identities")]

    record = {name: value for name, value in TOUCHPOINT.items() if name not in ("session_id", "identities")}
    assert _read(without, record) == {**TOUCHPOINT, "session_id": None, "identities": {}}


def test_an_activation_of_before_there_were_other_changes_activates() -> None:
    made = {"kind": "rule", "id": "a.b", "version": 2, "text": "id: a.b", "digest": "0" * 64}
    record = {"kind": "activation", "at": None, "clock": None, "activation": made}
    body = BytesIO()
    schemaless_writer(body, parsed(schema_files()[CONTROL_V2 - 1].text), record)
    _, read = Codec().decode(b"\0" + CONTROL_V2.to_bytes(4, "big") + body.getvalue(), "Control")
    assert read == {**record, "activation": {**made, "change": "activate"}}


def test_a_field_that_we_do_not_know_yet_is_passed_over() -> None:
    def with_more(schema: dict[str, Any]) -> None:
        schema["fields"].insert(3, {"name": "weather", "type": "string"})

    assert _read(with_more, {**TOUCHPOINT, "weather": "rain"}) == TOUCHPOINT


def test_a_symbol_that_we_do_not_know_yet_becomes_unknown() -> None:
    def with_hologram(schema: dict[str, Any]) -> None:
        channel = next(field for field in schema["fields"] if field["name"] == "channel")
        channel["type"]["symbols"].append("hologram")

    assert _read(with_hologram, {**TOUCHPOINT, "channel": "hologram"}) == {**TOUCHPOINT, "channel": "unknown"}


def test_fields_in_another_order_find_their_places() -> None:
    assert _read(lambda schema: schema["fields"].reverse(), TOUCHPOINT) == TOUCHPOINT


def test_an_annotation_more_or_less_changes_nothing() -> None:
    assert _read(lambda schema: schema.update(doc="Something else."), TOUCHPOINT) == TOUCHPOINT


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"string"', id="a bare text, as keys often are"),
        pytest.param('["null", "string"]', id="a union"),
        pytest.param('{"type": "array", "items": "string"}', id="an array"),
        pytest.param(
            '{"type": "enum", "name": "Touchpoint", "namespace": "momentous", "symbols": ["a"]}', id="an enum"
        ),
        pytest.param(
            '{"type": "record", "name": "Touchpoint", "namespace": "com.acme", "fields": []}', id="a namesake"
        ),
        pytest.param('{"type": "record", "name": "momentous.Invoice", "fields": []}', id="a record of another name"),
        pytest.param('{"type": "object", "title": "Touchpoint", "properties": {}}', id="JSON Schema"),
        pytest.param('syntax = "proto3"; message Touchpoint {}', id="Protobuf"),
    ],
)
def test_a_registered_schema_that_is_none_of_ours_is_a_wrong_type(text: str) -> None:
    codec = Codec(RegistryDouble({WRITERS_ID: text}))
    with pytest.raises(WrongType, match="schema id 1000 is no record of this contract"):
        codec.decode(b"\0" + WRITERS_ID.to_bytes(4, "big") + b"\0\0\0")


def _read(change: Change, record: Any) -> dict[str, Any]:
    """``record`` written under a changed Touchpoint schema, as we read it."""
    schema = json.loads(newest_schemas()["Touchpoint"].text)
    change(schema)
    body = BytesIO()
    schemaless_writer(body, parse_schema(json.loads(json.dumps(schema))), record)
    codec = Codec(RegistryDouble({WRITERS_ID: json.dumps(schema)}))
    name, read = codec.decode(b"\0" + WRITERS_ID.to_bytes(4, "big") + body.getvalue(), "Touchpoint")
    assert name == "Touchpoint"
    return read
