"""Sums, means, trends and the mean of the last few."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection.memory import MAX_SERIES_ENTRIES
from tests.detection.timeline import DAY, HOUR, Customer, rule

SUM = "detect: {sum: v, of: {type: t}, at_least: 10, within: 1d}\n"
MEAN = "detect: {mean: v, of: {type: t}, at_most: 2, count_at_least: 3, within: 1d}\n"
FALLING = "detect: {falling: v, of: {type: t}, in_a_row: 3, within: 30d}\n"
RISING = FALLING.replace("falling", "rising")
SHOCK = "detect: {baseline: v, of: {type: t}, last: 3, more_than: 50%, within: 300d}\n"
DROP = SHOCK.replace("more_than", "less_than")


def run(body: str, values: list[Any], step: int = HOUR) -> Customer:
    """A touchpoint for each value, one ``step`` apart."""
    customer = Customer(rule(body))
    for number, value in enumerate(values):
        customer.meets(number * step, f"e{number}", "t", v=value)
    return customer


@pytest.mark.parametrize(
    ("body", "values", "fired"),
    [
        (SUM, [4, 6], ["e0 e1"]),
        (SUM, [4, 5.9], []),
        (SUM, [12, -3, 1], ["e0", "e0 e1 e2"]),
        (SUM, [4, None, "6", True, 6], ["e0 e4"]),
        (MEAN, [2, 2], []),
        (MEAN, [1, 2, 3], ["e0 e1 e2"]),
        (MEAN, [1, 2, 4], []),
        (FALLING, [5, 4, 3], ["e0 e1 e2"]),
        (FALLING, [5, 4, 4, 3], []),
        (FALLING, [5, 4, 3, 2], ["e0 e1 e2", "e1 e2 e3"]),
        (FALLING, [3, 5, 4, 3], ["e1 e2 e3"]),
        (FALLING, [5, 4, None, 3], ["e0 e1 e3"]),
        (RISING, [1, 2, 2.5], ["e0 e1 e2"]),
        (SHOCK, [100, 100, 100, 150], []),
        (SHOCK, [100, 100, 100, 151], ["e0 e1 e2 e3"]),
        (SHOCK, [100, 100, 999], []),
        (SHOCK, [0, 0, 0, 50], []),
        (SHOCK, [-10, -10, -10, 50], []),
        (SHOCK, [500, 100, 100, 100, 151], ["e1 e2 e3 e4"]),
        (DROP, [100, 100, 100, 50], []),
        (DROP, [100, 100, 100, 49], ["e0 e1 e2 e3"]),
    ],
)
def test_it_fires_as_its_definition_says(body: str, values: list[Any], fired: list[str]) -> None:
    assert [evidence for _, evidence in run(body, values).fired] == fired


@pytest.mark.parametrize(
    ("body", "values", "context"),
    [
        (SUM, [4, 7], {"sum": 11}),
        (MEAN, [1, 1, 2], {"mean": 4 / 3}),
        (FALLING, [5, 4, 3], {"first": 5, "last": 3}),
        (SHOCK, [90, 100, 110, 200], {"mean": 100.0, "value": 200}),
    ],
)
def test_the_context_has_the_numbers(body: str, values: list[Any], context: dict[str, Any]) -> None:
    assert run(body, values).reports[-1].context == context


@pytest.mark.parametrize(
    ("body", "values", "within"),
    [(SUM, [4, 6], DAY), (FALLING, [5, 4, 3], 30 * DAY), (SHOCK, [1, 1, 1, 9], 300 * DAY)],
)
@pytest.mark.parametrize(("after", "fires"), [(-1, (True, True)), (0, (False, True)), (1, (False, False))])
def test_the_end_of_the_window_is_out_unless_inclusive(
    body: str, values: list[int], within: int, after: int, fires: tuple[bool, bool]
) -> None:
    found = []
    for inclusive in (body, body.replace("within", "inclusive: true, within")):
        customer = Customer(rule(inclusive))
        for number, value in enumerate(values[:-1]):
            customer.meets(number if number else 0, f"e{number}", "t", v=value)
        customer.meets(within + after, "last", "t", v=values[-1])
        found.append(bool(customer.fired))
    assert tuple(found) == fires


def test_correlations_do_not_mix() -> None:
    customer = Customer(rule(FALLING + "by: [k]\n"))
    for number, (key, value) in enumerate([("p", 5), ("q", 4), ("p", 4), ("q", 5), ("p", 3)]):
        customer.meets(number, f"e{number}", "t", k=key, v=value)
    assert customer.fired == [(4, "e0 e2 e4")]


def test_a_late_touchpoint_completes_the_run_that_it_lies_in() -> None:
    customer = Customer(rule(FALLING)).meets(0, "a", "t", v=5).meets(20, "c", "t", v=3).meets(10, "b", "t", v=4)
    assert customer.fired == [(20, "a b c")]


def test_with_late_ignore_it_does_not() -> None:
    customer = Customer(rule(FALLING + "late: ignore\n")).meets(0, "a", "t", v=5).meets(20, "c", "t", v=3)
    assert customer.meets(10, "b", "t", v=4).fired == []


def test_entries_are_capped_and_overflow_counted() -> None:
    customer = run(SUM.replace("10", "1000000"), [1] * (MAX_SERIES_ENTRIES + 7), step=1)
    memory: Any = customer.state.rules["test.rule"].memory
    assert (len(memory.refs), customer.state.overflow) == (MAX_SERIES_ENTRIES, 7)


logs = st.lists(st.tuples(st.integers(0, 40), st.integers(-3, 6)), max_size=12)


@settings(max_examples=400, deadline=None)
@given(logs, st.booleans(), st.booleans())
def test_a_sum_fires_if_any_window_that_holds_the_touchpoint_reaches_the_limit(
    log: list[tuple[int, int]], inclusive: bool, mean: bool
) -> None:
    word = "mean" if mean else "sum"
    body = f"detect: {{{word}: v, of: {{type: t}}, at_least: 3, within: 10ms, inclusive: {str(inclusive).lower()}}}"
    customer = Customer(rule(body), allowed_lateness_ms=40)
    for number, (at, value) in enumerate(log):
        before = len(customer.reports)
        customer.meets(at, str(number), "t", v=value)
        arrived = [*log[:number], (at, value)]
        ends = [end for end, _ in arrived if end - 10 < at <= end or (inclusive and at == end - 10)]
        sums = []
        for end in ends:
            window = [v for t, v in arrived if end - 10 < t <= end or (inclusive and t == end - 10)]
            sums.append(sum(window) / len(window) if mean else sum(window))
        plain = any(one >= 3 for one in sums)
        # Of touchpoints at one time each is an end of its own: the last of them ends the whole window.
        partial = len({t for t, _ in arrived}) < len(arrived)
        assert (len(customer.reports) > before) == plain or partial


@settings(max_examples=400, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=12), st.integers(2, 4))
def test_a_trend_is_so_many_in_a_row(values: list[int], in_a_row: int) -> None:
    customer = run(FALLING.replace("in_a_row: 3", f"in_a_row: {in_a_row}"), values, step=1)
    expected = []
    for end in range(in_a_row - 1, len(values)):
        last = values[end + 1 - in_a_row : end + 1]
        if all(last[i + 1] < last[i] for i in range(in_a_row - 1)):
            expected.append((end, " ".join(f"e{place}" for place in range(end + 1 - in_a_row, end + 1))))
    assert customer.fired == expected


@settings(max_examples=400, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=10), st.booleans())
def test_a_baseline_is_the_plain_mean_of_those_before(values: list[int], above: bool) -> None:
    customer = run(SHOCK if above else DROP, values, step=1)
    expected = []
    for place in range(3, len(values)):
        mean3 = sum(values[place - 3 : place])
        beyond = values[place] * 6 > mean3 * 3 if above else values[place] * 6 < mean3
        if mean3 > 0 and beyond:
            expected.append(place)
    assert [at for at, _ in customer.fired] == expected
