"""Periods: half-open, in days of a zone."""

from __future__ import annotations

import pytest

from streams.backtest import BadPeriod, read_period


def test_a_day_begins_at_midnight_of_the_zone() -> None:
    period = read_period("2026-11-23", "2026-11-24", "Europe/Berlin")
    assert (period.start, period.end) == (1_795_388_400_000, 1_795_474_800_000)


def test_a_time_with_an_offset_is_taken_as_it_is() -> None:
    period = read_period("2026-11-23T09:00:00+01:00", "2026-11-23T08:30:00Z", "America/New_York")
    assert (period.start, period.end) == (1_795_420_800_000, 1_795_422_600_000)


def test_the_end_is_not_in_the_period() -> None:
    period = read_period("2026-11-23", "2026-11-24", "UTC")
    assert (period.start in period, period.end - 1 in period, period.end in period) == (True, True, False)


def test_the_days_of_a_period_over_the_end_of_summer_time() -> None:
    """25 October 2026 has 25 hours in Berlin: its last one is still the 25th."""
    period = read_period("2026-10-24", "2026-10-27", "Europe/Berlin")
    assert list(period.days()) == ["2026-10-24", "2026-10-25", "2026-10-26"]
    assert period.end - period.start == 73 * 3_600_000
    assert period.day(read_period("2026-10-25T23:59", "2026-10-26", "Europe/Berlin").start) == "2026-10-25"


def test_a_zone_of_quarters_of_an_hour_has_its_own_days() -> None:
    period = read_period("2026-11-23", "2026-11-25", "Asia/Kathmandu")
    midnight = read_period("2026-11-24", "2026-11-25", "Asia/Kathmandu").start
    assert (period.day(midnight - 1), period.day(midnight)) == ("2026-11-23", "2026-11-24")


@pytest.mark.parametrize(
    ("start", "end", "zone", "message"),
    [
        ("2026-11-23", "2026-11-23", "UTC", "--from 2026-11-23 is not before --to 2026-11-23; --to is the first"),
        ("soon", "2026-11-23", "UTC", "--from 'soon' is no time; write a day like 2026-11-23"),
        ("2026-11-23", "2026-13-01", "UTC", "--to '2026-13-01' is no time"),
        ("2026-11-23", "2026-11-24", "Mars/Olympus", "zone 'Mars/Olympus' is unknown; write an IANA name"),
        ("2026-11-23", "2026-11-24", "../etc/passwd", "zone '../etc/passwd' is unknown"),
        ("1900-01-01", "2026-11-24", "UTC", "is longer than 3660 days; choose a shorter period"),
    ],
)
def test_a_period_that_cannot_be_says_why(start: str, end: str, zone: str, message: str) -> None:
    with pytest.raises(BadPeriod) as caught:
        read_period(start, end, zone)
    assert message in str(caught.value)
