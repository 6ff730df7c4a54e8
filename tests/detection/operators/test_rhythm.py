"""Silence against the customer's own rhythm, and habits that stop or come back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection.memory import MAX_HABIT_DAYS, MAX_VISITS
from tests.detection.timeline import DAY, HOUR, MINUTE, Customer, rule

SILENCE = "detect: {silence: {type: t}, times: 3, gaps: 3, visit: 30m, at_least: 1d, at_most: 60d}\n"
STOPPED = "detect: {habit: {type: t}, at_least: 3, within: 7d, stopped_for: 10d}\n"
RESUMED = "detect: {habit: {type: t}, at_least: 3, within: 7d, resumed_after: 30d}\n"


def visits(body: str, at: list[int], **settings: Any) -> Customer:
    customer = Customer(rule(body), **settings)
    for number, moment in enumerate(at):
        customer.meets(moment, f"e{number}", "t")
    return customer


WEEKLY = [0, 7 * DAY, 14 * DAY, 21 * DAY]


def test_three_times_the_usual_gap_is_unusual() -> None:
    customer = visits(SILENCE, WEEKLY).waits(42 * DAY - 1)
    early = customer.fired
    customer.waits(42 * DAY)
    assert (early, customer.fired, customer.reports[0].context) == (
        [],
        [(42 * DAY, "e3")],
        {"usual_gap_ms": 7 * DAY},
    )


@pytest.mark.parametrize(("at", "fired"), [(42 * DAY - 1, 0), (42 * DAY, 1)])
def test_a_touchpoint_in_time_breaks_the_silence(at: int, fired: int) -> None:
    assert len(visits(SILENCE, [*WEEKLY, at]).fired) == fired


def test_inclusive_lets_the_end_in() -> None:
    body = SILENCE.replace("at_most: 60d", "at_most: 60d, inclusive: true")
    assert (visits(body, [*WEEKLY, 42 * DAY]).fired, visits(body, WEEKLY).waits(43 * DAY).fired) == (
        [],
        [(42 * DAY + 1, "e3")],
    )


def test_too_few_gaps_are_no_rhythm() -> None:
    assert visits(SILENCE, WEEKLY[:3]).waits(300 * DAY).fired == []


def test_touchpoints_of_one_visit_are_one() -> None:
    clicks = [moment + MINUTE * number for moment in WEEKLY for number in range(5)]
    assert visits(SILENCE, clicks).waits(100 * DAY).fired == [(42 * DAY + 4 * MINUTE, "e19")]


@pytest.mark.parametrize(("gap", "fires_after"), [(HOUR, DAY), (30 * DAY, 60 * DAY)])
def test_the_wait_is_bounded_below_and_above(gap: int, fires_after: int) -> None:
    customer = visits(SILENCE, [number * gap for number in range(4)]).waits(365 * DAY)
    assert customer.fired == [(3 * gap + fires_after, "e3")]


def test_it_is_reported_once_and_again_after_the_next_visit() -> None:
    customer = visits(SILENCE, WEEKLY).waits(100 * DAY).meets(101 * DAY, "back", "t").waits(300 * DAY)
    assert [evidence for _, evidence in customer.fired] == ["e3", "back"]


def test_a_late_touchpoint_is_a_visit_but_brings_no_second_report() -> None:
    customer = visits(SILENCE, WEEKLY).waits(43 * DAY).meets(20 * DAY, "late", "t")
    assert customer.waits(300 * DAY).fired == [(42 * DAY, "e3")]


def test_a_silence_that_is_over_already_waits_the_late_grace() -> None:
    customer = Customer(rule(SILENCE), late_grace_ms=MINUTE)
    for number, moment in enumerate(WEEKLY):
        customer.meets(moment, f"e{number}", "t", clock=200 * DAY)
    assert customer.waits(300 * DAY).fired == [(200 * DAY + MINUTE, "e3")]


def test_visits_are_capped_and_outlast_pruning() -> None:
    customer = visits(SILENCE, [number * DAY for number in range(40)])
    customer.waits(60 * DAY).state.prune(customer.clock + 366 * DAY)
    memory: Any = customer.state.rules["test.rule"].memory
    assert len(memory.visits) == MAX_VISITS


@settings(max_examples=400, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=30))
def test_the_deadline_is_the_median_gap_times_the_factor(gaps: list[int]) -> None:
    body = "detect: {silence: {type: t}, times: 2, gaps: 2, visit: 1ms, at_least: 5ms, at_most: 40ms}\n"
    customer = Customer(rule(body))
    at = [0]
    expected = []
    for number, gap in enumerate([*gaps, 0]):
        known = sorted(after - before for before, after in pairwise(at[-MAX_VISITS:]))
        customer.meets(at[-1], str(number), "t")
        wait = min(max(2 * known[(len(known) - 1) // 2], 5), 40) if len(known) >= 2 else None
        if wait is not None and (number == len(gaps) or wait <= gap):
            expected.append((at[-1] + wait, str(number)))
        at.append(at[-1] + gap)
    assert customer.waits(10_000).fired == expected


DAILY = [0, DAY, 2 * DAY]


def test_a_habit_that_stopped_fires_when_it_has_been_gone_so_long() -> None:
    customer = visits(STOPPED, DAILY).waits(12 * DAY - 1)
    early = customer.fired
    assert (early, customer.waits(12 * DAY).fired) == ([], [(12 * DAY, "e2")])


def test_two_days_are_no_habit() -> None:
    assert visits(STOPPED, [0, HOUR, DAY, DAY + HOUR]).waits(100 * DAY).fired == []


@pytest.mark.parametrize(("last", "fired"), [(6 * DAY, 1), (7 * DAY, 0)])
def test_the_days_lie_within_the_window(last: int, fired: int) -> None:
    assert len(visits(STOPPED, [0, DAY, last]).waits(100 * DAY).fired) == fired


def test_after_a_report_the_habit_must_form_anew() -> None:
    customer = visits(STOPPED, DAILY).waits(20 * DAY).meets(21 * DAY, "x", "t").waits(100 * DAY)
    for day in range(3):
        customer.meets((110 + day) * DAY, f"y{day}", "t")
    assert customer.waits(200 * DAY).fired == [(12 * DAY, "e2"), (122 * DAY, "y2")]


@pytest.mark.parametrize(("at", "fired"), [(32 * DAY - 1, []), (32 * DAY, [(32 * DAY, "e2 e3")])])
def test_a_habit_that_is_taken_up_again(at: int, fired: list[Any]) -> None:
    assert visits(RESUMED, [*DAILY, at]).fired == fired


def test_what_was_no_habit_is_not_taken_up_again() -> None:
    assert visits(RESUMED, [0, 40 * DAY]).fired == []


def test_a_late_day_can_form_the_habit() -> None:
    customer = visits(STOPPED, [0, 2 * DAY, DAY])
    assert customer.waits(100 * DAY).fired == [(12 * DAY, "e1")]


def test_days_of_a_habit_are_capped() -> None:
    customer = visits(STOPPED, [number * DAY for number in range(90)])
    memory: Any = customer.state.rules["test.rule"].memory
    assert len(memory.days) == MAX_HABIT_DAYS


@settings(max_examples=400, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=14))
def test_a_habit_is_the_plain_count_of_days(gaps: list[int]) -> None:
    customer = Customer(rule(STOPPED))
    day = 0
    days: list[int] = []
    held = False
    expected = []
    for number, gap in enumerate(gaps):
        if held and gap >= 10:
            expected.append((day + 10) * DAY)
            held, days = False, []
        day += gap
        days = [*days, day] if day not in days else days
        held = held or sum(1 for one in days if one > day - 7) >= 3
        customer.meets(day * DAY, str(number), "t")
    if held:
        expected.append((day + 10) * DAY)
    assert [at for at, _ in customer.waits(1_000 * DAY).fired] == expected
