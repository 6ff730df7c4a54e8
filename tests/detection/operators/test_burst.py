"""Repeats that follow each other closely, at the same place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detection.timeline import Customer, rule

RAGE = "detect: {burst: {type: click}, at_least: 3, gap: 1s, same: element, near: {x: x, y: y, distance: 30}}\n"
PLAIN = "detect: {burst: {type: click}, at_least: 3, gap: 1s}\n"


@pytest.mark.parametrize(("gap", "fires"), [(999, True), (1_000, False), (1_001, False)])
def test_each_gap_is_less_than_the_limit(gap: int, fires: bool) -> None:
    customer = Customer(rule(PLAIN)).meets(0, "a", "click").meets(gap, "b", "click").meets(2 * gap, "c", "click")
    assert bool(customer.fired) is fires


def test_inclusive_lets_the_limit_in() -> None:
    customer = Customer(rule(PLAIN.replace("gap: 1s", "gap: 1s, inclusive: true")))
    customer.meets(0, "a", "click").meets(1_000, "b", "click").meets(2_000, "c", "click")
    assert customer.fired == [(2_000, "a b c")]


def test_it_goes_on_firing_and_counts() -> None:
    customer = Customer(rule(PLAIN))
    for number in range(4):
        customer.meets(number * 900, f"e{number}", "click")
    assert [
        (at, report.context["count"]) for (at, _), report in zip(customer.fired, customer.reports, strict=True)
    ] == [
        (1_800, 3),
        (2_700, 4),
    ]


@pytest.mark.parametrize(
    ("places", "fires"),
    [
        ([("a", 0, 0), ("a", 500, 0), ("a", 900, 0)], True),
        ([("a", 0, 0), ("b", 30, 0), ("c", 30, 30)], True),
        ([("a", 0, 0), ("b", 30, 0), ("c", 30, 31)], False),
        ([("a", 0, 0), ("b", 18, 24), ("b", 900, 900)], True),
        ([("a", 0, 0), ("b", 19, 24), ("b", 19, 24)], False),
        ([(None, 0, 0), (None, 900, 0), (None, 0, 0)], False),
        ([("a", None, 0), ("b", 1, 0), ("b", 1, 0)], False),
        ([(None, None, None), (None, None, None), (None, None, None)], False),
    ],
)
def test_the_same_element_or_near_the_one_before(places: list[tuple[str | None, int, int]], fires: bool) -> None:
    customer = Customer(rule(RAGE))
    for number, (element, x, y) in enumerate(places):
        customer.meets(number, f"e{number}", "click", element=element, x=x, y=y)
    assert bool(customer.fired) is fires


def test_out_of_order_it_is_ignored_unless_the_rule_applies_it() -> None:
    fired = []
    for late in ("", "late: apply\n"):
        customer = Customer(rule(PLAIN + late)).meets(0, "a", "click").meets(1_600, "c", "click")
        fired.append(customer.meets(800, "b", "click").fired)
    assert fired == [[], [(1_600, "a b c")]]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("xy")), max_size=12), st.integers(2, 4))
def test_a_burst_is_a_run_of_close_repeats_of_one_thing(log: list[tuple[int, str]], at_least: int) -> None:
    customer = Customer(rule(f"detect: {{burst: {{type: click}}, at_least: {at_least}, gap: 4ms, same: element}}"))
    at, before, run = 0, "", 0
    expected = []
    for number, (gap, element) in enumerate(log):
        at += gap
        run = run + 1 if number and gap < 4 and element == before else 1
        before = element
        customer.meets(at, str(number), "click", element=element)
        if run >= at_least:
            expected.append((at, " ".join(str(one) for one in range(number + 1 - run, number + 1))))
    assert customer.fired == expected
