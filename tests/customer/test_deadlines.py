"""Deadlines: each fires at its time, before the record that carries the clock there."""

from __future__ import annotations

import pytest

from streams.customer.partition import DEADLINES_AT_ONCE
from tests.customer.log import (
    CODEC,
    DAY,
    HOUR,
    MINUTE,
    POLICY,
    SECOND,
    SILENCE,
    T0,
    Log,
    Outcome,
    changes,
    played,
    restored,
)

DUE = T0 + 10 * MINUTE
"""When the silence after a flow that started at T0 is complete."""


@pytest.fixture
def log() -> Log:
    made = Log()
    made.rule(T0, SILENCE, POLICY)
    return made


def test_a_deadline_fires_with_its_own_time_before_the_record_that_passes_it(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(DUE + SECOND, "flow.completed", correlation_id="k")
    moments = played(log).moments
    assert [(moment["phase"], moment["detected_at"]) for moment in moments] == [
        ("detected", DUE),
        ("resolved", DUE + SECOND),
    ]


def test_a_record_that_carries_the_clock_to_exactly_the_deadline_comes_after_it(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(DUE, "flow.completed", correlation_id="k")
    assert [moment["phase"] for moment in played(log).moments] == ["detected", "resolved"]


def test_a_record_one_millisecond_before_the_deadline_prevents_it(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(DUE - 1, "flow.completed", correlation_id="k")
    log.tick(DUE + HOUR)
    assert played(log).moments == []


def test_a_tick_alone_fires_it(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.tick(DUE)
    assert [moment["detected_at"] for moment in played(log).moments] == [DUE]


def test_a_tick_too_early_does_not(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.tick(DUE - 1)
    assert played(log).moments == []


def test_a_dead_record_that_carries_the_clock_past_fires_it(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.raw(DUE, b"{}")
    assert [output.topic for output in played(log).outputs] == ["moments", "decisions", "touchpoints.dead"]


def test_another_customers_record_fires_it(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(DUE, "page.viewed", "c2")
    assert [moment["customer_id"] for moment in played(log).moments] == ["c1"]


def test_how_late_it_fires_shows_nowhere_in_the_moment(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    in_time, later = Log(), Log()
    in_time.records, later.records = list(log.records), list(log.records)
    in_time.tick(DUE)
    later.tick(DUE + 50 * MINUTE)
    assert played(in_time).of("moments") == played(later).of("moments")


def test_several_fire_in_the_order_of_time_then_customer(log: Log) -> None:
    for customer_id, after in (("c3", 0), ("c1", SECOND), ("c2", 0)):
        log.touchpoint(T0 + after, "flow.started", customer_id, correlation_id="k")
    log.tick(DUE + HOUR)
    assert [(moment["customer_id"], moment["detected_at"]) for moment in played(log).moments] == [
        ("c2", DUE),
        ("c3", DUE),
        ("c1", DUE + SECOND),
    ]


def test_two_of_one_customer_fire_each_at_its_time(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(T0 + MINUTE, "flow.started", correlation_id="l")
    log.tick(DUE + HOUR)
    assert [(moment["correlation_id"], moment["detected_at"]) for moment in played(log).moments] == [
        ("k", DUE),
        ("l", DUE + MINUTE),
    ]


def test_a_deadline_that_is_past_when_it_is_set_waits_the_late_grace(log: Log) -> None:
    log.touchpoint(T0 + DAY, "flow.started", correlation_id="k", occurred_at=T0)
    log.tick(T0 + DAY + 59_999)
    log.tick(T0 + DAY + 60_000)
    outcome = Outcome()
    moments = [len(outcome.play([record]).moments) for record in log.records][2:]
    assert (moments, outcome.moments[0]["detected_at"]) == ([0, 0, 1], T0 + DAY + 60_000)


# -- overdue ------------------------------------------------------------------------------------


def test_a_deadline_overdue_by_more_than_the_expiry_fires_as_expired(log: Log) -> None:
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.tick(DUE + HOUR)
    outcome = played(log)
    assert [moment["detected_at"] for moment in outcome.moments] == [DUE]
    assert [(decision["reason"], decision["decided_at"]) for decision in outcome.decisions] == [("expired", DUE)]
    assert outcome.triggers == []


def test_a_deadline_overdue_by_less_is_still_answered(log: Log) -> None:
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.tick(DUE + HOUR - 1)
    outcome = played(log)
    assert [decision["reason"] for decision in outcome.decisions] == ["ok"]
    assert [(trigger["created_at"], trigger["not_before"]) for trigger in outcome.triggers] == [(DUE, DUE + HOUR - 1)]


def test_in_a_history_no_deadline_is_overdue(log: Log) -> None:
    log.history(T0, T0, T0 + 30 * DAY)
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "flow.started", correlation_id="k", occurred_at=T0)
    log.touchpoint(T0, "page.viewed", "c2", occurred_at=T0 + 20 * DAY)
    assert [decision["reason"] for decision in played(log).decisions] == ["ok"]


# -- portions -----------------------------------------------------------------------------------

MANY = 2 * DEADLINES_AT_ONCE + 10


def _many(log: Log, last: int) -> None:
    for number in range(MANY):
        log.touchpoint(T0, "flow.started", f"c{number:04d}", correlation_id="k")
    log.touchpoint(last, "page.viewed", "c0000")


@pytest.mark.parametrize("last", [DUE, DUE + SECOND, DUE + 2 * HOUR])
def test_overdue_deadlines_fire_in_portions_and_the_record_comes_last(log: Log, last: int) -> None:
    _many(log, last)
    outcome = Outcome().play(log.records[:-1])
    portions = []
    while not outcome.partition.process(log.records[-1]):
        portions.append(len(outcome.partition.take_outputs()) // 2)
        assert (outcome.partition.applied, outcome.partition.counters["in"]) == (len(log.records) - 2, MANY)
    portions.append(len(outcome.partition.take_outputs()) // 2)
    assert portions == [DEADLINES_AT_ONCE, DEADLINES_AT_ONCE, 10]
    assert (outcome.partition.applied, outcome.partition.clock.now) == (len(log.records) - 1, last)


@pytest.mark.parametrize("last", [DUE, DUE + SECOND, DUE + 2 * HOUR])
@pytest.mark.parametrize("after", [1, 2])
def test_a_restore_between_portions_changes_no_output(log: Log, last: int, after: int) -> None:
    _many(log, last)
    straight = played(log)
    outcome = Outcome().play(log.records[:-1])
    for _ in range(after):
        assert not outcome.partition.process(log.records[-1])
    outputs = outcome.outputs + outcome.partition.take_outputs()
    again = restored(changes(outcome.partition)).play(log.records[-1:])
    assert outputs + again.outputs == straight.outputs


def test_the_next_deadline_is_the_earliest_that_still_counts(log: Log) -> None:
    log.touchpoint(T0, "flow.started", "c1", correlation_id="k")
    log.touchpoint(T0 + MINUTE, "flow.started", "c2", correlation_id="k")
    outcome = played(log)
    assert outcome.partition.next_deadline() == DUE
    log.touchpoint(T0 + 2 * MINUTE, "flow.completed", "c1", correlation_id="k")
    outcome.play(log.records[-1:])
    assert outcome.partition.next_deadline() == DUE + MINUTE


def test_without_deadlines_there_is_no_next(log: Log) -> None:
    log.touchpoint(T0, "page.viewed")
    assert played(log).partition.next_deadline() is None


def test_a_new_version_of_the_rule_that_drops_what_went_before_lets_the_old_ones_deadlines_go(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.rule(T0 + MINUTE, SILENCE.replace("version: 1", "version: 2\non_change: drop"))
    log.tick(DUE + HOUR)
    outcome = played(log)
    assert (outcome.moments, outcome.partition.next_deadline()) == ([], None)


def test_a_rule_in_shadow_fires_and_never_contacts(log: Log) -> None:
    log.rule(T0, SILENCE.replace("version: 1", "version: 2\nmode: shadow"))
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.tick(DUE)
    outcome = played(log)
    assert [(moment["mode"], moment["rule_version"]) for moment in outcome.moments] == [("shadow", 2)]
    assert [(decision["status"], decision["reason"]) for decision in outcome.decisions] == [("refused", "shadow")]


def test_a_deadline_is_part_of_the_record_in_the_changelog(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    outcome = restored(changes(played(log).partition))
    assert outcome.partition.next_deadline() == DUE
    log.tick(DUE)
    outcome.play(log.records[-1:])
    assert [CODEC.decode(output.value)[1]["detected_at"] for output in outcome.of("moments")] == [DUE]
