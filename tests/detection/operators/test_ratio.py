"""Asking against using."""

from __future__ import annotations

import pytest

from streams.detection.memory import MAX_ASKS, MAX_USES
from tests.detection.timeline import Customer, rule

RATIO = """
detect:
  ratio: {type: sent}
  to: {type: used}
  above: 2
  at_least: 3
  within: 100ms
"""


def asked(*times: int, body: str = RATIO) -> Customer:
    customer = Customer(rule(body))
    for at in times:
        customer.meets(at, f"s{at}", "sent")
    return customer


def test_it_fires_when_nobody_uses_what_is_offered() -> None:
    customer = asked(0, 10, 20)
    assert (customer.fired, customer.reports[0].context) == ([(20, "s0 s10 s20")], {"asks": 3, "uses": 0})


def test_fewer_than_enough_are_not_judged() -> None:
    assert asked(0, 10).fired == []


@pytest.mark.parametrize(("last", "fires"), [(99, True), (100, False)])
def test_the_window_ends_before_its_last_millisecond(last: int, fires: bool) -> None:
    assert bool(asked(0, 10, last).fired) is fires


@pytest.mark.parametrize(("last", "fires"), [(100, True), (101, False)])
def test_an_inclusive_window_ends_with_it(last: int, fires: bool) -> None:
    assert bool(asked(0, 10, last, body=RATIO + "  inclusive: true\n").fired) is fires


def test_exactly_the_limit_is_not_over_it() -> None:
    customer = asked(0).meets(1, "u", "used").meets(2, "v", "used").meets(10, "b", "sent").meets(20, "c", "sent")
    assert customer.meets(30, "d", "sent").fired == []
    assert customer.meets(40, "e", "sent").fired == [(40, "s0 b c d e")]


def test_uses_count_from_the_first_ask_in_the_window() -> None:
    customer = asked(0).meets(1, "u", "used").meets(2, "v", "used").meets(110, "b", "sent").meets(120, "c", "sent")
    assert customer.meets(130, "d", "sent").reports[0].context == {"asks": 3, "uses": 0}


def test_of_a_customer_whom_nobody_asks_nothing_is_remembered() -> None:
    assert Customer(rule(RATIO)).meets(0, "u", "used").state.rules == {}


def test_out_of_order_it_comes_to_the_same() -> None:
    customer = asked(20, 0).meets(5, "u", "used").meets(10, "b", "sent")
    assert (customer.fired, customer.reports[0].context) == ([(20, "s0 b s20")], {"asks": 3, "uses": 1})


def test_late_ones_are_left_out_where_the_rule_says_so() -> None:
    assert asked(20, 0, 10, body=RATIO + "late: ignore\n").fired == []


def test_its_memory_has_a_bound() -> None:
    customer = Customer(rule(RATIO.replace("within: 100ms", "within: 1h")))
    for number in range(300):
        customer.meets(number, f"s{number}", "sent").meets(number, f"u{number}", "used")
    memory = customer.state.rules["test.rule"].memory
    assert (len(memory.asks), len(memory.uses)) == (MAX_ASKS, MAX_USES)  # type: ignore[union-attr]
