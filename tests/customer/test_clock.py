"""A partition's clock: append times live, the touchpoints' own in a history; it never goes back."""

from __future__ import annotations

import pytest

from tests.customer.log import DAY, HOUR, MINUTE, SECOND, SILENCE, T0, Log, changes, played, restored

YEAR_1999 = 915_148_800_000
"""1999-01-01, in ms."""


@pytest.fixture
def log() -> Log:
    return Log()


# -- live ---------------------------------------------------------------------------------------


def test_live_the_clock_is_the_append_time_of_the_record_in_hand(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", occurred_at=T0 - HOUR)
    log.touchpoint(T0 + SECOND, "page.viewed", occurred_at=T0 + HOUR)
    assert played(log).partition.clock.now == T0 + SECOND


def test_an_append_time_that_goes_back_does_not_turn_the_clock_back(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0 - MINUTE, "page.viewed")
    assert played(log).partition.clock.now == T0


@pytest.mark.parametrize("value", [b"", b"{}"])
def test_live_a_dead_record_moves_the_clock_too(log: Log, value: bytes) -> None:
    log.raw(T0, value)
    assert played(log).partition.clock.now == T0


def test_live_a_tick_counts_by_its_append_time_not_by_what_it_says(log: Log) -> None:
    log.tick(T0, says=T0 + 365 * DAY)
    assert played(log).partition.clock.now == T0


# -- history ------------------------------------------------------------------------------------


def test_in_a_history_the_clock_is_the_newest_occurred_at_so_far(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + HOUR)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + MINUTE)
    assert played(log).partition.clock.now == YEAR_1999 + HOUR


def test_a_history_begins_at_its_from(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    assert played(log).partition.clock.now == YEAR_1999


def test_an_earlier_from_does_not_turn_the_clock_back(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    assert played(log).partition.clock.now == T0


def test_in_a_history_a_tick_says_its_time(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    log.closing_tick(T0, says=YEAR_1999 + 8 * DAY)
    assert played(log).partition.clock.now == YEAR_1999 + 8 * DAY


def test_in_a_history_a_tick_without_a_time_moves_nothing(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    log.tick(T0)
    assert played(log).partition.clock.now == YEAR_1999


def test_in_a_history_a_dead_record_moves_nothing(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    log.raw(T0, b"{}")
    log.touchpoint(T0, "page.viewed", "", occurred_at=YEAR_1999 + HOUR)
    assert played(log).partition.clock.now == YEAR_1999


def test_in_a_history_the_end_is_what_24_hours_ahead_are_counted_from(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + 10 * DAY)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + 11 * DAY + 1)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + 11 * DAY)
    outcome = played(log)
    assert (outcome.counters, outcome.partition.clock.now) == (
        {"in": 2, "accepted": 1, "dead": 1},
        YEAR_1999 + 11 * DAY,
    )


def test_in_a_history_without_an_end_the_calendar_is_the_limit(log: Log) -> None:
    log.history(T0, YEAR_1999, None)
    log.touchpoint(T0, "page.viewed", occurred_at=2**62)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + HOUR)
    outcome = played(log)
    assert (outcome.counters, outcome.partition.clock.now) == (
        {"in": 2, "accepted": 1, "dead": 1},
        YEAR_1999 + HOUR,
    )


@pytest.mark.parametrize("says", [2**48, 2**63 - 1])
def test_a_tick_beyond_the_calendar_is_a_bad_control(log: Log, says: int) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    log.closing_tick(T0, says)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + HOUR)
    outcome = played(log)
    assert [letter["reason"] for letter in outcome.letters] == ["bad_control"]
    assert (outcome.counters, outcome.partition.clock.now) == ({"in": 1, "accepted": 1}, YEAR_1999 + HOUR)


def test_a_history_that_begins_beyond_the_calendar_is_a_bad_control(log: Log) -> None:
    log.history(T0, 2**60, None)
    log.touchpoint(T0, "page.viewed")
    outcome = played(log)
    assert [letter["reason"] for letter in outcome.letters] == ["bad_control"]
    assert (outcome.counters, outcome.partition.clock.mode) == ({"in": 1, "accepted": 1}, "live")


@pytest.mark.parametrize("occurred_at", [-(2**63), -62_135_596_800_000, -1, 0])
def test_a_touchpoint_from_before_the_epoch_is_accepted(log: Log, occurred_at: int) -> None:
    log.touchpoint(T0, "page.viewed", occurred_at=occurred_at)
    assert played(log).counters == {"in": 1, "accepted": 1}


def test_after_a_history_the_clock_goes_on_live(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + HOUR)
    log.live(T0)
    log.touchpoint(T0 + SECOND, "page.viewed")
    outcome = played(log)
    assert (outcome.partition.clock.now, outcome.partition.clock.until) == (T0 + SECOND, None)


def test_a_history_whose_from_passes_deadlines_fires_them_first(log: Log) -> None:
    log.rule(T0, SILENCE)
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.history(T0 + MINUTE, T0 + DAY, T0 + 2 * DAY)
    assert [moment["detected_at"] for moment in played(log).moments] == [T0 + 10 * MINUTE]


# -- kept ---------------------------------------------------------------------------------------


def test_the_clock_its_mode_and_its_end_are_restored(log: Log) -> None:
    log.history(T0, YEAR_1999, YEAR_1999 + DAY)
    log.touchpoint(T0, "page.viewed", occurred_at=YEAR_1999 + HOUR)
    clock = restored(changes(played(log).partition)).partition.clock
    assert (clock.now, clock.mode, clock.until) == (YEAR_1999 + HOUR, "event", YEAR_1999 + DAY)
