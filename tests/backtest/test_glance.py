"""The first fields of a touchpoint's bytes, read without the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import Codec, Touchpoint
from streams.backtest.glance import Elsewhere, Glance, Glancer, Turn, Unreadable, glance_at
from streams.controls import tick

CODEC = Codec()
GLANCE = Glancer(CODEC)

texts = st.text(max_size=300)


@st.composite
def touchpoints(draw: st.DrawFn) -> Touchpoint:
    return {
        "event_id": draw(texts),
        "source": draw(texts),
        "customer_id": draw(texts),
        "identified": draw(st.booleans()),
        "channel": draw(st.sampled_from(["web", "voice", "employee"])),
        "type": draw(texts),
        "occurred_at": draw(st.integers(-(2**63), 2**63 - 1)),
        "correlation_id": draw(st.none() | texts),
        "session_id": None,
        "identities": {},
        "properties": draw(st.dictionaries(texts, st.integers(0, 9), max_size=2)),
    }


@given(touchpoints(), st.integers(0, 2**40))
def test_a_glance_sees_what_reading_all_of_it_sees(touchpoint: Touchpoint, appended_at: int) -> None:
    glance = GLANCE(CODEC.encode("Touchpoint", touchpoint), appended_at)
    assert isinstance(glance, Glance)
    assert glance[:5] == glance_at(touchpoint, appended_at)[:5]
    # A time of ten bytes is left to the codec, which reads all of it.
    read = glance.whole if isinstance(glance.whole, dict) else CODEC.decode(glance.whole)[1]  # type: ignore[arg-type]
    assert read == touchpoint


def test_a_control_is_read_whole() -> None:
    assert GLANCE(CODEC.encode("Control", tick(7)), 3) == Turn(tick(7), 3)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "cut_short"),
        (b"", "cut_short"),
        (b"\0\0", "cut_short"),
        (b"{}{}{}", "wrong_magic_byte"),
        (b"\0\xff\xff\xff\xff-", "unknown_schema_id"),
    ],
)
def test_what_is_no_touchpoint_says_why(value: bytes | None, reason: str) -> None:
    assert GLANCE(value, 3) == Unreadable(reason, 3)


def test_bytes_that_end_before_the_time_are_cut_short() -> None:
    whole = CODEC.encode("Touchpoint", _plain())
    assert GLANCE(whole[:12], 3) == Unreadable("cut_short", 3)


def _plain() -> Touchpoint:
    return {
        "event_id": "e1",
        "source": "shop",
        "customer_id": "c1",
        "identified": True,
        "channel": "web",
        "type": "page.viewed",
        "occurred_at": 1_795_422_600_000,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": {},
    }


@given(touchpoints(), st.integers(0, 2**40))
def test_of_a_customer_nobody_asks_about_a_glance_sees_the_time_only(touchpoint: Touchpoint, appended_at: int) -> None:
    data = CODEC.encode("Touchpoint", touchpoint)
    others = Glancer(CODEC, frozenset({touchpoint["customer_id"] + "?"}))
    assert others(data, appended_at) == Elsewhere(touchpoint["occurred_at"], appended_at)
    assert Glancer(CODEC, frozenset({touchpoint["customer_id"]}))(data, appended_at) == GLANCE(data, appended_at)


@given(touchpoints(), st.integers(min_value=0), st.integers(1, 255))
def test_a_second_glance_at_the_same_bytes_sees_the_same(touchpoint: Touchpoint, place: int, change: int) -> None:
    data = bytearray(CODEC.encode("Touchpoint", touchpoint))
    data[5 + place % (len(data) - 5)] ^= change
    first = GLANCE(bytes(data), 3)
    assert GLANCE(bytes(data), 3) == first
    if isinstance(first, Glance):
        assert Glancer(CODEC, frozenset())(bytes(data), 3) == Elsewhere(first.occurred_at, 3)


def test_of_nobody_asked_about_too_bytes_that_end_before_the_time_are_cut_short() -> None:
    whole = CODEC.encode("Touchpoint", _plain())
    assert Glancer(CODEC, frozenset({"c2"}))(whole[:12], 3) == Unreadable("cut_short", 3)
