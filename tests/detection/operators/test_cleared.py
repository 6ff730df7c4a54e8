"""Days, and counts that something ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection.memory import MAX_MARKS
from tests.detection.timeline import DAY, HOUR, Customer, rule

DAYS = "detect: {days: {type: viewed}, at_least: 3, within: 14d}\n"
WATCH = "detect: {days: {type: viewed}, at_least: 3, within: 14d, unless: {type: bought}}\nby: [product]\n"
FAILED = "detect: {count: {type: failed}, at_least: 2, within: 1h, unless: {type: paid}}\n"
MEAN = "detect: {falling: v, of: {type: score}, in_a_row: 2, within: 30d, unless: {type: reset}}\n"


def test_several_on_one_day_are_one_day() -> None:
    customer = Customer(rule(DAYS))
    for number in range(5):
        customer.meets(number * HOUR, f"e{number}", "viewed")
    customer.meets(DAY, "f", "viewed")
    assert customer.fired == []


def test_three_days_fire_with_their_number() -> None:
    customer = Customer(rule(DAYS)).meets(0, "a", "viewed").meets(DAY, "b", "viewed").meets(2 * DAY, "c", "viewed")
    assert (customer.fired, customer.reports[0].context) == ([(2 * DAY, "a b c")], {"days": 3})


@pytest.mark.parametrize(("last", "fires"), [(14 * DAY - 1, True), (14 * DAY, False)])
def test_the_end_of_the_window_is_out(last: int, fires: bool) -> None:
    customer = Customer(rule(DAYS)).meets(0, "a", "viewed").meets(DAY, "b", "viewed").meets(last, "c", "viewed")
    assert bool(customer.fired) is fires


# A case begins at 09:00 UTC, so midnight is 15 hours later.
@pytest.mark.parametrize(("at", "fires"), [(15 * HOUR - 1, False), (15 * HOUR, True)])
def test_a_day_is_a_day_of_utc(at: int, fires: bool) -> None:
    body = DAYS.replace("at_least: 3", "at_least: 2")
    assert bool(Customer(rule(body)).meets(0, "a", "viewed").meets(at, "b", "viewed").fired) is fires


@pytest.mark.parametrize(("at", "fires"), [(13 * HOUR - 1, False), (13 * HOUR, True)])
def test_with_an_offset_it_is_the_customer_s_own_day(at: int, fires: bool) -> None:
    body = DAYS.replace("at_least: 3", "at_least: 2, offset: utc_offset")
    customer = Customer(rule(body)).meets(0, "a", "viewed", utc_offset=120).meets(at, "b", "viewed", utc_offset=120)
    assert bool(customer.fired) is fires


@pytest.mark.parametrize("offset", [None, "120", True, 10_000])
def test_what_is_no_offset_leaves_utc(offset: Any) -> None:
    body = DAYS.replace("at_least: 3", "at_least: 2, offset: utc_offset")
    customer = Customer(rule(body)).meets(0, "a", "viewed", utc_offset=offset)
    assert customer.meets(15 * HOUR - 1, "b", "viewed", utc_offset=offset).fired == []


def test_what_clears_ends_the_count_of_its_correlation_only() -> None:
    customer = Customer(rule(WATCH))
    for day in range(2):
        for product in "pq":
            customer.meets(day * DAY, f"{product}{day}", "viewed", product=product)
    customer.meets(DAY + HOUR, "buy", "bought", product="p")
    for product in "pq":
        customer.meets(2 * DAY, f"{product}2", "viewed", product=product)
    assert customer.fired == [(2 * DAY, "q0 q1 q2")]


def test_it_counts_anew_after_that() -> None:
    customer = Customer(rule(FAILED)).meets(0, "a", "failed").meets(1, "ok", "paid").meets(2, "b", "failed")
    assert customer.meets(3, "c", "failed").fired == [(3, "b c")]


def test_of_one_time_what_clears_wins() -> None:
    customer = Customer(rule(FAILED)).meets(5, "a", "failed").meets(5, "ok", "paid").meets(6, "b", "failed")
    assert customer.fired == []


def test_a_series_is_cleared_too() -> None:
    customer = Customer(rule(MEAN)).meets(0, "a", "score", v=5).meets(1, "r", "reset").meets(2, "b", "score", v=4)
    assert customer.meets(3, "c", "score", v=3).fired == [(3, "b c")]


def test_a_late_touchpoint_from_before_does_not_count() -> None:
    customer = Customer(rule(FAILED)).meets(10, "ok", "paid").meets(20, "b", "failed").meets(5, "a", "failed")
    assert customer.fired == []


def test_what_clears_may_itself_be_late() -> None:
    customer = Customer(rule(FAILED)).meets(5, "a", "failed").meets(20, "x", "other").meets(10, "ok", "paid")
    assert customer.meets(21, "b", "failed").fired == []


def test_with_same_nothing_it_clears_every_correlation() -> None:
    body = WATCH.replace("unless: {type: bought}", "unless: {event: {type: bought}, same: []}")
    customer = Customer(rule(body))
    for day in range(2):
        customer.meets(day * DAY, f"e{day}", "viewed", product="p")
    customer.meets(DAY + 1, "buy", "bought")
    assert customer.meets(2 * DAY, "e2", "viewed", product="p").fired == []


def test_nothing_is_remembered_of_what_cleared_once_no_late_one_can_come() -> None:
    customer = Customer(rule(FAILED)).meets(0, "ok", "paid")
    customer.state.prune(customer.clock + 7 * DAY)
    assert customer.size == 5


def test_what_ends_counts_is_capped_and_overflow_counted() -> None:
    customer = Customer(rule(WATCH))
    for number in range(MAX_MARKS + 3):
        customer.meets(number, f"b{number}", "bought", product=number)
    memory: Any = customer.state.rules["test.rule"].memory
    assert (len(memory.marks), customer.state.overflow) == (MAX_MARKS, 3)


logs = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["failed", "failed", "paid"]), st.sampled_from("pq")), max_size=14
)


@settings(max_examples=400, deadline=None)
@given(logs)
def test_in_order_it_is_the_count_since_the_last_clearing(log: list[tuple[int, str, str]]) -> None:
    body = "detect: {count: {type: failed}, at_least: 2, within: 6ms, unless: {type: paid}}\nby: [k]\n"
    customer = Customer(rule(body))
    since: dict[str, list[tuple[int, int]]] = {"p": [], "q": []}
    cleared = {"p": -1, "q": -1}
    expected = []
    at = 0
    for number, (gap, kind, key) in enumerate(log):
        at += gap
        customer.meets(at, str(number), kind, k=key)
        if kind == "paid":
            since[key], cleared[key] = [], at
            continue
        if at > cleared[key]:
            since[key] = [one for one in since[key] if one[0] > at - 6] + [(at, number)]
            if len(since[key]) >= 2:
                expected.append((at, " ".join(str(one) for _, one in since[key])))
    assert customer.fired == expected
