"""Records to bytes and back, and every way in which bytes can be wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Codec, CutShort, DecodeError, Malformed, UnknownSchemaId, WrongType
from tests.schemas.records import RECORDS, TOUCHPOINT, any_record

CODEC = Codec()
NAMES = sorted(RECORDS)
BYTES = CODEC.encode("Touchpoint", TOUCHPOINT)


@pytest.mark.parametrize("name", NAMES)
def test_a_record_comes_back_as_it_went(name: str) -> None:
    assert CODEC.decode(CODEC.encode(name, RECORDS[name])) == (name, RECORDS[name])


@pytest.mark.parametrize("name", NAMES)
def test_any_record_that_the_schema_allows_comes_back_as_it_went(name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(any_record(name))
    def comes_back(record: dict[str, Any]) -> None:
        assert CODEC.decode(CODEC.encode(name, record)) == (name, record)

    comes_back()


def test_values_keep_their_kind() -> None:
    properties = {"flag": True, "float": 1.0, "nothing": None, "text": "1", "whole": 1}
    _, record = CODEC.decode(CODEC.encode("Touchpoint", {**TOUCHPOINT, "properties": properties}))
    assert {name: type(value).__name__ for name, value in record["properties"].items()} == {
        "flag": "bool",
        "float": "float",
        "nothing": "NoneType",
        "text": "str",
        "whole": "int",
    }


@pytest.mark.parametrize(
    ("name", "schema_id"),
    [
        ("Touchpoint", 1),
        ("Control", 11),
        ("Moment", 3),
        ("Decision", 4),
        ("Trigger", 5),
        ("DeadLetter", 6),
        ("Verdict", 7),
        ("Emotion", 9),
        ("Cancellation", 10),
    ],
)
def test_without_a_server_the_ids_are_the_positions_in_every_process(name: str, schema_id: int) -> None:
    assert Codec().encode(name, RECORDS[name])[:5] == bytes([0, 0, 0, 0, schema_id])


def test_the_bytes_of_a_record_stay_as_they_are() -> None:
    touchpoint = {**TOUCHPOINT, "identities": {}, "properties": {"quantity": 2}}
    assert CODEC.encode("Touchpoint", touchpoint).hex() == (
        "0000000001"  # magic byte, schema id
        "046531"  # event_id
        "0873686f70"  # source
        "046331"  # customer_id
        "01"  # identified
        "02"  # channel: web is the second symbol
        "14636172742e6164646564"  # type
        "80edb5f8c068"  # occurred_at
        "020e6f726465722d37"  # correlation_id
        "00"  # session_id: none
        "00"  # identities
        "02107175616e74697479040400"  # properties
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_record_cut_short_anywhere_is_cut_short(name: str) -> None:
    whole = CODEC.encode(name, RECORDS[name])
    reasons = {_reason(whole[:length]) for length in range(len(whole))}
    assert reasons == {"cut_short"}


def test_no_value_at_all_is_cut_short() -> None:
    with pytest.raises(CutShort, match="0 bytes; a record has at least 5"):
        CODEC.decode(None)


@pytest.mark.parametrize("length", [1, 4, 5, len(BYTES)])
def test_any_other_first_byte_is_a_wrong_magic_byte(length: int) -> None:
    reasons = {_reason(bytes([first]) + BYTES[1:length]) for first in range(1, 256)}
    assert reasons == {"wrong_magic_byte"}


@pytest.mark.parametrize("schema_id", [0, 9_999, 4_711, 2**31, 2**32 - 1])
def test_an_id_that_the_registry_does_not_have_is_unknown(schema_id: int) -> None:
    with pytest.raises(UnknownSchemaId, match=str(schema_id)):
        CODEC.decode(b"\0" + schema_id.to_bytes(4, "big") + BYTES[5:])


def test_a_record_of_another_kind_than_expected_is_a_wrong_type() -> None:
    data = CODEC.encode("Verdict", RECORDS["Verdict"])
    with pytest.raises(WrongType, match="a Verdict lies where Touchpoint or Control belongs"):
        CODEC.decode(data, "Touchpoint", "Control")


@pytest.mark.parametrize("extra", [b"\0", b"x", BYTES])
def test_bytes_behind_the_record_are_malformed(extra: bytes) -> None:
    with pytest.raises(Malformed, match=f"{len(extra)} bytes follow the Touchpoint"):
        CODEC.decode(BYTES + extra)


@pytest.mark.parametrize(
    ("at", "spoiled"),
    [
        pytest.param(6, b"\xff\xfe", id="a text that is no UTF-8"),
        pytest.param(17, b"\x7e", id="an enum symbol that does not exist"),
        pytest.param(35, b"\x08", id="a union branch that does not exist"),
    ],
)
def test_bytes_that_contradict_the_schema_are_malformed(at: int, spoiled: bytes) -> None:
    with pytest.raises(Malformed):
        CODEC.decode(BYTES[:at] + spoiled + BYTES[at + len(spoiled) :])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.binary(max_size=200))
def test_whatever_the_bytes_are_they_are_a_record_or_a_decode_error(name: str, body: bytes) -> None:
    assert _reason(CODEC.encode(name, RECORDS[name])[:5] + body) in (None, "cut_short", "malformed")


@settings(max_examples=300, deadline=None)
@given(st.integers(5, len(BYTES) - 1), st.integers(0, 255))
def test_a_spoiled_byte_is_a_record_or_a_decode_error(at: int, byte: int) -> None:
    assert _reason(BYTES[:at] + bytes([byte]) + BYTES[at + 1 :]) in (None, "cut_short", "malformed")


def test_a_decode_error_tells_no_content() -> None:
    spoiled = BYTES.replace(b"ann@", b"ann\xff")
    with pytest.raises(Malformed) as error:
        CODEC.decode(spoiled)
    assert "example" not in str(error.value)


@pytest.mark.parametrize(
    "properties",
    [{"list": [1]}, {"map": {}}, {"bytes": b"x"}],
)
def test_a_value_that_no_property_can_have_is_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="do not match"):
        CODEC.encode("Touchpoint", {**TOUCHPOINT, "properties": properties})


def _reason(data: bytes) -> str | None:
    try:
        CODEC.decode(data)
    except DecodeError as error:
        return error.reason
    return None
