from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.importers.mapping import TimeFormat

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
MINUTES = "%Y-%m-%d %H:%M"


def utc(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


def vienna(text: str, **rules: Any) -> int:
    return TimeFormat(MINUTES, VIENNA, **rules).milliseconds(text)


def test_a_local_time_is_of_its_zone() -> None:
    assert vienna("2026-01-15 12:00") == utc(2026, 1, 15, 11)
    assert vienna("2026-07-15 12:00") == utc(2026, 7, 15, 10)


def test_an_hour_that_comes_twice_is_the_earlier_unless_said_otherwise() -> None:
    assert vienna("2026-10-25 02:30") == utc(2026, 10, 25, 0, 30)
    assert vienna("2026-10-25 02:30", ambiguous="later") == utc(2026, 10, 25, 1, 30)


def test_or_the_row_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'2026-10-25 02:30' is twice in Europe/Vienna: the clocks were put back"):
        vienna("2026-10-25 02:30", ambiguous="refuse")


def test_the_minutes_beside_it_are_certain() -> None:
    assert vienna("2026-10-25 01:59", ambiguous="refuse") == utc(2026, 10, 24, 23, 59)
    assert vienna("2026-10-25 03:00", ambiguous="refuse") == utc(2026, 10, 25, 2)


def test_a_time_that_the_clocks_skipped_is_shifted_by_what_they_skipped() -> None:
    assert vienna("2026-03-29 02:30") == vienna("2026-03-29 03:30") == utc(2026, 3, 29, 1, 30)


def test_or_that_row_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'2026-03-29 02:30' does not exist in Europe/Vienna: the clocks skipped it"):
        vienna("2026-03-29 02:30", nonexistent="refuse")


@pytest.mark.parametrize(
    "text", ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00+01:00", "20260329T003000Z", "2026-03-29 00:30+00:00"]
)
def test_iso_times_carry_their_zone(text: str) -> None:
    assert TimeFormat().milliseconds(text) == utc(2026, 3, 29, 0, 30)


def test_the_zone_in_the_text_goes_before_that_of_the_mapping() -> None:
    assert TimeFormat(zone=VIENNA).milliseconds("2026-01-15T12:00:00Z") == utc(2026, 1, 15, 12)
    assert TimeFormat(zone=VIENNA).milliseconds("2026-01-15T12:00:00") == utc(2026, 1, 15, 11)


def test_a_day_is_its_beginning() -> None:
    assert TimeFormat(zone=VIENNA).milliseconds("2026-07-15") == utc(2026, 7, 14, 22)


def test_an_iso_time_without_any_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="'2026-01-15T12:00:00' has no zone, and the mapping gives none"):
        TimeFormat().milliseconds("2026-01-15T12:00:00")


def test_a_pattern_may_have_the_zone_in_it() -> None:
    times = TimeFormat("%d/%b/%Y:%H:%M:%S %z")
    assert not times.needs_zone
    assert times.milliseconds("15/Jan/2026:12:00:00 -0500") == utc(2026, 1, 15, 17)


@pytest.mark.parametrize(
    ("form", "value", "milliseconds"),
    [
        ("epoch_ms", "1795428000125", 1795428000125),
        ("epoch_ms", 1795428000125, 1795428000125),
        ("epoch_s", "1795428000", 1795428000000),
        ("epoch_s", "1795428000.1259", 1795428000125),
        ("epoch_s", 1795428000.125, 1795428000125),
        ("epoch_s", "-1", -1000),
    ],
)
def test_seconds_and_milliseconds_since_1970(form: str, value: Any, milliseconds: int) -> None:
    assert TimeFormat(form).milliseconds(value) == milliseconds


@pytest.mark.parametrize(
    ("form", "value", "reason"),
    [
        ("iso", "yesterday", "'yesterday' is no ISO 8601 time"),
        ("iso", 20260115, "20260115 is no text with a time"),
        ("%d.%m.%Y", "31.02.2026", "'31.02.2026' is no time like %d.%m.%Y"),
        ("epoch_ms", "99999999999999999", "is outside the years 1 to 9999"),
        ("epoch_s", "soon", "'soon' is no number"),
    ],
)
def test_what_is_no_such_time_is_refused_with_the_reason(form: str, value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace(".", r"\.")):
        TimeFormat(form, VIENNA).milliseconds(value)


@pytest.mark.parametrize("pattern", ["%H:%M", "%d.%m.", "%m/%y", "%Q", "DD.MM.YYYY", "%s"])
def test_a_pattern_has_to_tell_year_month_and_day(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"is no strptime pattern|does not tell year, month and day"):
        TimeFormat(pattern)


def test_the_day_of_the_year_tells_month_and_day() -> None:
    assert TimeFormat("%Y-%j", VIENNA).milliseconds("2026-046") == utc(2026, 2, 14, 23)


ZONES = st.sampled_from(["Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
INSTANTS = st.integers(0, 2**31 * 1000).map(lambda ms: EPOCH + timedelta(milliseconds=ms))


@given(INSTANTS, ZONES)
def test_one_of_the_two_readings_of_a_local_time_is_the_instant_that_was_written(instant: datetime, zone: str) -> None:
    written = instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S.%f")
    expected = (instant - EPOCH) // timedelta(milliseconds=1)
    readings = [
        TimeFormat("%Y-%m-%d %H:%M:%S.%f", ZoneInfo(zone), rule, "refuse").milliseconds(written)
        for rule in ("earlier", "later")
    ]
    assert expected in readings
    assert readings == sorted(readings)


@given(INSTANTS, ZONES)
def test_iso_texts_with_their_offset_come_back_as_the_instant(instant: datetime, zone: str) -> None:
    expected = (instant - EPOCH) // timedelta(milliseconds=1)
    assert TimeFormat().milliseconds(instant.astimezone(ZoneInfo(zone)).isoformat()) == expected
