"""Count and distinct in a sliding window."""

from __future__ import annotations

import pytest

from streams.detection.state import MAX_WINDOW_ENTRIES
from tests.detection.timeline import DAY, HOUR, Customer, rule

COUNT = "detect: {count: {type: t}, at_least: 3, within: 1d}\n"
DISTINCT = "detect: {distinct: agent, of: {type: t}, at_least: 3, within: 1d}\n"


def test_it_fires_at_each_touchpoint_with_which_the_window_holds_enough() -> None:
    customer = Customer(rule(COUNT))
    customer.meets(0, "a", "t").meets(1, "b", "t").meets(2, "c", "t").meets(3, "d", "t")
    assert customer.fired == [(2, "a b c"), (3, "a b c d")]


def test_the_number_is_in_the_context() -> None:
    customer = Customer(rule(COUNT)).meets(0, "a", "t").meets(1, "b", "t").meets(2, "c", "t").meets(3, "d", "t")
    assert [report.context for report in customer.reports] == [{"count": 3}, {"count": 4}]


@pytest.mark.parametrize(
    ("inclusive", "third", "fires"),
    [("", DAY - 1, True), ("", DAY, False), (", inclusive: true", DAY, True), (", inclusive: true", DAY + 1, False)],
)
def test_the_end_of_the_window_is_out_unless_the_rule_says_inclusive(inclusive: str, third: int, fires: bool) -> None:
    customer = Customer(rule(f"detect: {{count: {{type: t}}, at_least: 3, within: 1d{inclusive}}}"))
    customer.meets(0, "a", "t").meets(1, "b", "t").meets(third, "c", "t")
    assert customer.fired == ([(third, "a b c")] if fires else [])


def test_what_left_the_window_is_no_evidence() -> None:
    customer = Customer(rule(COUNT))
    customer.meets(0, "a", "t").meets(HOUR, "b", "t").meets(2 * HOUR, "c", "t").meets(DAY, "d", "t")
    assert customer.fired == [(2 * HOUR, "a b c"), (DAY, "b c d")]


def test_equal_times_count_each_and_stand_in_the_order_of_arrival() -> None:
    customer = Customer(rule(COUNT)).meets(5, "b", "t").meets(5, "a", "t").meets(5, "c", "t")
    assert customer.fired == [(5, "b a c")]


def test_n_counts_the_firings_with_one_opening() -> None:
    customer = Customer(rule(COUNT))
    for number, at in enumerate((0, 1, 2, 3, DAY, DAY + 1)):
        customer.meets(at, "abcdef"[number], "t")
    assert [(report.opening.event_id, report.n) for report in customer.reports] == [
        ("a", 1),
        ("a", 2),
        ("b", 1),
        ("c", 1),
    ]


def test_n_survives_touchpoints_that_arrive_late_in_front_of_the_opening() -> None:
    customer = Customer(rule(COUNT))
    customer.meets(HOUR, "b", "t").meets(HOUR + 1, "c", "t").meets(HOUR + 2, "d", "t")
    customer.meets(0, "a", "t").meets(DAY + 1, "e", "t")
    assert [(report.opening.event_id, report.n) for report in customer.reports] == [("b", 1), ("a", 1), ("b", 2)]


def test_groups_are_counted_apart() -> None:
    customer = Customer(rule(COUNT + "by: [shop]\n"))
    customer.meets(0, "a", "t", shop=1).meets(1, "b", "t", shop=2).meets(2, "c", "t", shop=1)
    customer.meets(3, "d", "t", shop=2).meets(4, "e", "t", shop=1)
    assert customer.fired == [(4, "a c e")]


def test_a_group_is_a_value_whatever_its_number_type_but_not_its_text() -> None:
    customer = Customer(rule(COUNT + "by: [shop]\n"))
    customer.meets(0, "a", "t", shop=1).meets(1, "b", "t", shop="1").meets(2, "c", "t", shop=True)
    customer.meets(3, "d", "t", shop=1.0).meets(4, "e", "t", shop=1)
    assert customer.fired == [(4, "a d e")]


def test_several_fields_make_a_group_together() -> None:
    customer = Customer(rule(COUNT + "by: [shop, till]\n"))
    customer.meets(0, "a", "t", shop="x", till="y").meets(1, "b", "t", shop="x", till="z")
    customer.meets(2, "c", "t", shop="x", till="y").meets(3, "d", "t", shop="x", till="y")
    assert customer.fired == [(3, "a c d")]


def test_a_touchpoint_without_the_group_field_does_not_count() -> None:
    customer = Customer(rule(COUNT + "by: [shop]\n")).meets(0, "a", "t").meets(1, "b", "t").meets(2, "c", "t")
    assert (customer.fired, customer.size) == ([], 5)


def test_of_alternative_fields_the_first_that_is_present_makes_the_group() -> None:
    customer = Customer(rule(COUNT + "by: [reason or skill]\n"))
    customer.meets(0, "a", "t", reason="x", skill="y").meets(1, "b", "t", skill="x").meets(2, "c", "t", reason="x")
    assert customer.fired == [(2, "a b c")]


def test_distinct_counts_values_and_shows_every_touchpoint() -> None:
    customer = Customer(rule(DISTINCT))
    for at, agent in enumerate(("A", "A", "B", "A", "C")):
        customer.meets(at, f"e{at}", "t", agent=agent)
    assert [
        (report.detected_at - customer.reports[0].opening.occurred_at, report.context) for report in customer.reports
    ] == [(4, {"distinct": 3})]


def test_distinct_leaves_out_touchpoints_without_the_value() -> None:
    customer = Customer(rule(DISTINCT))
    customer.meets(0, "a", "t", agent="A").meets(1, "b", "t").meets(2, "c", "t", agent="B").meets(
        3, "d", "t", agent="C"
    )
    assert customer.fired == [(3, "a c d")]


def test_distinct_forgets_a_value_with_the_window() -> None:
    customer = Customer(rule(DISTINCT))
    customer.meets(0, "a", "t", agent="A").meets(1, "b", "t", agent="B").meets(DAY, "c", "t", agent="C")
    assert customer.fired == []


def test_a_late_touchpoint_is_placed_by_its_time() -> None:
    customer = Customer(rule(COUNT)).meets(0, "a", "t").meets(2, "c", "t").meets(1, "b", "t")
    assert customer.fired == [(2, "a b c")]


def test_a_late_touchpoint_reports_the_fullest_window() -> None:
    customer = Customer(rule(COUNT))
    for at, event_id in ((0, "a"), (1, "b"), (2, "c"), (DAY + 1, "e"), (DAY + 2, "f")):
        customer.meets(at, event_id, "t")
    customer.meets(3, "d", "t")
    assert customer.fired == [(2, "a b c"), (DAY + 2, "a b c d")]


def test_of_equally_full_windows_a_late_touchpoint_reports_the_one_that_ends_last() -> None:
    customer = Customer(rule(COUNT))
    customer.meets(0, "a", "t").meets(HOUR, "b", "t").meets(DAY, "d", "t").meets(2 * HOUR, "c", "t")
    assert customer.fired == [(DAY, "b c d")]


def test_a_late_touchpoint_may_complete_a_window_that_is_over() -> None:
    customer = Customer(rule(COUNT))
    customer.meets(0, "a", "t").meets(HOUR, "b", "t").meets(5 * DAY, "d", "t").meets(2 * HOUR, "c", "t")
    assert customer.fired == [(5 * DAY, "a b c")]


def test_a_late_touchpoint_does_not_fire_for_a_window_it_is_not_in() -> None:
    customer = Customer(rule(COUNT))
    customer.meets(2 * DAY, "a", "t").meets(2 * DAY + 1, "b", "t").meets(2 * DAY + 2, "c", "t").meets(0, "d", "t")
    assert customer.fired == [(2 * DAY + 2, "a b c")]


def test_a_rule_that_ignores_late_touchpoints_does_not_place_them() -> None:
    customer = Customer(rule(COUNT + "late: ignore\n")).meets(0, "a", "t").meets(2, "c", "t").meets(1, "b", "t")
    assert customer.fired == []


def test_entries_stay_for_the_allowed_lateness_and_no_longer() -> None:
    customer = Customer(rule(COUNT), allowed_lateness_ms=HOUR)
    customer.meets(0, "a", "t").meets(DAY + HOUR - 1, "b", "t")
    kept = len(customer.state.evidence)
    customer.meets(DAY + HOUR, "c", "t")
    assert (kept, [item.event_id for item in customer.state.evidence.values()]) == (2, ["b", "c"])


def test_the_window_is_capped_and_overflow_counted() -> None:
    customer = Customer(rule("detect: {count: {type: t}, at_least: 200, within: 1d}"))
    for number in range(MAX_WINDOW_ENTRIES + 3):
        customer.meets(number, f"e{number}", "t")
    assert (len(customer.state.evidence), customer.state.overflow) == (MAX_WINDOW_ENTRIES, 3)


def test_a_capped_window_goes_on_counting_what_it_holds() -> None:
    customer = Customer(rule("detect: {count: {type: t}, at_least: 200, within: 1d}"))
    for number in range(MAX_WINDOW_ENTRIES + 3):
        customer.meets(number, f"e{number}", "t")
    assert [report.context["count"] for report in customer.reports] == [200, 200, 200, 200]


def test_entries_beyond_the_window_give_way_without_counting_as_overflow() -> None:
    customer = Customer(rule("detect: {count: {type: t}, at_least: 3, within: 1s}"))
    for number in range(MAX_WINDOW_ENTRIES + 3):
        customer.meets(number * 1000, f"e{number}", "t")
    assert (len(customer.state.evidence), customer.state.overflow) == (MAX_WINDOW_ENTRIES, 0)


def test_the_evidence_shown_is_the_opening_and_the_newest_fifty() -> None:
    customer = Customer(rule("detect: {count: {type: t}, at_least: 60, within: 1d}"))
    for number in range(60):
        customer.meets(number, f"e{number}", "t")
    (firing,) = customer.reports
    assert [item.event_id for item in firing.evidence] == ["e0", *(f"e{number}" for number in range(10, 60))]


def test_a_cooling_rule_goes_on_counting() -> None:
    customer = Customer(rule(COUNT + "cool_down: 1h\n"))
    customer.meets(0, "a", "t").meets(1, "b", "t").meets(2, "c", "t").meets(3, "d", "t").meets(HOUR + 2, "e", "t")
    assert customer.fired == [(2, "a b c"), (HOUR + 2, "a b c d e")]
