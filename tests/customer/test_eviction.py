"""Who is forgotten: only customers whose record holds nothing that is still needed."""

from __future__ import annotations

import pytest

from tests.customer.log import (
    DAY,
    HOUR,
    HUNG_UP,
    MINUTE,
    POLICY,
    REPEATED,
    SILENCE,
    T0,
    Log,
    changes,
    compacted,
    played,
    restored,
)

LOOK = T0 + 8 * DAY
"""When a customer who came at T0 is first looked at."""


@pytest.fixture
def log() -> Log:
    made = Log()
    made.rule(T0, SILENCE, HUNG_UP, REPEATED, POLICY)
    return made


def test_an_idle_customer_goes_by_tombstone_at_the_first_look(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.tick(LOOK)
    outcome = played(log)
    assert (outcome.counters, len(outcome.partition)) == ({"in": 1, "accepted": 1, "evicted": 1}, 0)
    assert (b"c1", None) in changes(outcome.partition)


def test_not_a_millisecond_earlier(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.tick(LOOK - 1)
    assert len(played(log).partition) == 1


def test_an_idle_customer_in_the_changelog_goes_from_it(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    first = changes(played(log).partition)
    again = restored(first)
    log.tick(LOOK)
    again.play(log.records[-1:])
    assert b"c1" not in compacted(first, changes(again.partition))


def test_who_was_there_within_seven_days_stays(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0 + 2 * DAY, "page.viewed")
    log.tick(LOOK)
    assert len(played(log).partition) == 1


@pytest.mark.parametrize(("before", "left"), [(1, 1), (0, 0)])
def test_who_stayed_is_looked_at_again_eight_days_after_the_last_touchpoint(log: Log, before: int, left: int) -> None:
    log.touchpoint(T0, "page.viewed")
    log.touchpoint(T0 + 2 * DAY, "page.viewed")
    log.tick(T0 + 10 * DAY - before)
    assert len(played(log).partition) == left


@pytest.mark.parametrize(("before", "left"), [(1, 1), (0, 0)])
def test_of_whom_no_event_is_remembered_the_next_look_is_eight_days_after_the_last(
    log: Log, before: int, left: int
) -> None:
    log.rule(T0, HUNG_UP.replace("version: 1", "version: 2").replace("expires_after: 1h", "cool_down: 9d"))
    log.touchpoint(T0, "queue.abandoned")
    log.tick(T0 + 16 * DAY - before)
    assert len(played(log).partition) == left


@pytest.mark.parametrize("word", ["consent.given", "consent.denied", "consent.withdrawn"])
def test_consent_stays_for_good(log: Log, word: str) -> None:
    log.consent(T0, word)
    log.tick(T0 + 3650 * DAY)
    outcome = restored(changes(played(log).partition))
    log.touchpoint(T0 + 3650 * DAY, "queue.abandoned")
    outcome.play(log.records[-1:])
    assert [decision["reason"] for decision in outcome.decisions] == [
        {"consent.given": "ok"}.get(word, word.replace("consent.", "consent_"))
    ]


def test_a_running_cool_down_stays_until_it_has_passed(log: Log) -> None:
    log.rule(T0, HUNG_UP.replace("version: 1", "version: 2").replace("expires_after: 1h", "cool_down: 20d"))
    log.touchpoint(T0, "queue.abandoned")
    log.tick(LOOK + 8 * DAY)
    outcome = played(log)
    assert len(outcome.partition) == 1
    log.tick(LOOK + 16 * DAY)
    outcome.play(log.records[-1:])
    assert len(outcome.partition) == 0


def test_a_live_deadline_stays(log: Log) -> None:
    log.rule(T0, SILENCE.replace("version: 1", "version: 2").replace("10m", "30d"))
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.tick(LOOK)
    log.tick(T0 + 30 * DAY)
    outcome = played(log)
    assert [moment["detected_at"] for moment in outcome.moments] == [T0 + 30 * DAY]


def test_an_expired_window_goes(log: Log) -> None:
    log.touchpoint(T0, "ivr.entered")
    log.tick(LOOK)
    assert len(played(log).partition) == 0


def test_who_comes_back_after_eviction_begins_anew(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", event_id="e7")
    log.touchpoint(LOOK, "page.viewed", event_id="e7")
    outcome = played(log)
    assert (outcome.counters, len(outcome.partition)) == ({"in": 2, "accepted": 2, "evicted": 1}, 1)


def test_the_schedule_of_looks_survives_a_restore(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    outcome = restored(changes(played(log).partition))
    log.tick(LOOK)
    outcome.play(log.records[-1:])
    assert len(outcome.partition) == 0


def test_a_look_is_no_deadline_that_asks_for_a_tick(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    assert played(log).partition.next_deadline() is None


def test_memory_follows_who_is_active(log: Log) -> None:
    for day in range(30):
        for number in range(20):
            log.touchpoint(T0 + day * DAY + number * MINUTE, "page.viewed", f"c{day}-{number}")
    log.tick(T0 + 30 * DAY - 1)
    assert len(played(log).partition) == 20 * 8


def test_looks_and_deadlines_come_in_the_order_of_time(log: Log) -> None:
    log.rule(T0, SILENCE.replace("version: 1", "version: 2").replace("10m", "8d"))
    log.touchpoint(T0, "page.viewed", "c1")
    log.touchpoint(T0 - HOUR, "flow.started", "c2", correlation_id="k", occurred_at=T0 - HOUR)
    log.tick(T0 + 20 * DAY)
    outcome = played(log)
    assert ([moment["detected_at"] for moment in outcome.moments], outcome.counters["evicted"]) == (
        [T0 - HOUR + 8 * DAY],
        2,
    )


def test_a_look_at_one_customer_fires_no_deadline_of_another_before_its_time(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", "c1")
    log.touchpoint(LOOK - 5 * MINUTE, "flow.started", "c2", correlation_id="k")
    log.tick(LOOK)
    outcome = played(log)
    assert (outcome.counters["evicted"], outcome.moments) == (1, [])


def test_a_customer_whose_clock_ran_ahead_stays_while_others_of_its_time_would_be_late(log: Log) -> None:
    log.touchpoint(T0, "page.viewed", occurred_at=T0 + DAY)
    log.touchpoint(LOOK, "page.viewed", occurred_at=T0 + DAY - 7 * DAY - 1)
    assert played(log).counters == {"in": 2, "accepted": 1, "late": 1}
