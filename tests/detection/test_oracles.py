"""Windows and absences against plain definitions of what they mean."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detection.timeline import Customer, rule

WITHIN = 10
"""Window of these tests, ms; times are small numbers so that edges and ties are common."""

times = st.lists(st.integers(0, 40), max_size=14)
flags = st.booleans()


def inside(at: int, end: int, inclusive: bool) -> bool:
    """Whether ``at`` lies in the window that ends at ``end``."""
    return end - WITHIN < at <= end or (inclusive and at == end - WITHIN)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("xy")), max_size=14), st.integers(2, 4), flags, flags)
def test_count_in_order_is_the_plain_count(
    log: list[tuple[int, str]], at_least: int, inclusive: bool, grouped: bool
) -> None:
    log = sorted(log, key=lambda entry: entry[0])
    body = (
        f"detect: {{count: {{type: t}}, at_least: {at_least}, within: {WITHIN}ms, inclusive: {str(inclusive).lower()}}}"
    )
    customer = Customer(rule(body + ("\nby: [x]" if grouped else "")), allowed_lateness_ms=0)
    expected = []
    for number, (at, group) in enumerate(log):
        customer.meets(at, str(number), "t", x=group)
        window = [
            str(place)
            for place, (other, other_group) in enumerate(log[: number + 1])
            if inside(other, at, inclusive) and (not grouped or other_group == group)
        ]
        if len(window) >= at_least:
            expected.append((at, " ".join(window)))
    assert customer.fired == expected


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ABC")), max_size=14), st.integers(2, 3))
def test_distinct_in_order_is_the_plain_number_of_values(log: list[tuple[int, str]], at_least: int) -> None:
    log = sorted(log, key=lambda entry: entry[0])
    customer = Customer(rule(f"detect: {{distinct: v, of: {{type: t}}, at_least: {at_least}, within: {WITHIN}ms}}"))
    expected = []
    for number, (at, value) in enumerate(log):
        customer.meets(at, str(number), "t", v=value)
        values = {other for moment, other in log[: number + 1] if inside(moment, at, inclusive=False)}
        if len(values) >= at_least:
            expected.append((at, len(values)))
    assert [
        (at, report.context["distinct"]) for (at, _), report in zip(customer.fired, customer.reports, strict=True)
    ] == expected


@settings(max_examples=600, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ABC")), max_size=12), st.integers(2, 4), flags, flags)
def test_out_of_order_a_touchpoint_fires_if_any_window_that_holds_it_is_full(
    log: list[tuple[int, str]], at_least: int, inclusive: bool, distinct: bool
) -> None:
    what = "distinct: v, of: {type: t}" if distinct else "count: {type: t}"
    body = f"detect: {{{what}, at_least: {at_least}, within: {WITHIN}ms, inclusive: {str(inclusive).lower()}}}"
    customer = Customer(rule(body), allowed_lateness_ms=40)
    for number, (at, value) in enumerate(log):
        before = len(customer.reports)
        customer.meets(at, str(number), "t", v=value)
        arrived = log[: number + 1]
        windows = [
            [(other, token) for other, token in arrived if inside(other, end, inclusive)]
            for end, _ in arrived
            if inside(at, end, inclusive)
        ]
        sizes = [len({token for _, token in window}) if distinct else len(window) for window in windows]
        assert (len(customer.reports) > before) == any(size >= at_least for size in sizes)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=10), st.integers(2, 4), st.randoms(use_true_random=False))
def test_neither_firing_nor_the_greatest_count_depends_on_the_order_of_arrival(
    at: list[int], at_least: int, shuffler: Any
) -> None:
    body = f"detect: {{count: {{type: t}}, at_least: {at_least}, within: {WITHIN}ms}}"
    shuffled = at.copy()
    shuffler.shuffle(shuffled)
    found = []
    for order in (sorted(at), shuffled):
        customer = Customer(rule(body), allowed_lateness_ms=40)
        for number, moment in enumerate(order):
            customer.meets(moment, str(number), "t")
        found.append((bool(customer.fired), max((r.context["count"] for r in customer.reports), default=0)))
    assert found[0] == found[1]


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["open", "close"]), st.sampled_from("xy")), max_size=14),
    flags,
)
def test_an_absence_fires_for_each_opening_that_nothing_closes_in_time(
    log: list[tuple[int, str, str]], inclusive: bool
) -> None:
    log = sorted(log, key=lambda entry: entry[0])
    body = f"""
detect:
  sequence:
    - start: {{type: open}}
    - not_followed_by: {{type: close}}
      for: {WITHIN}ms
  inclusive: {str(inclusive).lower()}
by: [x]
"""
    customer = Customer(rule(body))
    for number, (at, kind, group) in enumerate(log):
        customer.meets(at, str(number), kind, x=group)
    customer.waits(1_000)
    edge = WITHIN + (1 if inclusive else 0)
    openings = [(at, number, group) for number, (at, kind, group) in enumerate(log) if kind == "open"]
    silent = [
        (at + edge, str(number), group)
        for at, number, group in openings
        if not any(
            kind == "close" and other_group == group and later > number and other < at + edge
            for later, (other, kind, other_group) in enumerate(log)
        )
    ]
    # Openings of one group at one time are one match: the first stands for them (skip past last).
    kept = [
        one for place, one in enumerate(silent) if not any(o[0] == one[0] and o[2] == one[2] for o in silent[:place])
    ]
    assert customer.fired == [(at, number) for at, number, _ in kept]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from("abx"), max_size=16))
def test_followed_by_finds_the_plain_pairs(line: list[str]) -> None:
    body = "detect:\n  sequence:\n    - start: {type: a}\n    - followed_by: {type: b}\n  within: 1h\n"
    customer = Customer(rule(body))
    opening: int | None = None
    expected = []
    for number, letter in enumerate(line):
        customer.meets(number, str(number), letter)
        if letter == "a" and opening is None:
            opening = number
        elif letter == "b" and opening is not None:
            expected.append((number, f"{opening} {number}"))
            opening = None
    assert customer.fired == expected
