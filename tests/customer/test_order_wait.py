"""``order_wait``: touchpoints are held so that older ones of the customer may overtake them."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import pytest

from streams.customer import apply, journal
from streams.customer.held import MOST_HELD
from tests.customer.log import (
    HOUR,
    MINUTE,
    POLICY,
    SECOND,
    SILENCE,
    T0,
    Log,
    Outcome,
    changes,
    compacted,
    played,
    restored,
)

WAIT = 10 * SECOND

TIMING = """
id: time
version: 1
order_wait: 10s
"""

A_THEN_B = """
id: a.then_b
version: 1
title: A, then B
description: In this order.
emotion: stressed
detect: {sequence: [{start: {type: a}}, {followed_by: {type: b}}], within: 1h}
late: ignore
"""


@pytest.fixture
def log() -> Log:
    made = Log()
    made.rule(T0, A_THEN_B, SILENCE, POLICY)
    made.timing(T0, TIMING)
    return made


def _swapped(log: Log) -> None:
    log.touchpoint(T0 + 5 * SECOND, "b", occurred_at=T0 + 2 * SECOND)
    log.touchpoint(T0 + 6 * SECOND, "a", occurred_at=T0 + SECOND)


def test_a_touchpoint_whose_headers_the_state_has_no_room_for_is_not_held(log: Log) -> None:
    made = log.touchpoint(T0 + SECOND, "a")
    log.records[-1] = made._replace(headers=(("trace", b"y" * 6_000_000),))
    outcome = played(log)
    assert (outcome.counters["accepted"], outcome.counters.get("held", 0)) == (1, 0)
    assert max(len(value or b"") for _, value in changes(outcome.partition)) < 10_000


def test_without_it_a_step_that_overtook_the_one_before_is_missed() -> None:
    log = Log()
    log.rule(T0, A_THEN_B)
    _swapped(log)
    log.tick(T0 + HOUR)
    assert played(log).moments == []


def test_what_came_in_the_wrong_order_within_the_wait_counts_in_the_right_one(log: Log) -> None:
    _swapped(log)
    log.tick(T0 + HOUR)
    assert [[one["type"] for one in moment["evidence"]] for moment in played(log).moments] == [["a", "b"]]


def test_what_comes_after_the_wait_is_too_late_to_be_sorted(log: Log) -> None:
    log.touchpoint(T0, "b", occurred_at=T0 - SECOND)
    log.touchpoint(T0 + WAIT, "a", occurred_at=T0 - 2 * SECOND)
    log.tick(T0 + HOUR)
    assert played(log).moments == []


def test_it_is_released_exactly_after_the_wait(log: Log) -> None:
    _swapped(log)
    log.tick(T0 + 5 * SECOND + WAIT - 1)
    log.tick(T0 + 5 * SECOND + WAIT)
    outcome = Outcome()
    moments = [len(outcome.play([record]).moments) for record in log.records][-2:]
    assert (moments, outcome.moments[0]["detected_at"]) == ([0, 1], T0 + 5 * SECOND + WAIT)


def test_while_it_is_held_it_is_counted_as_held(log: Log) -> None:
    _swapped(log)
    assert played(log).counters == {"in": 2, "held": 2}


def test_when_it_is_released_it_is_counted_as_accepted(log: Log) -> None:
    _swapped(log)
    log.tick(T0 + HOUR)
    assert played(log).counters == {"in": 2, "accepted": 2}


def test_a_duplicate_of_a_held_touchpoint_is_a_duplicate(log: Log) -> None:
    record = log.touchpoint(T0, "a")
    log.raw(T0 + SECOND, record.value)
    log.tick(T0 + HOUR)
    assert played(log).counters == {"in": 2, "accepted": 1, "duplicate": 1}


def test_a_release_is_a_deadline_that_an_idle_partition_knows(log: Log) -> None:
    log.touchpoint(T0, "a")
    assert played(log).partition.next_deadline() == T0 + WAIT


def test_a_deadline_first_takes_in_what_is_held_and_occurred_before_it(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(T0 + 10 * MINUTE - SECOND, "flow.completed", correlation_id="k")
    log.tick(T0 + HOUR)
    assert played(log).moments == []


def test_what_nobody_could_answer_in_time_is_refused_as_expired(log: Log) -> None:
    log.consent(T0, "consent.given")
    log.touchpoint(T0 + MINUTE, "flow.started", correlation_id="k")
    log.tick(T0 + 30 * HOUR)
    assert [decision["reason"] for decision in played(log).decisions] == ["expired"]


def test_over_more_than_the_most_the_oldest_is_released_early_and_counted(log: Log) -> None:
    for number in range(MOST_HELD + 1):
        log.touchpoint(T0, "a", occurred_at=T0 - number)
    assert played(log).counters == {"in": MOST_HELD + 1, "held": MOST_HELD, "accepted": 1, "released_early": 1}


def test_a_new_wait_of_none_lets_the_held_ones_wait_to_their_end(log: Log) -> None:
    log.touchpoint(T0, "a")
    log.timing(T0 + SECOND, TIMING.replace("version: 1", "version: 2").replace("10s", "0s"))
    log.touchpoint(T0 + 2 * SECOND, "b")
    outcome = played(log)
    before = dict(outcome.counters)
    log.tick(T0 + WAIT)
    assert (before, outcome.play(log.records[-1:]).counters) == (
        {"in": 2, "held": 1, "accepted": 1},
        {"in": 2, "accepted": 2},
    )


def test_held_ones_survive_a_restore() -> None:
    whole = _disordered(seed=3)
    at_once = played(whole)
    for cut in range(6, len(whole.records), 7):
        first = Outcome().play(whole.records[:cut])
        changelog = compacted(changes(first.partition))
        second = restored(changelog.items()).play(whole.records[cut:])
        assert first.outputs + second.outputs == at_once.outputs
        assert second.counters == at_once.counters


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_any_order_of_arrival_within_the_wait_gives_the_moments_of_the_right_order(
    log: Log, order: tuple[str, ...]
) -> None:
    occurred = {"a": T0 + 1, "b": T0 + 2, "c": T0 + 3}
    for place, kind in enumerate(order):
        log.touchpoint(T0 + SECOND + place, kind, event_id=f"event-{kind}", occurred_at=occurred[kind])
    log.tick(T0 + HOUR)
    assert [moment["opened_at"] for moment in played(log).moments] == [T0 + 1]


def test_a_held_touchpoint_that_fails_is_set_aside_and_the_others_are_as_without_it(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(customer: Any, touchpoint: Any, *rest: Any) -> Any:
        effects = apply(customer, touchpoint, *rest)
        if touchpoint["type"] == "poison":
            raise ValueError("poison")
        return effects

    monkeypatch.setattr(journal, "apply", raising)
    log.touchpoint(T0 + 5 * SECOND, "b", occurred_at=T0 + 3 * SECOND)
    record = log.touchpoint(T0 + 6 * SECOND, "poison", occurred_at=T0 + 2 * SECOND)
    log.touchpoint(T0 + 7 * SECOND, "a", occurred_at=T0 + SECOND)
    log.tick(T0 + HOUR)
    outcome = played(log)
    assert outcome.counters == {"in": 3, "accepted": 2, "dead": 1}
    assert [letter["value"] for letter in outcome.letters] == [record.value]
    assert len(outcome.moments) == 1


def test_at_every_moment_each_record_has_one_outcome() -> None:
    outcome = Outcome()
    for record in _disordered(seed=5).records:
        counters = outcome.play([record]).partition.counters
        names = ("accepted", "duplicate", "late", "dead", "dropped", "held")
        assert counters["in"] == sum(counters.get(name, 0) for name in names)


def _disordered(seed: int) -> Log:
    pick = random.Random(seed)
    log = Log()
    log.rule(T0, A_THEN_B, SILENCE, POLICY)
    log.timing(T0, TIMING)
    log.consent(T0, "consent.given")
    at = T0
    for number in range(120):
        at += pick.randrange(4 * SECOND)
        kind = pick.choice(["a", "b", "flow.started", "flow.completed", "x"])
        occurred_at = at - pick.randrange(12 * SECOND)
        customer = f"c{pick.randrange(3)}"
        event_id = f"e{pick.randrange(number + 1)}" if pick.random() < 0.1 else f"n{number}"
        log.touchpoint(at, kind, customer, correlation_id="k", occurred_at=occurred_at, event_id=event_id)
    log.tick(at + HOUR)
    return log
