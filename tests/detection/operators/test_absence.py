"""What does not happen, and the deadlines it needs."""

from __future__ import annotations

import pytest

from tests.detection.timeline import DAY, HOUR, MINUTE, SECOND, START, Customer, rule

AFTER_START = """
detect:
  sequence:
    - start: {type: a}
    - not_followed_by: {type: b}
      for: 1h
"""
WITHIN = """
detect:
  sequence:
    - start: {type: a}
    - not_followed_by: {type: b}
  within: 1h
"""
AFTER_LAST = """
detect:
  sequence:
    - start: {type: a}
    - followed_by: {type: b}
    - not_followed_by: {type: c}
      for: 1h
  within: 1d
"""
SILENT = """
detect:
  sequence:
    - start: {type: a}
    - silent_for: 1h
  cancelled_by: {type: b}
"""


@pytest.mark.parametrize("body", [AFTER_START, WITHIN, SILENT])
def test_it_fires_at_the_deadline_with_no_further_touchpoint(body: str) -> None:
    customer = Customer(rule(body)).meets(0, "a", "a").waits(HOUR - 1)
    early = customer.fired
    assert (early, customer.waits(HOUR).fired) == ([], [(HOUR, "a")])


@pytest.mark.parametrize("body", [AFTER_START, WITHIN, SILENT])
def test_detected_at_is_the_deadline_however_late_the_clock_comes(body: str) -> None:
    assert Customer(rule(body)).meets(0, "a", "a").waits(9 * DAY).fired == [(HOUR, "a")]


@pytest.mark.parametrize("body", [AFTER_START, WITHIN, SILENT])
def test_what_happens_in_time_prevents_it(body: str) -> None:
    assert Customer(rule(body)).meets(0, "a", "a").meets(HOUR - 1, "b", "b").waits(DAY).fired == []


@pytest.mark.parametrize("body", [AFTER_START, WITHIN, SILENT])
def test_at_exactly_the_end_it_is_too_late(body: str) -> None:
    assert Customer(rule(body)).meets(0, "a", "a").meets(HOUR, "b", "b").waits(DAY).fired == [(HOUR, "a")]


@pytest.mark.parametrize("body", [AFTER_START, WITHIN, SILENT])
def test_an_inclusive_rule_still_takes_the_exact_end_and_fires_a_millisecond_later(body: str) -> None:
    inclusive = rule(body + "  inclusive: true\n")
    in_time = Customer(inclusive).meets(0, "a", "a").meets(HOUR, "b", "b").waits(DAY).fired
    too_late = Customer(inclusive).meets(0, "a", "a").meets(HOUR + 1, "b", "b").waits(DAY).fired
    assert (in_time, too_late) == ([], [(HOUR + 1, "a")])


def test_for_counts_from_the_last_step() -> None:
    customer = Customer(rule(AFTER_LAST)).meets(0, "a", "a").meets(MINUTE, "b", "b").waits(DAY)
    assert customer.fired == [(HOUR + MINUTE, "a b")]


def test_within_counts_from_the_first_step() -> None:
    body = AFTER_LAST.replace("      for: 1h\n", "").replace("1d", "1h")
    customer = Customer(rule(body)).meets(0, "a", "a").meets(MINUTE, "b", "b").waits(DAY)
    assert customer.fired == [(HOUR, "a b")]


def test_the_absence_is_asked_for_after_the_last_step_only() -> None:
    customer = Customer(rule(AFTER_LAST))
    customer.meets(0, "a", "a").meets(1, "c", "c").meets(MINUTE, "b", "b").waits(DAY)
    assert customer.fired == [(HOUR + MINUTE, "a b")]


def test_without_the_last_step_there_is_no_absence() -> None:
    assert Customer(rule(AFTER_LAST)).meets(0, "a", "a").waits(9 * DAY).fired == []


def test_several_absences_hold_together() -> None:
    body = AFTER_START.replace("for: 1h", "for: 1h\n    - not_followed_by: {type: c}")
    calm = Customer(rule(body)).meets(0, "a", "a").waits(DAY).fired
    broken = Customer(rule(body)).meets(0, "a", "a").meets(1, "c", "c").waits(DAY).fired
    assert (calm, broken) == ([(HOUR, "a")], [])


def test_progress_tells_how_far_it_got() -> None:
    body = AFTER_START + "  progress: {type: p}\nkeep: [step]\n"
    customer = Customer(rule(body))
    customer.meets(0, "a", "a").meets(1, "p1", "p", step="one").meets(2, "p2", "p", step="two").waits(HOUR)
    (firing,) = customer.reports
    assert (customer.fired, firing.context) == ([(HOUR, "a p1 p2")], {"step": "two"})


def test_progress_does_not_move_the_deadline() -> None:
    customer = Customer(rule(AFTER_START + "  progress: {type: p}\n"))
    assert customer.meets(0, "a", "a").meets(59 * MINUTE, "p", "p").waits(DAY).fired == [(HOUR, "a p")]


def test_a_contact_of_another_correlation_since_the_opening_cancels() -> None:
    body = (
        AFTER_LAST.replace("- not_followed_by: {type: c}\n      for: 1h", "- silent_for: 1h")
        + "  cancelled_by: {event: {type: a}, other: [correlation_id]}\nby: [correlation_id]\n"
    )
    before = Customer(rule(body)).meets(0, "a1", "a", correlation_id="1").meets(1, "a2", "a", correlation_id="2")
    before.meets(2, "b1", "b", correlation_id="1").meets(3, "b2", "b", correlation_id="2").waits(DAY)
    assert before.fired == [(HOUR + 3, "a2 b2")]


def test_a_deadline_that_is_past_when_it_is_set_waits_the_late_grace() -> None:
    customer = Customer(rule(AFTER_START), late_grace_ms=90 * SECOND).meets(0, "a", "a", clock=DAY)
    assert customer.waits(2 * DAY).fired == [(DAY + 90 * SECOND, "a")]


def test_a_deadline_exactly_at_the_clock_is_past() -> None:
    customer = Customer(rule(AFTER_START)).meets(0, "a", "a", clock=HOUR)
    assert customer.waits(2 * DAY).fired == [(HOUR + MINUTE, "a")]


def test_a_deadline_still_to_come_does_not_wait() -> None:
    customer = Customer(rule(AFTER_START)).meets(0, "a", "a", clock=HOUR - 1)
    assert customer.waits(2 * DAY).fired == [(HOUR, "a")]


def test_in_the_grace_only_what_occurred_in_time_counts() -> None:
    in_time = Customer(rule(AFTER_START)).meets(0, "a", "a", clock=DAY).meets(HOUR - 1, "b", "b", clock=DAY + 1)
    too_late = Customer(rule(AFTER_START)).meets(0, "a", "a", clock=DAY).meets(HOUR, "b", "b", clock=DAY + 1)
    assert (in_time.waits(9 * DAY).fired, too_late.waits(9 * DAY).fired) == ([], [(DAY + MINUTE, "a")])


def test_an_answer_from_before_the_opening_does_not_count() -> None:
    customer = Customer(rule(AFTER_START + "late: apply\n")).meets(MINUTE, "a", "a").meets(0, "b", "b")
    assert customer.waits(DAY).fired == [(HOUR + MINUTE, "a")]


@pytest.mark.parametrize(("late", "fired"), [("ignore", [(HOUR, "a p")]), ("apply", [])])
def test_an_answer_that_arrives_out_of_order_counts_as_the_rule_says(late: str, fired: list[tuple[int, str]]) -> None:
    customer = Customer(rule(AFTER_START + f"  progress: {{type: p}}\nlate: {late}\n"))
    customer.meets(0, "a", "a").meets(10, "p", "p").meets(9, "b", "b").waits(DAY)
    assert customer.fired == fired


def test_deadlines_fire_in_order_of_time_then_rule_then_age() -> None:
    first = rule(AFTER_START + "by: [correlation_id]\n", "test.first")
    second = rule(AFTER_START + "by: [correlation_id]\n", "test.second")
    customer = Customer(second, first)
    for number, at in enumerate((5, 0, 0)):
        customer.meets(at, f"a{number}", "a", clock=5, correlation_id=str(number))
    customer.waits(DAY)
    assert [
        (report.detected_at - START - HOUR, report.rule.id, report.opening.event_id) for report in customer.reports
    ] == [
        (0, "test.first", "a1"),
        (0, "test.first", "a2"),
        (0, "test.second", "a1"),
        (0, "test.second", "a2"),
        (5, "test.first", "a0"),
        (5, "test.second", "a0"),
    ]


def test_after_a_match_partial_matches_that_began_in_it_are_skipped() -> None:
    customer = Customer(rule(AFTER_LAST)).meets(0, "a1", "a").meets(1, "a2", "a").meets(2, "b", "b").waits(DAY)
    assert customer.fired == [(HOUR + 2, "a1 b")]


def test_a_partial_match_that_began_after_the_last_touchpoint_goes_on() -> None:
    customer = Customer(rule(AFTER_START)).meets(0, "a1", "a").meets(MINUTE, "a2", "a").waits(DAY)
    assert customer.fired == [(HOUR, "a1"), (HOUR + MINUTE, "a2")]


def test_next_deadline_is_the_earliest_of_all_rules() -> None:
    soon, later = rule(AFTER_START, "test.soon"), rule(AFTER_START.replace("1h", "2h"), "test.later")
    customer = Customer(soon, later).meets(0, "a", "a")
    found = [customer.detector.next_deadline(customer.state)]
    for until in (HOUR, 2 * HOUR):
        customer.waits(until)
        found.append(customer.detector.next_deadline(customer.state))
    assert found == [START + HOUR, START + 2 * HOUR, None]


def test_a_prevented_absence_takes_its_deadline_with_it() -> None:
    customer = Customer(rule(AFTER_START)).meets(0, "a", "a").meets(1, "b", "b")
    assert (customer.detector.next_deadline(customer.state), customer.size) == (None, 5)


def test_a_fired_absence_leaves_nothing_in_the_state() -> None:
    assert Customer(rule(AFTER_START)).meets(0, "a", "a").waits(HOUR).size == 5


def test_the_cool_down_of_an_absence_runs_from_its_deadline() -> None:
    customer = Customer(rule(AFTER_START + "by: [correlation_id]\ncool_down: {for: 1d, by: []}\n"))
    for number, at in enumerate((0, DAY - 1, DAY)):
        customer.meets(at, f"a{number}", "a", correlation_id=str(number))
    assert customer.waits(9 * DAY).fired == [(HOUR, "a0"), (HOUR + DAY, "a2")]
