"""Sequences beyond plain order: quantifiers, branches, absences anywhere, what overlaps, what runs out of time."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection.memory import MAX_ATTEMPTS, MAX_BROKEN, MAX_SPENT, MAX_TAKEN
from streams.detection.operators import Pattern, Sequence
from tests.detection.timeline import DAY, HOUR, MINUTE, SECOND, Customer, rule


def sequence(steps: str, more: str = "", within: str = "  within: 1h\n", tail: str = "") -> str:
    listed = "".join(f"    - {{{step.strip()}}}\n" for step in steps.split(";"))
    return f"detect:\n  sequence:\n{listed}{within}{more}{tail}"


def found(body: str, line: str, late_grace_ms: int = MINUTE) -> list[str]:
    """Evidence of what fires on a line of touchpoints like ``a b1 c``: type and number, one a second."""
    customer = Customer(rule(body), late_grace_ms=late_grace_ms)
    for second, word in enumerate(line.split()):
        customer.meets(second * SECOND, word, word.rstrip("0123456789"), n=int("0" + word.lstrip("abcdefxyz")))
    return [evidence for _, evidence in customer.fired]


A_ANY_B = "start: {type: a}; followed_by_any: {type: b}"


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        ("no_skip", ["a1 b1", "a1 b2", "a2 b2"]),
        ("skip_to_next", ["a1 b1", "a2 b2"]),
        ("skip_past_last", ["a1 b1", "a2 b2"]),
    ],
)
def test_followed_by_any_branches_as_far_as_the_skip_lets_it(skip: str, expected: list[str]) -> None:
    assert found(sequence(A_ANY_B, f"  skip: {skip}\n"), "a1 b1 a2 b2") == expected


def test_followed_by_takes_the_next_one_only() -> None:
    assert found(sequence("start: {type: a}; followed_by: {type: b}", "  skip: no_skip\n"), "a b1 b2") == ["a b1"]


@pytest.mark.parametrize(
    ("times", "line", "expected"),
    [
        ("times: 2", "c a1 a2 a3 b", ["c a1 a2 b"]),
        ("times: 2, consecutive: true", "c a1 x a2 b", []),
        ("times: 2, consecutive: true", "c a1 a2 x b", ["c a1 a2 b"]),
        ("times: 2, combinations: true", "c a1 a2 a3 b", ["c a1 a2 b", "c a1 a3 b"]),
        ("times: {at_least: 1, at_most: 2}", "c a1 a2 a3 b", ["c a1 a2 b", "c a1 b"]),
        ("times: {at_least: 1, at_most: 2}, greedy: true", "c a1 a2 b", ["c a1 a2 b"]),
        ("times: {at_least: 1}", "c a1 a2 b", ["c a1 a2 b", "c a1 b"]),
        ("times: {at_least: 1}, greedy: true", "c a1 a2 a3 b", ["c a1 a2 a3 b"]),
        ("optional: true", "c a b", ["c a b", "c b"]),
        ("optional: true", "c b", ["c b"]),
        ("times: {at_least: 0, at_most: 2}, greedy: true", "c b", ["c b"]),
        ("times: {at_least: 2}, greedy: true", "c a b", []),
    ],
)
def test_a_step_comes_as_often_as_its_quantifier_says(times: str, line: str, expected: list[str]) -> None:
    body = sequence(
        f"start: {{type: c}}; followed_by: {{type: a}}, {times}; followed_by: {{type: b}}", "  skip: no_skip\n"
    )
    assert sorted(found(body, line)) == sorted(expected)


@pytest.mark.parametrize(
    ("line", "expected"), [("c a1 a2 a9 b", ["c a1 a2 b"]), ("c a9 a1 b", ["c b"]), ("c a1 x9 a2 b", ["c a1 b"])]
)
def test_until_ends_a_loop_and_wins_a_tie(line: str, expected: list[str]) -> None:
    loop = "followed_by: {type: a}, times: {at_least: 0}, greedy: true, until: {n: 9}"
    assert (
        found(sequence(f"start: {{type: c}}; {loop}; followed_by: {{type: b}}", "  skip: no_skip\n"), line) == expected
    )


def test_the_first_step_may_be_optional() -> None:
    body = sequence("start: {type: c}, optional: true; followed_by: {type: b}", "  skip: no_skip\n")
    assert found(body, "c b") == ["c b", "b"]


@pytest.mark.parametrize(("line", "expected"), [("a c", ["a c"]), ("a b c", []), ("a x b c", ["a c"])])
def test_not_next_forbids_only_the_very_next_touchpoint(line: str, expected: list[str]) -> None:
    assert found(sequence("start: {type: a}; not_next: {type: b}; followed_by: {type: c}"), line) == expected


def test_what_must_not_follow_a_loop_must_not_come_inside_it() -> None:
    body = sequence("start: {type: a}, times: 2; not_followed_by: {type: x}; followed_by: {type: c}")
    assert (found(body, "a1 x a2 c"), found(body, "a1 a2 c")) == ([], ["a1 a2 c"])


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        ("skip_past_last", ["a1 a2 a3", "a4 a5 a6"]),
        ("no_skip", ["a1 a2 a3", "a2 a3 a4", "a3 a4 a5", "a4 a5 a6"]),
        ("skip_to_next", ["a1 a2 a3", "a2 a3 a4", "a3 a4 a5", "a4 a5 a6"]),
    ],
)
def test_after_a_match_the_skip_says_what_may_overlap(skip: str, expected: list[str]) -> None:
    assert found(sequence("start: {type: a}, times: 3", f"  skip: {skip}\n"), "a1 a2 a3 a4 a5 a6") == expected


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        ("skip_to_first: second", ["a b1 b2 c", "b1 b2 c", "b2 c"]),
        ("skip_to_last: second", ["a b1 b2 c", "b2 c"]),
        ("skip_to_last: third", ["a b1 b2 c"]),
    ],
)
def test_the_next_match_may_begin_at_a_named_step(skip: str, expected: list[str]) -> None:
    steps = "start: {type: a}, optional: true; followed_by: {type: b}, name: second, times: {at_least: 1}, greedy: true"
    body = sequence(f"{steps}; followed_by: {{type: c}}, name: third", f"  skip: {{{skip}}}\n")
    assert found(body, "a b1 b2 c") == expected


@pytest.mark.parametrize("skip", ["skip_to_next", "{skip_to_last: second}", "no_skip"])
def test_an_earlier_beginning_may_complete_after_a_later_one(skip: str) -> None:
    steps = (
        "start: {type: a}, name: first; followed_by: {type: c}, name: second; followed_by: {type: b, n: {last: first}}"
    )
    assert found(sequence(steps, f"  skip: {skip}\n"), "a1 c1 a2 c2 b2 b1") == ["a2 c2 b2", "a1 c1 b1"]


@pytest.mark.parametrize(
    ("every", "expected"),
    [("first_step", ["a1 b1", "a2 b1", "a3 b3"]), ("whole", ["a1 b1", "a3 b3"]), ("once", ["a1 b1"])],
)
def test_every_says_when_a_match_may_begin(every: str, expected: list[str]) -> None:
    body = sequence("start: {type: a}; followed_by: {type: b}", f"  skip: no_skip\n  every: {every}\n")
    assert found(body, "a1 a2 b1 b2 a3 b3") == expected


def test_whole_begins_anew_once_the_time_of_the_last_is_over() -> None:
    body = sequence("start: {type: a}; followed_by: {type: b}", "  every: whole\n", "  within: 2s\n")
    assert found(body, "a1 x a2 b") == ["a2 b"]


def test_once_is_once_for_each_correlation() -> None:
    body = sequence("start: {type: a}; followed_by: {type: b}", "  every: once\n", tail="by: [k]\n")
    customer = Customer(rule(body))
    for number in range(3):
        for key in "pq":
            customer.meets(number, f"a{number}{key}", "a", k=key).meets(number, f"b{number}{key}", "b", k=key)
    assert customer.fired == [(0, "a0p b0p"), (0, "a0q b0q")]


def test_once_counts_a_first_attempt_that_came_to_nothing() -> None:
    body = sequence("start: {type: a}; not_next: {type: x}; followed_by: {type: b}", "  every: once\n")
    assert found(body, "a1 x a2 b") == []


def test_correlations_that_had_their_attempt_are_capped_and_counted() -> None:
    body = sequence("start: {type: a}; followed_by: {type: b}", "  every: once\n", "  within: 1ms\n", "by: [k]\n")
    customer = Customer(rule(body))
    for number in range(MAX_SPENT + 5):
        customer.meets(number, f"a{number}", "a", k=number)
    memory: Any = customer.state.rules["test.rule"].memory
    assert (len(memory.spent), customer.state.overflow) == (MAX_SPENT, 1)


@pytest.mark.parametrize(("gap", "expected"), [(HOUR - 1, 1), (HOUR, 0), (HOUR + 1, 0)])
def test_the_end_of_a_step_s_own_window_is_out(gap: int, expected: int) -> None:
    body = sequence(
        "start: {type: a}; followed_by: {type: b}, within: 1d; followed_by: {type: c}, within: 1h", within=""
    )
    customer = Customer(rule(body)).meets(0, "a", "a").meets(DAY - 1, "b", "b").meets(DAY - 1 + gap, "c", "c")
    assert len(customer.fired) == expected


@pytest.mark.parametrize(("span", "expected"), [(HOUR - 1, (1, 1)), (HOUR, (0, 1)), (HOUR + 1, (0, 0))])
def test_the_end_of_the_window_is_out_unless_inclusive(span: int, expected: tuple[int, int]) -> None:
    fired = []
    for inclusive in ("", "  inclusive: true\n"):
        customer = Customer(rule(sequence(A_ANY_B, inclusive))).meets(0, "a", "a").meets(span, "b", "b")
        fired.append(len(customer.fired))
    assert tuple(fired) == expected


MIDDLE = sequence("start: {type: a}; not_followed_by: {type: x}, for: 10s; followed_by: {type: b}")


@pytest.mark.parametrize(
    ("x", "b", "expected"),
    [
        (None, 10 * SECOND, 1),
        (None, 10 * SECOND - 1, 0),
        (10 * SECOND - 1, 20 * SECOND, 0),
        (10 * SECOND, 20 * SECOND, 1),
    ],
)
def test_an_absence_in_the_middle_lasts_its_time_and_only_then_the_step_counts(
    x: int | None, b: int, expected: int
) -> None:
    customer = Customer(rule(MIDDLE)).meets(0, "a", "a")
    if x is not None:
        customer.meets(x, "x", "x")
    assert len(customer.meets(b, "b", "b").fired) == expected


LEADING = sequence("not_before: {type: x}, for: 10s; start: {type: b}", "  every: whole\n", "  within: 1s\n")
COMING_BACK = (
    "detect:\n  sequence:\n    - not_before: {type: app}\n      for: 30d\n    - start: {type: app}\n  every: whole\n"
)


@pytest.mark.parametrize(("at", "expected"), [(10 * SECOND - 1, 0), (10 * SECOND, 1), (10 * SECOND + 1, 1)])
def test_an_absence_before_the_start_lasts_its_time(at: int, expected: int) -> None:
    customer = Customer(rule(LEADING)).meets(0, "other", "other").meets(SECOND, "x", "x")
    assert len(customer.meets(SECOND + at, "b", "b").fired) == expected


def test_what_happened_before_the_first_touchpoint_is_not_known() -> None:
    customer = Customer(rule(LEADING)).meets(0, "b1", "b").meets(9 * SECOND, "b2", "b").meets(10 * SECOND, "b3", "b")
    assert customer.fired == [(10 * SECOND, "b3")]


def test_coming_back_after_a_month() -> None:
    customer = Customer(rule(COMING_BACK)).meets(0, "a1", "app").meets(DAY, "a2", "app").meets(31 * DAY, "a3", "app")
    assert customer.meets(32 * DAY, "a4", "app").fired == [(31 * DAY, "a3")]


def test_a_customer_who_may_come_back_is_not_forgotten() -> None:
    customer = Customer(rule(COMING_BACK)).meets(0, "a1", "app")
    customer.state.prune(customer.clock + 300 * DAY)
    assert customer.meets(300 * DAY, "a2", "app").fired == [(300 * DAY, "a2")]


def test_correlations_that_broke_an_absence_are_capped_on_the_safe_side() -> None:
    customer = Customer(rule(COMING_BACK + "by: [k]\n"))
    for number in range(MAX_BROKEN + 1):
        customer.meets(number, f"a{number}", "app", k=number)
    overflow = customer.state.overflow
    customer.meets(30 * DAY - 1, "early", "app", k=0).meets(60 * DAY, "back", "app", k=0)
    assert (overflow, customer.fired) == (1, [(60 * DAY, "back")])


REPEATED = (
    "detect:\n  sequence:\n    - start: {type: a}\n    - not_followed_by: {type: x}\n      for: 10s\n      repeat: 3\n"
)


def test_a_repeating_absence_fires_after_each_further_time_up_to_its_number() -> None:
    customer = Customer(rule(REPEATED)).meets(0, "a", "a").waits(DAY)
    assert (customer.fired, [report.n for report in customer.reports]) == (
        [(10 * SECOND, "a"), (20 * SECOND, "a"), (30 * SECOND, "a")],
        [1, 2, 3],
    )


@pytest.mark.parametrize(("at", "fired"), [(20 * SECOND - 1, 1), (20 * SECOND, 2)])
def test_a_repeating_absence_ends_when_it_is_broken(at: int, fired: int) -> None:
    customer = Customer(rule(REPEATED)).meets(0, "a", "a").meets(at, "x", "x").waits(DAY)
    assert len(customer.fired) == fired


THREE = "start: {type: a}; followed_by: {type: b}, name: booked; followed_by: {type: c}"


@pytest.mark.parametrize(("line", "reached"), [("a", "start"), ("a b", "booked"), ("a b c", None), ("a x", "start")])
def test_time_that_runs_out_is_a_moment_with_the_step_reached(line: str, reached: str | None) -> None:
    customer = Customer(rule(sequence(THREE, "  report: unfinished\n")))
    for second, word in enumerate(line.split()):
        customer.meets(second * SECOND, word, word)
    customer.waits(HOUR - 1)
    early = len(customer.fired)
    customer.waits(HOUR)
    contexts = [(at, report.context) for (at, _), report in zip(customer.fired, customer.reports, strict=True)]
    assert (early, contexts) == (0, [] if reached is None else [(HOUR, {"reached": reached})])


def test_both_reports_matches_and_what_ran_out_of_time() -> None:
    customer = (
        Customer(rule(sequence(THREE, "  report: both\n"))).meets(0, "a", "a").meets(1, "b", "b").meets(2, "c", "c")
    )
    customer.meets(SECOND, "a2", "a").waits(DAY)
    assert customer.fired == [(2, "a b c"), (SECOND + HOUR, "a2")]


def test_cancelled_by_ends_a_partial_match() -> None:
    body = sequence(THREE, "  report: unfinished\n  cancelled_by: {type: x}\n")
    assert Customer(rule(body)).meets(0, "a", "a").meets(1, "x", "x").waits(DAY).fired == []


RISING = sequence("start: {type: bill}, name: one; followed_by: {type: bill, n|gt: {last: one}}, name: two")


def test_a_step_can_be_compared_with_an_earlier_one() -> None:
    customer = Customer(rule(RISING)).meets(0, "a", "bill", n=5).meets(1, "b", "bill", n=5).meets(2, "c", "bill", n=6)
    assert customer.fired == [(2, "a c")]


@pytest.mark.parametrize("value", [None, "6", True])
def test_a_comparison_with_what_is_missing_or_no_number_is_false(value: Any) -> None:
    first = Customer(rule(RISING)).meets(0, "a", "bill", n=value).meets(1, "b", "bill", n=6)
    second = Customer(rule(RISING)).meets(0, "a", "bill", n=5).meets(1, "b", "bill", n=value)
    assert (first.fired, second.fired) == ([], [])


def test_a_loop_can_be_compared_with_itself() -> None:
    falling = "any: [{n|lt: {last: down}}, {not: {event_id|ne: {last: down}}}]"
    body = sequence(f"start: {{{falling}}}, name: down, times: {{at_least: 3}}, consecutive: true; next: {{type: e}}")
    assert found(body, "d5 d4 d04 d3 d2 e") == ["d04 d3 d2 e"]


def test_what_is_compared_is_no_context() -> None:
    customer = Customer(rule(RISING)).meets(0, "a", "bill", n=5).meets(1, "b", "bill", n=6)
    assert customer.reports[0].context == {}


def test_touchpoints_of_another_correlation_are_passed_over() -> None:
    body = sequence("start: {type: a}, times: 2; followed_by: {type: b}", tail="by: [k]\n")
    customer = Customer(rule(body))
    for number, (kind, key) in enumerate([("a", 1), ("a", 2), ("b", 1), ("a", 1), ("b", 2), ("b", 1)]):
        customer.meets(number, f"{kind}{number}", kind, k=key)
    assert customer.fired == [(5, "a0 a3 b5")]


def test_a_late_touchpoint_takes_no_step_that_lies_before_another_one() -> None:
    steps = "start: {type: a}; followed_by: {type: b}, optional: true; followed_by: {type: c}"
    for late in ("", "late: apply\n"):
        customer = Customer(rule(sequence(steps, "  skip: no_skip\n", tail=late)))
        customer.meets(0, "a", "a").meets(10, "b", "b").meets(5, "c", "c")
        assert [evidence for _, evidence in customer.fired] == ["a c"]


def test_late_touchpoints_of_a_repeated_step_count_where_the_rule_applies_them() -> None:
    steps = "start: {type: a}; followed_by: {type: b}, times: 3"
    fired = []
    for late in ("", "late: apply\n"):
        customer = Customer(rule(sequence(steps, tail=late)))
        customer.meets(0, "a", "a").meets(2, "b", "b").meets(4, "b2", "b").meets(3, "b3", "b")
        fired.append([evidence for _, evidence in customer.fired])
    assert fired == [[], ["a b b3 b2"]]


def test_what_occurred_before_the_opening_is_no_part_of_it() -> None:
    customer = Customer(rule(sequence(A_ANY_B, tail="late: apply\n"))).meets(10, "a", "a").meets(9, "b", "b")
    assert customer.fired == []


def test_partial_matches_are_capped_and_overflow_counted() -> None:
    body = sequence("start: {type: a}; followed_by_any: {type: a}; followed_by: {type: z}", "  skip: no_skip\n")
    customer = Customer(rule(body))
    for number in range(40):
        customer.meets(number, f"a{number}", "a")
    memory: Any = customer.state.rules["test.rule"].memory
    assert (len(memory.attempts), customer.state.overflow > 0) == (MAX_ATTEMPTS, True)


def test_a_long_loop_keeps_its_opening_and_its_newest() -> None:
    body = sequence("start: {type: a}, times: {at_least: 1}, greedy: true; followed_by: {type: z}", "  every: whole\n")
    customer = Customer(rule(body))
    for number in range(200):
        customer.meets(number, f"a{number}", "a")
    customer.meets(200, "z", "z")
    evidence = customer.fired[0][1].split()
    assert (evidence[0], evidence[-2:], customer.state.overflow) == ("a0", ["a199", "z"], 200 - MAX_TAKEN)


def test_no_moment_of_one_opening_has_the_number_of_another() -> None:
    customer = Customer(rule(sequence(A_ANY_B, "  skip: no_skip\n"))).meets(0, "a", "a")
    for number in range(5):
        customer.meets(number + 1, f"b{number}", "b")
    assert [report.n for report in customer.reports] == [1, 2, 3, 4, 5]


RETRIES = "start: {type: a}; followed_by: {type: b}, times: {at_least: 2}, greedy: true"


@pytest.mark.parametrize(
    ("more", "line", "expected"),
    [
        (", consecutive: true", "a b1 b2 b3 x", ["a b1 b2 b3"]),
        (", consecutive: true", "a b1 b2 b3", []),
        (", consecutive: true", "a b1 x b2 b3 x", []),
        (", until: {type: x}", "a b1 c b2 x b3", ["a b1 b2"]),
        (", until: {type: x}", "a b1 x b2", []),
        ("", "a b1 b2 x b3", []),
    ],
)
def test_a_greedy_end_waits_until_it_can_take_no_more(more: str, line: str, expected: list[str]) -> None:
    assert found(sequence(RETRIES + more), line) == expected


def test_a_greedy_end_that_nothing_breaks_is_complete_when_time_is_up() -> None:
    customer = Customer(rule(sequence(RETRIES))).meets(0, "a", "a")
    for number in range(3):
        customer.meets(number, f"b{number}", "b")
    customer.waits(HOUR - 1)
    early = customer.fired
    assert (early, customer.waits(HOUR).fired) == ([], [(HOUR, "a b0 b1 b2")])


def test_a_greedy_end_is_complete_at_its_most() -> None:
    body = sequence("start: {type: a}; followed_by: {type: b}, times: {at_least: 1, at_most: 2}, greedy: true")
    assert found(body, "a b1 b2") == ["a b1 b2"]


@pytest.mark.parametrize("every", ["whole", "once"])
def test_whole_and_once_make_one_match_of_a_beginning(every: str) -> None:
    body = sequence(A_ANY_B, f"  skip: no_skip\n  every: {every}\n")
    assert found(body, "a b1 b2") == ["a b1"]


letters = st.lists(st.sampled_from("abcx"), max_size=10)


@settings(max_examples=300, deadline=None)
@given(letters, st.integers(2, 6))
def test_any_order_of_steps_is_every_way_to_choose_them(line: list[str], within: int) -> None:
    steps = "start: {type: a}; followed_by_any: {type: b}; followed_by_any: {type: c}"
    customer = Customer(rule(sequence(steps, "  skip: no_skip\n", f"  within: {within}ms\n")))
    for at, letter in enumerate(line):
        customer.meets(at, str(at), letter)
    expected = [
        chosen
        for chosen in combinations(range(len(line)), 3)
        if [line[at] for at in chosen] == ["a", "b", "c"] and chosen[-1] - chosen[0] < within
    ]
    assert sorted(evidence for _, evidence in customer.fired) == sorted(" ".join(map(str, one)) for one in expected)


@settings(max_examples=300, deadline=None)
@given(letters, st.integers(1, 3), st.integers(1, 2), st.booleans())
def test_a_consecutive_loop_is_the_regular_expression(line: list[str], least: int, more: int, greedy: bool) -> None:
    loop = f"start: {{type: a}}, times: {{at_least: {least}, at_most: {least + more}}}, consecutive: true"
    if greedy:
        loop += ", greedy: true"
    body = sequence(f"{loop}; next: {{type: b}}", "  skip: no_skip\n")
    customer = Customer(rule(body))
    for at, letter in enumerate(line):
        customer.meets(at, str(at), letter)
    expected = [
        " ".join(map(str, range(begin, begin + count + 1)))
        for begin in range(len(line))
        for count in range(least, least + more + 1)
        if line[begin : begin + count + 1] == ["a"] * count + ["b"]
    ]
    assert sorted(evidence for _, evidence in customer.fired) == sorted(expected)


PLAIN = [
    "start: {type: a}; followed_by: {type: b}",
    "start: {type: a}; next: {type: b}; followed_by: {type: c}",
    "start: {type: a}; not_followed_by: {type: x}; followed_by: {type: b}; followed_by: {type: c}",
    "start: {type: a}; followed_by: {type: b}; not_followed_by: {type: c}, for: 4ms",
    "start: {type: a}; followed_by: {type: b}; not_followed_by: {type: c}",
    "start: {type: a}; followed_by: {type: a}; followed_by: {type: b}, same: []",
]
events = st.lists(
    st.tuples(st.sampled_from([0, 1, 1, 2, 5, -3]), st.sampled_from("abcx"), st.sampled_from("pq")), max_size=14
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(PLAIN), events, st.booleans(), st.sampled_from(["ignore", "apply"]))
def test_a_pattern_with_plain_steps_is_the_plain_sequence(
    steps: str, log: list[tuple[int, str, str]], inclusive: bool, late: str
) -> None:
    body = sequence(steps, "  inclusive: true\n" if inclusive else "", "  within: 8ms\n", f"by: [k]\nlate: {late}\n")
    plain = rule(body)
    # The longest window of a step changes nothing, and is more than the plain sequence can say.
    whole = rule(
        body.replace("followed_by: {type: b}", "followed_by: {type: b}, within: 366d").replace(
            "next: {type: b}", "next: {type: b}, within: 366d"
        )
    )
    assert isinstance(plain.detect, Sequence)
    assert isinstance(whole.detect, Pattern)
    one, other = Customer(plain, late_grace_ms=3), Customer(whole, late_grace_ms=3)
    at = 0
    for number, (change, letter, key) in enumerate(log):
        at = max(at + change, 0)
        one.meets(at, str(number), letter, k=key)
        other.meets(at, str(number), letter, k=key)
    assert one.waits(100).fired == other.waits(100).fired


gapped = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abx"), st.sampled_from("pq")), max_size=12)


@settings(max_examples=400, deadline=None)
@given(gapped)
def test_an_absence_before_the_start_is_the_plain_silence(log: list[tuple[int, str, str]]) -> None:
    steps = "not_before: {type: x}, for: 5ms; start: {type: a}; next: {type: b}, same: []"
    customer = Customer(rule(sequence(steps, "  skip: no_skip\n", tail="by: [k]\n")))
    times = []
    at = 0
    expected = []
    for number, (gap, kind, key) in enumerate(log):
        at += gap
        times.append(at)
        customer.meets(at, str(number), kind, k=key)
        if number and kind == "b" and log[number - 1][1] == "a":
            opening, of_key = times[number - 1], log[number - 1][2]
            broken = [
                times[place]
                for place in range(number - 1)
                if log[place][1] == "x" and log[place][2] == of_key and times[place] > opening - 5
            ]
            if not broken and opening - times[0] >= 5:
                expected.append((at, f"{number - 1} {number}"))
    assert customer.fired == expected


@settings(max_examples=400, deadline=None)
@given(gapped)
def test_an_absence_in_the_middle_is_the_plain_silence(log: list[tuple[int, str, str]]) -> None:
    steps = "start: {type: a}; not_followed_by: {type: x}, for: 5ms; followed_by: {type: b}"
    customer = Customer(rule(sequence(steps, "  skip: no_skip\n", "  within: 1h\n", "by: [k]\n")))
    times: list[int] = []
    at = 0
    expected: list[tuple[int, str]] = []
    waiting: list[int] = []
    for number, (gap, kind, key) in enumerate(log):
        at += gap
        times.append(at)
        customer.meets(at, str(number), kind, k=key)
        mine = [one for one in waiting if log[one][2] == key]
        if kind == "x":
            waiting = [one for one in waiting if one not in mine or at - times[one] >= 5]
        elif kind == "b":
            ready = [one for one in mine if at - times[one] >= 5]
            expected += [(at, f"{one} {number}") for one in ready]
            waiting = [one for one in waiting if one not in ready]
        else:
            waiting.append(number)
    assert customer.fired == expected


@settings(max_examples=300, deadline=None)
@given(gapped, st.sampled_from(["unfinished", "both"]))
def test_what_runs_out_of_time_and_what_completes_is_every_beginning(
    log: list[tuple[int, str, str]], report: str
) -> None:
    steps = "start: {type: a}; followed_by: {type: b}"
    body = sequence(steps, f"  skip: no_skip\n  report: {report}\n", "  within: 7ms\n", "by: [k]\n")
    customer = Customer(rule(body))
    at = 0
    times: list[int] = []
    for number, (gap, kind, key) in enumerate(log):
        at += gap
        times.append(at)
        customer.meets(at, str(number), kind, k=key)
    expected: list[tuple[int, str]] = []
    for number, (_, kind, key) in enumerate(log):
        if kind != "a":
            continue
        ends = [
            place
            for place in range(number + 1, len(log))
            if log[place][1:] == ("b", key) and times[place] < times[number] + 7
        ]
        if not ends:
            expected.append((times[number] + 7, str(number)))
        elif report == "both":
            expected.append((times[ends[0]], f"{number} {ends[0]}"))
    assert sorted(customer.waits(1_000).fired) == sorted(expected)
