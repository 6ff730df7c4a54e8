"""A single touchpoint that is a moment by itself."""

from __future__ import annotations

from tests.detection.timeline import DAY, HOUR, Customer, rule


def test_every_touchpoint_that_meets_the_condition_fires() -> None:
    customer = Customer(rule("detect: {event: {type: t, x|gt: 1}}"))
    customer.meets(0, "a", "t", x=2).meets(1, "b", "t", x=1).meets(2, "c", "s", x=2).meets(3, "d", "t", x=2)
    assert customer.fired == [(0, "a"), (3, "d")]


def test_it_leaves_nothing_in_the_state() -> None:
    customer = Customer(rule("detect: {event: {type: t}}")).meets(0, "a", "t")
    assert customer.size == 5


def test_the_clock_not_occurred_at_is_when_it_is_detected() -> None:
    customer = Customer(rule("detect: {event: {type: t}}")).meets(0, "a", "t", clock=HOUR)
    assert customer.fired == [(HOUR, "a")]


def test_after_a_firing_it_is_quiet_until_exactly_the_end_of_the_cool_down() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\ncool_down: 1d"))
    customer.meets(0, "a", "t").meets(HOUR, "b", "t").meets(DAY - 1, "c", "t").meets(DAY, "d", "t")
    assert customer.fired == [(0, "a"), (DAY, "d")]


def test_what_is_suppressed_does_not_prolong_the_cool_down() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\ncool_down: 1d"))
    customer.meets(0, "a", "t").meets(DAY - 1, "b", "t").meets(DAY + 1, "c", "t")
    assert customer.fired == [(0, "a"), (DAY + 1, "c")]


def test_the_cool_down_runs_by_correlation() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\nby: [shop]\ncool_down: 1d"))
    customer.meets(0, "a", "t", shop=1).meets(1, "b", "t", shop=2).meets(2, "c", "t", shop=1)
    assert customer.fired == [(0, "a"), (1, "b")]


def test_the_cool_down_may_run_by_fewer_fields_than_the_rule() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\nby: [shop, till]\ncool_down: {for: 1d, by: [shop]}"))
    customer.meets(0, "a", "t", shop=1, till=1).meets(1, "b", "t", shop=1, till=2).meets(2, "c", "t", shop=2, till=1)
    assert customer.fired == [(0, "a"), (2, "c")]


def test_a_touchpoint_without_the_correlation_takes_no_part() -> None:
    customer = Customer(rule("detect: {event: {type: t}}\nby: [shop]")).meets(0, "a", "t")
    assert customer.fired == []


FIRST = "detect: {event: {type: service.completed}, first: true}\n"


def test_the_first_ever_fires_once_in_the_customer_s_life() -> None:
    customer = Customer(rule(FIRST)).meets(0, "a", "service.completed").meets(400 * DAY, "b", "service.completed")
    assert customer.fired == [(0, "a")]


def test_the_first_ever_is_remembered_however_long_it_is_quiet() -> None:
    customer = Customer(rule(FIRST)).meets(0, "a", "service.completed")
    customer.state.prune(customer.clock + 9_000 * DAY)
    assert customer.meets(400 * DAY, "b", "service.completed").fired == [(0, "a")]


def test_the_first_ever_is_one_for_each_correlation() -> None:
    customer = Customer(rule(FIRST + "by: [car]\n"))
    for number, car in enumerate(["x", "y", "x", None]):
        customer.meets(number, f"e{number}", "service.completed", car=car)
    assert customer.fired == [(0, "e0"), (1, "e1")]
