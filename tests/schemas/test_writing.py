"""Avro bytes by functions made from a schema: the same as fastavro's, or none."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Codec, newest_schemas
from schemas.catalog import parsed
from schemas.writing import whole_number, writer_of
from tests.schemas.records import RECORDS, any_record

NEWEST = {name: parsed(schema.text) for name, schema in newest_schemas().items()}
NAMES = ("Cancellation", "Control", "Decision", "Emotion", "Moment", "Touchpoint", "Trigger", "Verdict")
CODEC = Codec()


def _written(name: str, record: Any) -> bytes:
    write, pieces = writer_of(NEWEST[name]), list[bytes]()
    assert write is not None
    write(record, pieces.append)
    return b"".join(pieces)


def _by_fastavro(schema: Any, record: Any) -> bytes:
    body = BytesIO()
    schemaless_writer(body, schema, record)
    return body.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_any_record_has_the_bytes_that_fastavro_writes(name: str) -> None:
    @settings(max_examples=100, deadline=None)
    @given(any_record(name))
    def agrees(record: dict[str, Any]) -> None:
        assert _written(name, record) == _by_fastavro(NEWEST[name], record)

    agrees()


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1))
def test_every_long_has_the_bytes_that_fastavro_writes(number: int) -> None:
    assert whole_number(number) == _by_fastavro("long", number)


@pytest.mark.parametrize("number", [0, 63, 64, -1, 2**34 - 1, 2**34, 2**41 - 1, 2**41, -(2**34) - 1, -(2**41)])
def test_the_edges_of_a_longs_lengths_hold(number: int) -> None:
    assert whole_number(number) == _by_fastavro("long", number)


def test_a_number_of_more_than_64_bits_is_refused_by_the_codec() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        CODEC.encode("Decision", {**RECORDS["Decision"], "decided_at": 2**63})


def test_an_unknown_word_of_an_enum_is_refused_by_the_codec() -> None:
    with pytest.raises((ValueError, TypeError)):
        CODEC.encode("Decision", {**RECORDS["Decision"], "status": "perhaps"})


def test_a_text_where_a_list_belongs_is_refused_by_the_codec() -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        CODEC.encode("Decision", {**RECORDS["Decision"], "checks": [7]})


def test_a_field_left_out_takes_its_default() -> None:
    record = {name: value for name, value in RECORDS["Decision"].items() if name != "mode"}
    assert CODEC.decode(CODEC.encode("Decision", record))[1]["mode"] == "unknown"


def test_a_schema_with_a_type_not_known_is_left_to_fastavro() -> None:
    assert writer_of(NEWEST["DeadLetter"]) is None


def test_what_is_remembered_of_texts_and_numbers_is_bounded() -> None:
    from schemas import writing

    for number in range(20_000):
        CODEC.encode("Decision", {**RECORDS["Decision"], "reason": f"r{number}", "decided_at": 10**12 + number})
    assert len(writing._TEXTS) <= 4096
    assert len(writing._NUMBERS) <= 1024 + 4096
