"""Promises: due times, changes, levels, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection.memory import MAX_OPEN_PROMISES, MAX_PROMISE_RESULTS
from tests.detection.timeline import DAY, HOUR, MINUTE, START, Customer, rule

HEAD = """
detect:
  promise: {type: made}
  due: due_at
  at_most: 90d
  kept_by: {type: kept}
  changed_by: {type: changed}
  cancelled_by: {type: cancelled}
"""
BY = "by: [promise_id]\n"
BROKEN = HEAD + "  level: below\n" + BY
MINIMUM = HEAD + "  level: minimum\n  tolerance: 1h\n" + BY
EXCEEDED = HEAD + "  level: exceeded\n  exceeded_by: 1h\n" + BY
THIRD = HEAD + "  level: minimum\n  tolerance: 1h\n  at_least: 3\n  within: 90d\n" + BY


def promised(body: str, due: int = 10 * HOUR, **settings: int) -> Customer:
    return Customer(rule(body), **settings).meets(0, "m", "made", promise_id="p", due_at=START + due)


def test_it_fires_at_the_due_time_with_no_further_touchpoint() -> None:
    customer = promised(BROKEN).waits(10 * HOUR - 1)
    early = customer.fired
    assert (early, customer.waits(10 * HOUR).fired) == ([], [(10 * HOUR, "m")])


def test_the_context_has_level_and_due_time() -> None:
    (report,) = promised(BROKEN).waits(DAY).reports
    assert report.context == {"due_at": START + 10 * HOUR, "level": "below"}


@pytest.mark.parametrize(("kept_at", "fired"), [(-1, []), (0, [(10 * HOUR, "m")]), (1, [(10 * HOUR, "m")])])
def test_kept_at_exactly_the_due_time_is_too_late(kept_at: int, fired: list[Any]) -> None:
    assert promised(BROKEN).meets(10 * HOUR + kept_at, "k", "kept", promise_id="p").waits(DAY).fired == fired


def test_inclusive_lets_the_due_time_in_and_fires_a_millisecond_later() -> None:
    body = BROKEN.replace("level: below", "level: below\n  inclusive: true")
    kept = promised(body).meets(10 * HOUR, "k", "kept", promise_id="p").waits(DAY).fired
    assert (kept, promised(body).waits(DAY).fired) == ([], [(10 * HOUR + 1, "m")])


def test_another_promise_that_is_kept_does_not_count() -> None:
    assert promised(BROKEN).meets(HOUR, "k", "kept", promise_id="q").waits(DAY).fired == [(10 * HOUR, "m")]


def test_a_change_moves_the_due_time_to_its_own() -> None:
    customer = promised(BROKEN).meets(HOUR, "c", "changed", promise_id="p", due_at=START + 20 * HOUR)
    assert customer.waits(DAY).fired == [(20 * HOUR, "m c")]


def test_a_change_can_bring_the_due_time_forward() -> None:
    customer = promised(BROKEN).meets(HOUR, "c", "changed", promise_id="p", due_at=START + 2 * HOUR)
    assert customer.waits(DAY).fired == [(2 * HOUR, "m c")]


def test_of_changes_out_of_order_the_newest_by_occurred_at_counts() -> None:
    customer = promised(BROKEN)
    customer.meets(2 * HOUR, "c2", "changed", promise_id="p", due_at=START + 20 * HOUR)
    customer.meets(1 * HOUR, "c1", "changed", promise_id="p", due_at=START + 5 * HOUR)
    assert customer.waits(DAY).fired[0][0] == 20 * HOUR


def test_a_cancelled_promise_is_over() -> None:
    assert promised(BROKEN).meets(HOUR, "x", "cancelled", promise_id="p").waits(DAY).fired == []


def test_it_fires_once_and_a_later_delivery_changes_nothing() -> None:
    customer = promised(BROKEN).waits(11 * HOUR).meets(12 * HOUR, "k", "kept", promise_id="p").waits(9 * DAY)
    assert customer.fired == [(10 * HOUR, "m")]


def test_a_due_time_that_is_past_when_it_arrives_waits_the_late_grace() -> None:
    customer = Customer(rule(BROKEN), late_grace_ms=MINUTE)
    customer.meets(0, "m", "made", clock=DAY, promise_id="p", due_at=START + HOUR)
    assert (customer.fired, customer.waits(DAY + MINUTE).fired) == ([], [(DAY + MINUTE, "m")])


def test_in_the_late_grace_the_rest_of_a_file_can_still_tell_that_it_was_kept() -> None:
    customer = Customer(rule(BROKEN), late_grace_ms=MINUTE)
    customer.meets(0, "m", "made", clock=DAY, promise_id="p", due_at=START + HOUR)
    customer.meets(HOUR - 1, "k", "kept", clock=DAY + 1, promise_id="p")
    assert customer.waits(2 * DAY).fired == []


@pytest.mark.parametrize(
    "due", [None, "2026-01-05", True, 1.5, START, START - 1, START // 1_000, START + 90 * DAY + 1, 2**62]
)
def test_what_is_no_due_time_makes_no_promise(due: Any) -> None:
    customer = Customer(rule(BROKEN)).meets(0, "m", "made", promise_id="p", due_at=due).waits(365 * DAY)
    assert (customer.fired, customer.size) == ([], 5)


def test_a_change_without_a_due_time_leaves_the_old_one() -> None:
    customer = promised(BROKEN).meets(HOUR, "c", "changed", promise_id="p")
    assert customer.waits(DAY).fired == [(10 * HOUR, "m")]


def test_the_farthest_due_time_is_at_most() -> None:
    assert promised(BROKEN, due=90 * DAY).waits(365 * DAY).fired == [(90 * DAY, "m")]


@pytest.mark.parametrize(
    ("late", "fired"),
    [(-1, []), (0, [(10 * HOUR, "m k")]), (HOUR - 1, [(11 * HOUR - 1, "m k")]), (HOUR, []), (HOUR + 1, [])],
)
def test_minimum_is_late_within_the_tolerance(late: int, fired: list[Any]) -> None:
    assert promised(MINIMUM).meets(10 * HOUR + late, "k", "kept", promise_id="p").waits(DAY).fired == fired


@pytest.mark.parametrize(
    ("early", "fired"), [(HOUR - 1, []), (HOUR, [(9 * HOUR, "m k")]), (HOUR + 1, [(9 * HOUR - 1, "m k")])]
)
def test_exceeded_is_early_by_at_least_so_much(early: int, fired: list[Any]) -> None:
    assert promised(EXCEEDED).meets(10 * HOUR - early, "k", "kept", promise_id="p").waits(DAY).fired == fired


def test_with_a_tolerance_it_is_broken_at_the_end_of_it() -> None:
    body = HEAD + "  level: below\n  tolerance: 1h\n" + BY
    assert promised(body).waits(DAY).fired == [(11 * HOUR, "m")]


@pytest.mark.parametrize(
    ("delivered", "level"),
    [(120, "exceeded"), (119, "met"), (100, "met"), (99, "minimum"), (90, "minimum"), (89, "below"), (None, None)],
)
def test_with_quantities_the_level_follows_from_them(delivered: int | None, level: str | None) -> None:
    body = f"{HEAD}  quantity: mbit\n  delivered: mbit\n  exceeded_by: 20%\n  tolerance: 10%\n"
    customer = Customer(rule(body + "  level: [below, minimum, met, exceeded]\n" + BY))
    customer.meets(0, "m", "made", promise_id="p", due_at=START + DAY, mbit=100)
    customer.meets(HOUR, "k", "kept", promise_id="p", mbit=delivered).waits(2 * DAY)
    assert [report.context["level"] for report in customer.reports] == ([] if level is None else [level])


def minimum_each(at: list[int], order: list[int] | None = None) -> Customer:
    """Promises of which each was kept at exactly its due time, in a given order."""
    customer = Customer(rule(THIRD))
    for number in order or range(len(at)):
        name = f"p{number}"
        customer.meets(at[number] - HOUR, f"m{number}", "made", promise_id=name, due_at=START + at[number])
        customer.meets(at[number], f"k{number}", "kept", promise_id=name)
    return customer


def test_the_third_minimum_fires_with_the_evidence_of_all_three() -> None:
    customer = minimum_each([DAY, 2 * DAY, 3 * DAY])
    assert (customer.fired, customer.reports[0].context["count"]) == ([(3 * DAY, "m0 k0 m1 k1 m2 k2")], 3)


@pytest.mark.parametrize(("last", "fired"), [(91 * DAY - 1, 1), (91 * DAY, 0)])
def test_at_exactly_the_window_the_first_minimum_no_longer_counts(last: int, fired: int) -> None:
    assert len(minimum_each([DAY, 2 * DAY, last]).fired) == fired


def test_kept_before_it_was_made_by_order_of_arrival_is_kept() -> None:
    customer = Customer(rule(BROKEN)).meets(2 * HOUR, "k", "kept", promise_id="p")
    customer.meets(HOUR, "m", "made", promise_id="p", due_at=START + 5 * HOUR)
    assert customer.waits(DAY).fired == []


def test_with_late_ignore_what_came_before_the_promise_is_not_remembered() -> None:
    customer = Customer(rule(BROKEN + "late: ignore\n")).meets(2 * HOUR, "k", "kept", promise_id="p")
    assert customer.size == 5


def test_the_end_of_a_former_promise_does_not_end_the_next() -> None:
    customer = promised(BROKEN).waits(11 * HOUR).meets(12 * HOUR, "k", "kept", promise_id="p")
    customer.meets(13 * HOUR, "m2", "made", promise_id="p", due_at=START + 15 * HOUR)
    assert customer.waits(DAY).fired == [(10 * HOUR, "m"), (15 * HOUR, "m2")]


def test_open_promises_are_capped_and_overflow_counted() -> None:
    customer = Customer(rule(BROKEN))
    for number in range(MAX_OPEN_PROMISES + 1):
        customer.meets(number, f"m{number}", "made", promise_id=number, due_at=START + DAY)
    assert (customer.state.overflow, len(customer.waits(2 * DAY).fired)) == (1, MAX_OPEN_PROMISES)


def test_results_are_capped() -> None:
    customer = minimum_each([number * HOUR + HOUR for number in range(MAX_PROMISE_RESULTS + 5)])
    assert (customer.state.overflow, customer.reports[-1].context["count"]) == (5, MAX_PROMISE_RESULTS)


parts = st.tuples(
    st.sampled_from(["made", "changed", "kept", "cancelled"]),
    st.integers(0, 30),
    st.integers(1, 30),
    st.sampled_from("pq"),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(parts, max_size=10))
def test_in_order_a_promise_is_what_its_plain_definition_says(log: list[tuple[str, int, int, str]]) -> None:
    log = sorted(log, key=lambda entry: entry[1])
    body = (
        HEAD
        + "  level: [below, minimum, met, exceeded]\n  tolerance: 5ms\n  exceeded_by: 3ms\n"
        + BY
        + "late: ignore\n"
    )
    customer = Customer(rule(body))
    expected: list[tuple[int, str]] = []
    open_until: dict[str, int] = {}
    for number, (part, at, ahead, name) in enumerate(log):
        customer.meets(at, str(number), part, promise_id=name, due_at=START + at + ahead)
        for broken in sorted((due + 5, key) for key, due in open_until.items() if due + 5 <= at):
            expected.append((broken[0], "below"))
            del open_until[broken[1]]
        due = open_until.get(name)
        if part == "made" or (part == "changed" and due is not None):
            open_until[name] = at + ahead
        elif due is not None and part in ("kept", "cancelled"):
            del open_until[name]
            if part == "kept":
                expected.append((at, "exceeded" if at <= due - 3 else "met" if at < due else "minimum"))
    customer.waits(1_000)
    expected += [(due + 5, "below") for due in sorted(open_until.values())]
    found = [(report.detected_at - START, report.context["level"]) for report in customer.reports]
    assert sorted(found) == sorted(expected)


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(st.sampled_from("pqrs"), st.tuples(st.integers(0, 9), st.integers(1, 20), st.integers(10, 60))),
    st.randoms(use_true_random=False),
)
def test_whether_a_promise_was_kept_does_not_depend_on_the_order_of_arrival(
    log: dict[str, tuple[int, int, int]], shuffler: Any
) -> None:
    arrivals = [(at, "made", name, at + ahead) for name, (at, ahead, _) in log.items()]
    arrivals += [(kept, "kept", name, 0) for name, (_, _, kept) in log.items()]
    shuffler.shuffle(arrivals)
    customer = Customer(rule(HEAD + "  level: [met, minimum]\n  tolerance: 10ms\n" + BY), late_grace_ms=1_000)
    for number, (at, part, name, due) in enumerate(arrivals):
        customer.meets(at, str(number), part, clock=60, promise_id=name, due_at=START + due)
    found = sorted(report.context["level"] for report in customer.reports)
    plain = [kept - at - ahead for at, ahead, kept in log.values()]
    assert found == sorted("met" if late < 0 else "minimum" for late in plain if late < 10)
