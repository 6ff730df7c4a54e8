"""Scores that fade."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection.memory import MAX_SCORE_EVIDENCE, MAX_SCORES
from tests.detection.timeline import DAY, HOUR, START, Customer, rule

SCORE = """
detect:
  score:
    - {event: {type: [bad, awful], v|gt: 5}, weight: 4}
    - {event: {type: [bad, awful]}, weight: 2}
    - {event: {type: good}, weight: -1}
  half_life: 1d
  above: 3
  again_below: 1.5
"""


def test_it_fires_when_the_threshold_is_crossed() -> None:
    customer = Customer(rule(SCORE)).meets(0, "a", "bad").meets(DAY - 1, "b", "bad")
    assert (customer.fired, customer.reports[0].context) == ([(DAY - 1, "a b")], {"score": 3.0})


@pytest.mark.parametrize(("gap", "fires"), [(DAY - 1, True), (DAY, True), (DAY + 1, False)])
def test_after_a_half_life_half_is_left(gap: int, fires: bool) -> None:
    assert bool(Customer(rule(SCORE)).meets(0, "a", "bad").meets(gap, "b", "awful").fired) is fires


def test_the_first_condition_that_is_met_gives_the_weight() -> None:
    assert Customer(rule(SCORE)).meets(0, "a", "bad", v=6).fired == [(0, "a")]


def test_a_negative_weight_lowers_it() -> None:
    customer = Customer(rule(SCORE)).meets(0, "a", "bad").meets(0, "g", "good").meets(0, "b", "bad")
    assert (customer.fired, customer.reports[0].context["score"]) == ([(0, "a g b")], 3.0)


def test_above_the_threshold_it_does_not_fire_again() -> None:
    customer = Customer(rule(SCORE))
    for number in range(5):
        customer.meets(number, f"e{number}", "bad")
    assert len(customer.fired) == 1


# 4 falls to 1.5 in 1.415037... days.
@pytest.mark.parametrize(("gap", "fired"), [(122_259_000, 1), (122_260_000, 2)])
def test_it_fires_again_only_after_it_fell_below(gap: int, fired: int) -> None:
    customer = Customer(rule(SCORE)).meets(0, "a", "bad", v=9).meets(gap, "b", "bad", v=9)
    assert len(customer.fired) == fired


@pytest.mark.parametrize(("gap", "fired"), [(DAY, 1), (DAY + 1, 2)])
def test_at_exactly_the_lower_threshold_it_has_not_fallen_below(gap: int, fired: int) -> None:
    customer = Customer(rule(SCORE)).meets(0, "a", "bad").meets(0, "g", "good").meets(0, "b", "bad")
    assert len(customer.meets(gap, "c", "bad", v=9).fired) == fired


def test_it_falls_below_by_a_negative_weight_too() -> None:
    customer = Customer(rule(SCORE)).meets(0, "a", "bad", v=9)
    for number in range(3):
        customer.meets(0, f"g{number}", "good")
    assert len(customer.meets(0, "b", "bad").fired) == 2


def test_correlations_have_scores_of_their_own() -> None:
    customer = Customer(rule(SCORE + "by: [k]\n")).meets(0, "a", "bad", k=1).meets(0, "b", "bad", k=2)
    assert customer.meets(0, "c", "bad", k=1).fired == [(0, "a c")]


def test_a_late_touchpoint_counts_as_if_in_time() -> None:
    customer = Customer(rule(SCORE)).meets(DAY, "b", "bad").meets(0, "a", "bad")
    assert customer.fired == [(DAY, "a b")]


def test_with_late_ignore_it_does_not_count() -> None:
    assert Customer(rule(SCORE + "late: ignore\n")).meets(DAY, "b", "bad").meets(0, "a", "bad").fired == []


def test_scores_and_their_evidence_are_capped() -> None:
    customer = Customer(rule(SCORE + "by: [k]\n"))
    for number in range(MAX_SCORES + 4):
        for again in range(30):
            customer.meets(number, f"e{number}-{again}", "good", k=number)
    memory: Any = customer.state.rules["test.rule"].memory
    lengths = {len(entry.refs) for entry in memory.entries}
    assert (len(memory.entries), lengths, customer.state.overflow) == (MAX_SCORES, {MAX_SCORE_EVIDENCE}, 4)


def test_a_score_that_has_faded_is_forgotten() -> None:
    customer = Customer(rule(SCORE)).meets(0, "a", "bad")
    customer.state.prune(customer.clock + 30 * DAY)
    assert customer.size == 5


logs = st.lists(st.tuples(st.integers(0, 10), st.sampled_from(["bad", "awful", "good"])), max_size=10)
WEIGHTS = {"bad": 2.0, "awful": 2.0, "good": -1.0}


@settings(max_examples=400, deadline=None)
@given(logs)
def test_a_score_is_the_plain_sum_of_what_is_left(log: list[tuple[int, str]]) -> None:
    customer = Customer(rule(SCORE))
    at, over = 0, False
    past: list[tuple[int, float]] = []
    expected = []
    for number, (hours, kind) in enumerate(log):
        at += hours * HOUR
        left = sum(weight * 2 ** ((then - at) / DAY) for then, weight in past)
        over = over and left >= 1.5
        past.append((at, WEIGHTS[kind]))
        total = left + WEIGHTS[kind]
        if not over and total >= 3 - 1e-12:
            expected.append(at)
            over = True
        over = over and total >= 1.5
        customer.meets(at, str(number), kind)
    assert [moment for moment, _ in customer.fired] == expected


@settings(max_examples=300, deadline=None)
@given(logs, st.randoms(use_true_random=False))
def test_the_score_does_not_depend_on_the_order_of_arrival(log: list[tuple[int, str]], shuffler: Any) -> None:
    events = [(place * HOUR + at, kind) for place, (at, kind) in enumerate(log)]
    shuffled = events.copy()
    shuffler.shuffle(shuffled)
    scores = []
    for order in (events, shuffled):
        customer = Customer(rule(SCORE))
        for number, (at, kind) in enumerate(order):
            customer.meets(at, str(number), kind, clock=2 * DAY)
        memory: Any = customer.state.rules["test.rule"].memory if customer.state.rules else None
        # Each is told as of its newest touchpoint; one that came to nothing in between began anew with a later one.
        now = START + 2 * DAY
        scores.append([entry.value * 2 ** -((now - entry.at) / DAY) for entry in memory.entries] if memory else [])
    assert scores[0] == pytest.approx(scores[1])
