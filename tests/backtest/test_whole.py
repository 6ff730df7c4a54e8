"""A touchpoint's bytes, read the short way: what the codec reads, and what it refuses, for every version."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_writer
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import Codec, DecodeError, SchemaFile, Touchpoint, newest_schemas, parsed, schema_files
from streams.backtest.whole import TouchpointReader

CODEC = Codec()
READ = TouchpointReader(CODEC)
FIELDS = {field["name"]: field for field in json.loads(newest_schemas()["Touchpoint"].text)["fields"]}
CHANNELS = FIELDS["channel"]["type"]["symbols"]
VERSIONS = [schema for schema in schema_files() if schema.short_name == "Touchpoint"]

texts = st.text(max_size=80)
values = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts


@st.composite
def touchpoints(draw: st.DrawFn) -> Touchpoint:
    return {
        "event_id": draw(texts),
        "source": draw(texts),
        "customer_id": draw(texts),
        "identified": draw(st.booleans()),
        "channel": draw(st.sampled_from(CHANNELS)),
        "type": draw(texts),
        "occurred_at": draw(st.integers(-(2**63), 2**63 - 1)),
        "correlation_id": draw(st.none() | texts),
        "session_id": draw(st.none() | texts),
        "identities": draw(st.dictionaries(texts, texts, max_size=3)),
        "properties": draw(st.dictionaries(texts, values, max_size=4)),
    }


def made(**said: object) -> Touchpoint:
    plain: dict[str, object] = {
        "event_id": "e1",
        "source": "shop",
        "customer_id": "c1",
        "identified": True,
        "channel": "web",
        "type": "page.viewed",
        "occurred_at": 1_795_422_600_000,
        "correlation_id": "order-1",
        "session_id": None,
        "identities": {"email": "a@example.org"},
        "properties": {"page": "home", "seconds": -3, "share": 0.25, "is_first": True, "campaign": None},
    }
    return plain | said  # type: ignore[return-value]


def written(schema: SchemaFile, touchpoint: Touchpoint) -> bytes:
    body = BytesIO()
    schemaless_writer(body, parsed(schema.text), dict(touchpoint))
    return b"\0" + schema.id.to_bytes(4, "big") + body.getvalue()


def answer(read: Callable[[bytes], Any], data: bytes) -> object:
    """What comes of it; floats with their sign and their NaN, names in their order."""
    try:
        return repr(read(data))
    except DecodeError as error:
        return error.reason, error.detail


@pytest.mark.parametrize("schema", VERSIONS, ids=lambda schema: schema.file)
@given(touchpoint=touchpoints())
@example(touchpoint=made())
@example(touchpoint=made(properties={f"name {number}": number for number in range(70)}))
@example(touchpoint=made(identities={f"name {number}": "x" for number in range(70)}))
@example(
    touchpoint=made(event_id="x" * 70_000, occurred_at=-(2**63), properties={"least": -(2**63), "most": 2**63 - 1})
)
@example(touchpoint=made(properties={"minus nothing": -0.0, "no number": float("nan"), "endless": float("inf")}))
def test_a_touchpoint_of_every_version_is_what_the_codec_reads(schema: SchemaFile, touchpoint: Touchpoint) -> None:
    data = written(schema, touchpoint)
    assert answer(READ, data) == answer(lambda value: CODEC.decode(value, "Touchpoint")[1], data)


@given(touchpoints(), st.integers(min_value=0), st.integers(1, 255))
def test_changed_bytes_are_read_or_refused_as_the_codec_does(touchpoint: Touchpoint, place: int, change: int) -> None:
    data = bytearray(CODEC.encode("Touchpoint", touchpoint))
    data[place % len(data)] ^= change
    assert answer(READ, bytes(data)) == answer(lambda value: CODEC.decode(value, "Touchpoint")[1], bytes(data))


def test_bytes_that_end_anywhere_or_go_on_are_refused_as_the_codec_does() -> None:
    data = CODEC.encode("Touchpoint", made())
    for cut in (*(data[:end] for end in range(len(data))), data + b"\0"):
        assert answer(READ, cut) == answer(lambda value: CODEC.decode(value, "Touchpoint")[1], cut)
        assert isinstance(answer(READ, cut), tuple)


def test_what_the_short_way_is_for_does_not_ask_the_codec() -> None:
    class Deaf(Codec):
        def decode(self, data: bytes | None, *expected: str) -> tuple[str, dict[str, Any]]:
            raise AssertionError("asked")

    data = CODEC.encode("Touchpoint", made())
    assert TouchpointReader(Deaf())(data) == made()


@pytest.mark.parametrize(
    ("plain", "otherwise"),
    [
        (b"\x02\x0aemail\x1aa@example.org\x00", b"\x01\x28\x0aemail\x1aa@example.org\x00"),
        (b"\x02\x0aemail\x1aa@example.org\x00", b"\x82\x00\x8a\x00email\x1aa@example.org\x00"),
        (b"\x02\x0eorder-1", b"\x82\x00\x0eorder-1"),
    ],
    ids=["a block with its size", "lengths in two bytes", "a branch in two bytes"],
)
def test_other_ways_to_write_the_same_are_read_too(plain: bytes, otherwise: bytes) -> None:
    data = CODEC.encode("Touchpoint", made())
    assert data.count(plain) == 1
    assert READ(data.replace(plain, otherwise)) == made()


def test_sealed_texts_are_opened() -> None:
    class Turned:
        def seal(self, customer_id: str, text: str) -> str:
            return text[::-1]

        open = seal

    codec = Codec(sealer=Turned())
    data = codec.encode("Touchpoint", made())
    assert b"gro.elpmaxe@a" in data
    assert TouchpointReader(codec)(data) == made()
