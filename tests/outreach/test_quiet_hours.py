"""Quiet hours at the millisecond, over changes of summer time, and against a plain reading of the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.outreach.policy import QuietHours, QuietWindow
from streams.outreach.quiet_hours import EVERY_DAY, allowed_from, allowed_until, own_window, zone_of
from tests.outreach.zones import zone

HOUR = 3_600_000
DAY = 24 * HOUR
ZONES = (
    "Europe/Vienna",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Pacific/Apia",
    "America/St_Johns",
)
NIGHT = QuietHours((QuietWindow(21 * 60, 8 * 60, EVERY_DAY),))
LUNCH = QuietHours((QuietWindow(12 * 60, 13 * 60, EVERY_DAY),))


def ms(text: str, where: str = "UTC", fold: int = 0) -> int:
    """ms UTC of a wall clock's reading."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone(where), fold=fold).timestamp() * 1000)


def freed(hours: QuietHours, at: int, *zones: str) -> int | None:
    return allowed_from(hours, [zone(name) for name in zones or ("Europe/Vienna",)], at)


def quiet_from(hours: QuietHours, at: int, *zones: str) -> int:
    return allowed_until(hours, [zone(name) for name in zones or ("Europe/Vienna",)], at, at + 10 * DAY)


def is_quiet(hours: QuietHours, where: str, at: int) -> bool:
    """By the definition: what the wall clock shows."""
    shown = datetime.fromtimestamp(at / 1000, zone(where))
    minute, weekday = shown.hour * 60 + shown.minute, shown.weekday()
    for window in hours.windows:
        if window.start < window.end:
            if window.start <= minute < window.end and weekday in window.weekdays:
                return True
        elif (minute >= window.start and weekday in window.weekdays) or (
            minute < window.end and (weekday - 1) % 7 in window.weekdays
        ):
            return True
    return shown.date().isoformat() in hours.holidays


# -- boundaries ---------------------------------------------------------------------------------


def test_the_first_millisecond_of_quiet_hours_waits_for_their_end() -> None:
    at = ms("2026-11-23T21:00", "Europe/Vienna")
    assert freed(NIGHT, at) == ms("2026-11-24T08:00", "Europe/Vienna")


def test_one_millisecond_before_they_begin_is_allowed() -> None:
    at = ms("2026-11-23T21:00", "Europe/Vienna") - 1
    assert freed(NIGHT, at) == at


def test_their_end_is_allowed_and_the_millisecond_before_is_not() -> None:
    end = ms("2026-11-24T08:00", "Europe/Vienna")
    assert [freed(NIGHT, end), freed(NIGHT, end - 1)] == [end, end]


def test_allowed_hours_end_where_quiet_ones_begin() -> None:
    assert quiet_from(NIGHT, ms("2026-11-23T08:00", "Europe/Vienna")) == ms("2026-11-23T21:00", "Europe/Vienna")


def test_hours_within_a_day_are_half_open_too() -> None:
    noon = ms("2026-11-23T12:00", "Europe/Vienna")
    assert [freed(LUNCH, noon - 1), freed(LUNCH, noon), freed(LUNCH, noon + HOUR)] == [
        noon - 1,
        noon + HOUR,
        noon + HOUR,
    ]


def test_over_midnight_the_weekday_is_the_one_they_begin_on() -> None:
    friday_night = QuietHours((QuietWindow(22 * 60, 7 * 60, frozenset({4})),))
    saturday, sunday = ms("2026-11-28T06:59", "Europe/Vienna"), ms("2026-11-29T06:59", "Europe/Vienna")
    assert [freed(friday_night, saturday), freed(friday_night, sunday)] == [saturday + 60_000, sunday]


def test_a_window_that_ends_where_it_begins_is_a_whole_day() -> None:
    sunday = QuietHours((QuietWindow(0, 0, frozenset({6})),))
    at = ms("2026-11-29T00:00", "Europe/Vienna")
    assert [freed(sunday, at - 1), freed(sunday, at)] == [at - 1, at + DAY]


def test_a_window_may_end_at_the_end_of_the_day() -> None:
    evening = QuietHours((QuietWindow(18 * 60, 1440, EVERY_DAY),))
    at = ms("2026-11-29T18:00", "Europe/Vienna")
    assert freed(evening, at) == ms("2026-11-30T00:00", "Europe/Vienna")


def test_a_holiday_is_quiet_from_midnight_to_midnight() -> None:
    hours = QuietHours((), holidays=frozenset({"2026-12-25"}))
    start, end = ms("2026-12-25T00:00", "Europe/Vienna"), ms("2026-12-26T00:00", "Europe/Vienna")
    assert [freed(hours, start - 1), freed(hours, start), freed(hours, end - 1)] == [start - 1, end, end]
    assert quiet_from(hours, start - HOUR) == start


def test_what_is_never_allowed_has_no_end() -> None:
    assert freed(QuietHours((QuietWindow(0, 1440, EVERY_DAY),)), ms("2026-11-23T12:00")) is None


# -- summer time --------------------------------------------------------------------------------


def test_an_end_that_the_clock_leaves_out_is_the_moment_it_jumps() -> None:
    hours = QuietHours((QuietWindow(22 * 60, 2 * 60 + 30, EVERY_DAY),))
    at = ms("2026-03-29T01:59", "Europe/Vienna")
    assert freed(hours, at) == ms("2026-03-29T01:00")


def test_quiet_hours_that_the_clock_leaves_out_are_nobodys() -> None:
    hours = QuietHours((QuietWindow(2 * 60, 3 * 60, EVERY_DAY),))
    at = ms("2026-03-29T01:59", "Europe/Vienna")
    assert (freed(hours, at), quiet_from(hours, at)) == (at, ms("2026-03-30T02:00", "Europe/Vienna"))


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    hours = QuietHours((QuietWindow(2 * 60, 2 * 60 + 30, EVERY_DAY),))
    first, second = (ms("2026-10-25T02:00", "Europe/Vienna", fold) for fold in (0, 1))
    assert second == first + HOUR
    assert [freed(hours, first), freed(hours, first + HOUR // 2), freed(hours, second)] == [
        first + HOUR // 2,
        first + HOUR // 2,
        second + HOUR // 2,
    ]
    assert quiet_from(hours, first + HOUR // 2) == second


def test_a_night_with_the_clock_put_back_is_an_hour_longer() -> None:
    at = ms("2026-10-24T21:00", "Europe/Vienna")
    assert freed(NIGHT, at) == at + 12 * HOUR


def test_half_an_hour_of_summer_time_counts_as_half_an_hour() -> None:
    at = ms("2026-10-03T21:00", "Australia/Lord_Howe")
    assert freed(NIGHT, at, "Australia/Lord_Howe") == at + 10 * HOUR + HOUR // 2


def test_the_day_that_samoa_left_out_was_no_holiday() -> None:
    hours = QuietHours((), holidays=frozenset({"2011-12-30"}))
    at = ms("2011-12-29T23:59", "Pacific/Apia")
    assert (freed(hours, at, "Pacific/Apia"), quiet_from(hours, at, "Pacific/Apia")) == (at, at + 10 * DAY)


# -- several zones ------------------------------------------------------------------------------


def test_of_several_zones_it_is_polite_in_all() -> None:
    both = ("Europe/Vienna", "America/New_York")
    at = ms("2026-11-23T09:00", "Europe/Vienna")
    free = freed(NIGHT, at, *both)
    assert free == ms("2026-11-23T08:00", "America/New_York")
    assert quiet_from(NIGHT, free or 0, *both) == ms("2026-11-23T21:00", "Europe/Vienna")


def test_zones_that_never_wake_together_have_no_allowed_hour() -> None:
    assert freed(NIGHT, ms("2026-11-23T09:00"), "Europe/Vienna", "America/Los_Angeles", "Asia/Tokyo") is None


# -- texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["", "Europe", "Europe/Atlantis", "localtime", "/etc/localtime", "../UTC", "Europe/../UTC", "europe/vienna"]
)
def test_what_names_no_zone_is_none(name: str) -> None:
    assert zone_of(name) is None


@pytest.mark.parametrize("name", [*ZONES, "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_what_names_a_zone_is_one(name: str) -> None:
    found = zone_of(name)
    assert found is not None
    assert found.key == name


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "expected"),
    [
        ("22:00", "07:30", QuietWindow(22 * 60, 7 * 60 + 30, EVERY_DAY)),
        ("24:00", "07:30", None),
        ("22:00", None, None),
        ("9:00", "10:00", None),
        (22, 7, None),
    ],
)
def test_own_quiet_hours_are_two_times_of_day(quiet_from: object, quiet_to: object, expected: object) -> None:
    assert own_window(quiet_from, quiet_to) == expected


# -- against the definition ---------------------------------------------------------------------

_EDGES = [
    ms(text)
    for text in (
        "2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T07:00", "2026-11-01T06:00", "2018-11-04T03:00",
        "2018-02-18T02:00", "2026-04-04T15:00", "2026-10-03T15:30", "2026-02-15T02:00", "2026-03-22T02:00",
        "2022-03-21T20:30", "2022-09-21T19:30", "2011-12-30T10:00", "2011-09-24T11:00", "2026-11-01T04:30",
    )
]  # fmt: skip
WINDOWS = st.builds(
    QuietWindow, st.integers(0, 1439), st.integers(0, 1440), st.frozensets(st.integers(0, 6), min_size=1)
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(WINDOWS, min_size=1, max_size=2).map(tuple),
    st.sampled_from(ZONES),
    st.sampled_from(_EDGES),
    st.integers(-DAY, DAY),
    st.integers(0, 1000),
)
def test_it_agrees_with_what_the_wall_clock_shows(
    windows: tuple[QuietWindow, ...], where: str, edge: int, apart: int, share: int
) -> None:
    hours, at = QuietHours(windows), edge + apart
    free = freed(hours, at, where)
    if free is None:
        assert is_quiet(hours, where, at + share * 40 * DAY // 1000)
        return
    assert not is_quiet(hours, where, free)
    if free > at:
        assert is_quiet(hours, where, free - 1)
        assert is_quiet(hours, where, at + (free - 1 - at) * share // 1000)
    end = quiet_from(hours, free, where)
    assert not is_quiet(hours, where, free + (end - 1 - free) * share // 1000)
    assert end == free + 10 * DAY or is_quiet(hours, where, end)


def test_the_edges_of_the_run_are_changes_of_the_clock_in_every_zone() -> None:
    for name in ZONES:
        changed = [
            edge
            for edge in _EDGES
            if datetime.fromtimestamp(edge / 1000 - 1, zone(name)).utcoffset()
            != datetime.fromtimestamp(edge / 1000, zone(name)).utcoffset()
        ]
        assert changed, name
    assert datetime.fromtimestamp(_EDGES[0] / 1000, UTC).year == 2026
