"""Steps in order."""

from __future__ import annotations

import pytest

from streams.detection.state import MAX_PARTIAL_MATCHES, MAX_PROGRESS
from tests.detection.timeline import DAY, HOUR, Customer, rule

AB = """
detect:
  sequence:
    - start: {type: a}
    - followed_by: {type: b}
  within: 1h
"""
ABC = """
detect:
  sequence:
    - start: {type: a}
    - followed_by: {type: b}
    - followed_by: {type: c}
  within: 1h
"""
NOT_BETWEEN = """
detect:
  sequence:
    - start: {type: a}
    - not_followed_by: {type: x}
    - followed_by: {type: b}
  within: 1h
"""
NEXT = """
detect:
  sequence:
    - start: {type: a}
    - next: {type: b}
  within: 1h
"""


def run(body: str, line: str, **more: object) -> list[str]:
    """Evidence of each firing of a rule over touchpoints like ``a1 b2``: the letter is the type."""
    customer = Customer(rule(body))
    for at, word in enumerate(line.split()):
        customer.meets(at, word, word[0], **more)
    return [evidence for _, evidence in customer.fired]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a1 b1", ["a1 b1"]),
        ("b1 a1", []),
        ("a1 x1 b1", ["a1 b1"]),
        ("a1", []),
        ("a1 b1 b2", ["a1 b1"]),
        ("a1 b1 a2 b2", ["a1 b1", "a2 b2"]),
        ("a1 a2 b1", ["a1 b1"]),
        ("a1 a2 b1 b2", ["a1 b1"]),
    ],
)
def test_followed_by_skips_what_does_not_match_and_past_the_end_of_a_match(line: str, found: list[str]) -> None:
    assert run(AB, line) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a1 b1 c1", ["a1 b1 c1"]),
        ("a1 c1 b1", []),
        ("a1 c1 b1 c2", ["a1 b1 c2"]),
        ("a1 b1 a2 c1", ["a1 b1 c1"]),
        ("a1 b1 a2 b2 c1 c2", ["a1 b1 c1"]),
    ],
)
def test_three_steps_come_in_their_order(line: str, found: list[str]) -> None:
    assert run(ABC, line) == found


def test_one_touchpoint_may_end_a_match_but_then_begins_none() -> None:
    pairs = "detect:\n  sequence:\n    - start: {type: a}\n    - followed_by: {type: a}\n  within: 1h\n"
    assert run(pairs, "a1 a2 a3 a4 a5") == ["a1 a2", "a3 a4"]


@pytest.mark.parametrize(
    ("line", "found"),
    [("a1 b1", ["a1 b1"]), ("a1 x1 b1", []), ("a1 y1 b1", ["a1 b1"]), ("a1 b1 x1", ["a1 b1"]), ("x1 a1 b1", ["a1 b1"])],
)
def test_not_followed_by_between_two_steps_ends_the_match(line: str, found: list[str]) -> None:
    assert run(NOT_BETWEEN, line) == found


def test_a_touchpoint_that_is_both_forbidden_and_awaited_is_forbidden() -> None:
    body = NOT_BETWEEN.replace("{type: x}", "{type: b}")
    assert run(body, "a1 b1") == []


@pytest.mark.parametrize(
    ("line", "found"),
    [("a1 b1", ["a1 b1"]), ("a1 z1 b1", []), ("a1 a2 b1", ["a2 b1"]), ("a1 z1 b1 a2 b2", ["a2 b2"])],
)
def test_next_must_be_the_customers_very_next_touchpoint(line: str, found: list[str]) -> None:
    assert run(NEXT, line) == found


def test_next_is_broken_by_a_touchpoint_of_another_correlation() -> None:
    customer = Customer(rule(NEXT + "by: [correlation_id]\n"))
    customer.meets(0, "a", "a", correlation_id="1").meets(1, "z", "z", correlation_id="2")
    customer.meets(2, "b", "b", correlation_id="1")
    assert customer.fired == []


@pytest.mark.parametrize(
    ("inclusive", "second", "fires"),
    [
        ("", HOUR - 1, True),
        ("", HOUR, False),
        ("  inclusive: true\n", HOUR, True),
        ("  inclusive: true\n", HOUR + 1, False),
    ],
)
def test_the_end_of_within_is_out_unless_the_rule_says_inclusive(inclusive: str, second: int, fires: bool) -> None:
    customer = Customer(rule(AB + inclusive)).meets(0, "a", "a").meets(second, "b", "b")
    assert customer.fired == ([(second, "a b")] if fires else [])


def test_within_counts_from_the_first_step_to_the_last() -> None:
    customer = Customer(rule(ABC))
    customer.meets(0, "a", "a").meets(HOUR - 1, "b", "b").meets(HOUR, "c", "c")
    assert customer.fired == []


def test_steps_agree_on_the_correlation() -> None:
    customer = Customer(rule(AB + "by: [correlation_id]\n"))
    customer.meets(0, "a1", "a", correlation_id="1").meets(1, "a2", "a", correlation_id="2")
    customer.meets(2, "b2", "b", correlation_id="2").meets(3, "b", "b").meets(4, "b1", "b", correlation_id="1")
    assert [evidence for _, evidence in customer.fired] == ["a2 b2", "a1 b1"]


def test_a_step_may_ask_for_another_correlation() -> None:
    body = AB.replace("{type: b}", "{type: b}\n      other: [correlation_id]") + "by: [correlation_id]\n"
    customer = Customer(rule(body))
    customer.meets(0, "a1", "a", correlation_id="1").meets(1, "b1", "b", correlation_id="1")
    customer.meets(2, "b2", "b", correlation_id="2")
    assert customer.fired == [(2, "a1 b2")]


def test_a_touchpoint_without_the_field_counts_as_another() -> None:
    body = AB.replace("{type: b}", "{type: b}\n      other: [correlation_id]") + "by: [correlation_id]\n"
    customer = Customer(rule(body)).meets(0, "a1", "a", correlation_id="1").meets(1, "b", "b")
    assert customer.fired == [(1, "a1 b")]


def test_a_step_may_ask_for_any_correlation() -> None:
    body = AB.replace("{type: b}", "{type: b}\n      same: []") + "by: [correlation_id]\n"
    customer = Customer(rule(body)).meets(0, "a1", "a", correlation_id="1").meets(1, "b2", "b", correlation_id="2")
    assert customer.fired == [(1, "a1 b2")]


def test_a_start_without_the_correlation_begins_nothing() -> None:
    customer = Customer(rule(AB + "by: [correlation_id]\n")).meets(0, "a", "a").meets(1, "b", "b")
    assert (customer.fired, customer.size) == ([], 5)


def test_cancelled_by_ends_a_match_at_any_step() -> None:
    assert run(ABC + "  cancelled_by: {type: x}\n", "a1 b1 x1 c1") == []


def test_a_cancelled_match_leaves_nothing_in_the_state() -> None:
    customer = Customer(rule(AB + "  cancelled_by: {type: x}\n")).meets(0, "a", "a").meets(1, "x", "x")
    assert customer.size == 5


def test_progress_is_evidence_without_being_a_step() -> None:
    assert run(AB + "  progress: {type: p}\n", "p0 a1 p1 p2 b1 p3") == ["a1 p1 p2 b1"]


def test_progress_is_capped_at_the_newest_and_overflow_counted() -> None:
    customer = Customer(rule(AB + "  progress: {type: p}\n")).meets(0, "a", "a")
    for number in range(MAX_PROGRESS + 2):
        customer.meets(number + 1, f"p{number}", "p")
    customer.meets(100, "b", "b")
    (firing,) = customer.reports
    shown = [item.event_id for item in firing.evidence]
    assert (shown[:3], shown[-1], len(shown), customer.state.overflow) == (["a", "p3", "p4"], "b", 51, 2)


def test_late_touchpoints_are_ignored_by_default() -> None:
    customer = Customer(rule(ABC)).meets(0, "a", "a").meets(10, "b", "b").meets(5, "c", "c").meets(11, "c2", "c")
    assert customer.fired == [(11, "a b c2")]


def test_a_late_touchpoint_takes_no_step_that_lies_before_the_one_it_follows() -> None:
    customer = Customer(rule(ABC + "late: apply\n")).meets(0, "a", "a").meets(10, "b", "b").meets(5, "c", "c")
    assert customer.fired == []
    assert customer.meets(11, "c2", "c").fired == [(11, "a b c2")]


def test_a_late_touchpoint_takes_the_step_that_is_awaited_where_it_follows_all_that_were_taken() -> None:
    customer = Customer(rule(ABC + "late: apply\n")).meets(0, "a", "a").meets(5, "b", "b")
    assert customer.meets(20, "x", "x").meets(10, "c", "c").fired == [(20, "a b c")]


def test_a_late_touchpoint_ends_a_match_where_the_rule_applies_them() -> None:
    fired = []
    for late in ("ignore", "apply"):
        customer = Customer(rule(ABC + "  cancelled_by: {type: x}\n" + f"late: {late}\n"))
        customer.meets(0, "a", "a").meets(10, "b", "b").meets(5, "x", "x").meets(11, "c", "c")
        fired.append(customer.fired)
    assert fired == [[(11, "a b c")], []]


def test_what_occurred_before_the_opening_is_never_part_of_the_match() -> None:
    customer = Customer(rule(AB + "late: apply\n")).meets(10, "a", "a").meets(5, "b", "b")
    assert customer.fired == []


def test_equal_times_go_by_arrival() -> None:
    customer = Customer(rule(AB)).meets(5, "b0", "b").meets(5, "a", "a").meets(5, "b", "b")
    assert customer.fired == [(5, "a b")]


def test_partial_matches_are_capped_and_overflow_counted() -> None:
    customer = Customer(rule(AB + "by: [correlation_id]\n"))
    for number in range(MAX_PARTIAL_MATCHES + 1):
        customer.meets(number, f"a{number}", "a", correlation_id=str(number))
    customer.meets(100, "b0", "b", correlation_id="0").meets(101, "b1", "b", correlation_id="1")
    assert (customer.fired, customer.state.overflow) == ([(101, "a1 b1")], 1)


def test_partial_matches_whose_time_is_over_leave_with_the_next_touchpoint() -> None:
    customer = Customer(rule(AB)).meets(0, "a1", "a").meets(DAY, "a2", "a")
    assert [item.event_id for item in customer.state.evidence.values()] == ["a2"]


def test_the_cool_down_applies_to_matches() -> None:
    assert run(AB + "cool_down: 1h\n", "a1 b1 a2 b2") == ["a1 b1"]


def test_each_opening_fires_for_the_first_time() -> None:
    customer = Customer(rule(AB)).meets(0, "a1", "a").meets(1, "b1", "b").meets(2, "a2", "a").meets(3, "b2", "b")
    assert [report.n for report in customer.reports] == [1, 1]
