"""Durations as journey owners write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.detection.durations import duration_ms, duration_text, offset_text


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1ms", 1),
        ("90s", 90_000),
        ("30m", 1_800_000),
        ("4h", 14_400_000),
        ("7d", 604_800_000),
        ("2w", 1_209_600_000),
        ("1h30m", 5_400_000),
        ("0s", 0),
    ],
)
def test_a_duration_is_numbers_with_units_added_up(text: str, milliseconds: int) -> None:
    assert duration_ms(text) == milliseconds


@pytest.mark.parametrize("text", ["", "7", "d", "7 d", "-7d", "7.5d", "7D", "7days", "1y", "٧d", "7d\n"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration_ms(text)


@given(st.integers(0, 10**12))
def test_a_written_duration_reads_back(milliseconds: int) -> None:
    assert duration_ms(duration_text(milliseconds)) == milliseconds


def test_a_negative_offset_is_written_with_its_sign() -> None:
    assert duration_text(-90_000) == "-1m30s"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(604_799_999, "7d-1ms"), (604_800_001, "7d+1ms"), (604_800_000, "7d"), (1, "1ms"), (999, "999ms"), (0, "0s")],
)
def test_a_millisecond_beside_a_boundary_is_spelled_as_such(milliseconds: int, text: str) -> None:
    assert offset_text(milliseconds) == text
