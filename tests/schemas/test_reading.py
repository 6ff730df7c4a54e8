"""Records by functions made from a schema: what fastavro reads, and what it refuses."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader, schemaless_writer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas import Codec, newest_schemas, schema_files
from schemas.catalog import parsed
from schemas.reading import HEADER_BYTES, ODD, number_at, reader_of
from tests.schemas.records import RECORDS, TOUCHPOINT, any_record

NEWEST = {name: parsed(schema.text) for name, schema in newest_schemas().items()}
READERS = {name: reader_of(schema) for name, schema in NEWEST.items()}
HEADER = b"\0" * HEADER_BYTES
OLDER = [schema for schema in schema_files() if schema not in newest_schemas().values()]


def written(schema: Any, record: Any) -> bytes:
    body = BytesIO()
    schemaless_writer(body, schema, record)
    return HEADER + body.getvalue()


def by_fastavro(name: str, data: bytes) -> object:
    """What fastavro reads, if that is all of it; floats with their sign, names in their order."""
    body = BytesIO(data)
    body.seek(HEADER_BYTES)
    try:
        record = schemaless_reader(body, NEWEST[name], None)
    except Exception:
        return None
    return repr(record) if body.tell() == len(data) else None


def by_ours(name: str, data: bytes) -> object:
    read = READERS[name]
    assert read is not None
    try:
        record = read(data)
    except ODD:
        return None
    return None if record is None else repr(record)


@pytest.mark.parametrize("name", sorted(NEWEST))
def test_any_record_is_what_fastavro_reads(name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(any_record(name))
    def agrees(record: dict[str, Any]) -> None:
        data = written(NEWEST[name], record)
        # Numbers of ten bytes are left to fastavro.
        assert by_ours(name, data) in (None, by_fastavro(name, data))

    agrees()


@pytest.mark.parametrize("name", sorted(NEWEST))
def test_a_usual_record_is_read_the_short_way(name: str) -> None:
    data = written(NEWEST[name], RECORDS[name])
    assert by_ours(name, data) == by_fastavro(name, data) is not None


@pytest.mark.parametrize("name", sorted(NEWEST))
def test_of_changed_bytes_nothing_is_read_that_fastavro_reads_otherwise(name: str) -> None:
    places = st.tuples(st.integers(min_value=0), st.integers(1, 255))

    @settings(max_examples=60, deadline=None)
    @given(any_record(name), places)
    def agrees(record: dict[str, Any], change: tuple[int, int]) -> None:
        data = bytearray(written(NEWEST[name], record))
        data[HEADER_BYTES + change[0] % (len(data) - HEADER_BYTES)] ^= change[1]
        ours = by_ours(name, bytes(data))
        assert ours is None or ours == by_fastavro(name, bytes(data))

    agrees()


@pytest.mark.parametrize("name", sorted(NEWEST))
def test_bytes_that_end_anywhere_or_go_on_are_not_read(name: str) -> None:
    data = written(NEWEST[name], RECORDS[name])
    cuts = [data[:end] for end in range(HEADER_BYTES, len(data))]
    assert [by_ours(name, cut) for cut in (*cuts, data + b"\0")] == [None] * (len(cuts) + 1)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1))
@example(2**34)
@example(2**41 - 1)
@example(2**41)
@example(-1)
@example(-(2**41))
def test_every_time_is_read_by_the_codec(at: int) -> None:
    codec = Codec()
    assert codec.decode(codec.encode("Touchpoint", {**TOUCHPOINT, "occurred_at": at}))[1]["occurred_at"] == at


@pytest.mark.parametrize("many", [64, 70, 10_000])
def test_many_entries_and_long_texts_are_read(many: int) -> None:
    record = {**TOUCHPOINT, "event_id": "x" * many, "properties": {f"name {number}": number for number in range(many)}}
    assert by_ours("Touchpoint", written(NEWEST["Touchpoint"], record)) == repr(record)


@pytest.mark.parametrize(
    ("plain", "otherwise"),
    [
        (b"\x02\x0aemail\x1eann@example.org\x00", b"\x01\x2c\x0aemail\x1eann@example.org\x00"),
        (b"\x02\x0aemail\x1eann@example.org\x00", b"\x82\x00\x8a\x00email\x1eann@example.org\x00"),
        (b"\x02\x0eorder-7", b"\x82\x00\x0eorder-7"),
    ],
    ids=["a block with its size", "lengths in two bytes", "a branch in two bytes"],
)
def test_other_ways_to_write_the_same_are_read_by_the_codec(plain: bytes, otherwise: bytes) -> None:
    codec = Codec()
    data = codec.encode("Touchpoint", TOUCHPOINT)
    assert data.count(plain) == 1
    assert codec.decode(data.replace(plain, otherwise))[1] == TOUCHPOINT


@pytest.mark.parametrize("schema", OLDER, ids=lambda schema: schema.file)
def test_an_older_version_is_read_by_the_codec_as_ours(schema: Any) -> None:
    record = RECORDS[schema.short_name]
    data = b"\0" + schema.id.to_bytes(4, "big") + written(parsed(schema.text), _known(schema, record))[HEADER_BYTES:]
    name, read = Codec().decode(data)
    assert (name, read.keys()) == (schema.short_name, record.keys())


def _known(schema: Any, record: Any) -> dict[str, Any]:
    """What can be said in that version."""
    names = {field["name"] for field in parsed(schema.text)["fields"]}
    return {name: None if name == "activation" else value for name, value in record.items() if name in names}


def test_a_number_that_never_ends_is_no_number() -> None:
    with pytest.raises(ODD):
        number_at(b"\xff" * 11, 0)


def test_sealed_texts_are_opened() -> None:
    class Turned:
        def seal(self, customer_id: str, text: str) -> str:
            return text[::-1]

        open = seal

    codec = Codec(sealer=Turned())
    data = codec.encode("Touchpoint", TOUCHPOINT)
    assert b"gro.elpmaxe@nna" in data
    assert codec.decode(data)[1] == TOUCHPOINT


def test_a_schema_with_a_type_not_known_is_left_to_fastavro() -> None:
    fixed = {"type": "fixed", "name": "Digest", "size": 4}
    assert reader_of({"type": "record", "name": "R", "fields": [{"name": "digest", "type": fixed}]}) is None


def test_what_is_remembered_of_texts_is_bounded() -> None:
    from schemas import reading

    for number in range(10_000):
        by_ours("Touchpoint", written(NEWEST["Touchpoint"], {**TOUCHPOINT, "source": f"s{number}"}))
    assert len(reading._TEXTS) <= 4096
