"""One moment in either of several ways."""

from __future__ import annotations

from tests.detection.timeline import Customer, rule

EITHER = """
detect:
  either:
    - count: {type: a}
      at_least: 2
      within: 10ms
    - sequence:
        - start: {type: a}
        - followed_by: {type: b}
      within: 10ms
    - sequence:
        - start: {type: a}
        - silent_for: 20ms
      cancelled_by: {type: [a, b]}
"""


def test_any_of_its_ways_is_enough() -> None:
    assert Customer(rule(EITHER)).meets(0, "p", "a").meets(1, "q", "b").fired == [(1, "p q")]
    assert Customer(rule(EITHER)).meets(0, "p", "a").meets(1, "q", "a").fired == [(1, "p q")]
    assert Customer(rule(EITHER)).meets(0, "p", "a").waits(20).fired == [(20, "p")]


def test_each_way_remembers_for_itself() -> None:
    customer = Customer(rule(EITHER)).meets(0, "p", "a").meets(1, "q", "b").meets(2, "r", "a").meets(3, "s", "b")
    assert customer.fired == [(1, "p q"), (2, "p r"), (3, "r s")]


def test_firings_of_two_ways_with_one_opening_are_different_moments() -> None:
    customer = Customer(rule(EITHER)).meets(0, "p", "a").meets(1, "q", "b").meets(2, "r", "a")
    first, second = customer.reports
    assert first.opening.event_id == second.opening.event_id == "p"
    assert first.moment_id != second.moment_id


def test_one_cool_down_holds_for_all_ways() -> None:
    customer = Customer(rule(EITHER + "cool_down: 1h\n")).meets(0, "p", "a").meets(1, "q", "b").meets(2, "r", "a")
    assert customer.fired == [(1, "p q")]


def test_a_customer_who_met_none_of_it_has_nothing_remembered() -> None:
    customer = Customer(rule(EITHER)).meets(0, "p", "c")
    assert customer.state.rules == {}


def test_what_is_over_in_all_ways_is_forgotten() -> None:
    customer = Customer(rule(EITHER, "test.either")).meets(0, "p", "a").waits(30)
    customer.state.prune(customer.clock + 8 * 86_400_000)
    assert (customer.state.rules, customer.state.evidence) == ({}, {})
