"""Whether what is remembered of one customer has a bound: bytes after ever more touchpoints, operator by operator.

For every operator and every word of the rule language one rule and a stream that means it ill: all within
the window, ids and values all different, matches that begin and never end. What is bounded weighs as much
after thirty thousand touchpoints as after three thousand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import count

import msgspec

from benchmarks.growth_of_records import RECORDS, weigh_record, weigh_seen
from benchmarks.report import Table, progress
from schemas import Touchpoint, Value
from streams.detection import DetectionState, Detector, Emotions, Levels, Rule, parse_emotions, parse_rule
from streams.detection.feelings import Feelings

POINTS = (3_000, 10_000, 30_000)
"""After how many touchpoints a record is weighed."""

MOST_GROWTH = 1.1
"""More is not about 1. A bounded state grows a little all the same: references and counters get longer numbers."""

_START = 1_795_422_600_000
"""2026-11-23 08:30 UTC, in ms."""

_MINUTE = 60_000
_DAY = 1_440 * _MINUTE
_WEIGHED = 50
"""What is weighed is the heaviest of so many touchpoints, since matches that end make a record lighter."""

_HEAD = """\
version: 1
title: Growth
description: A rule that a stream means ill.
emotion: stressed
"""
_EMOTIONS = """
{id: emotions, version: 1, most: 9, resolved: 0.5,
 half_lives: {vulnerable: 7d, anxious: 7d, joyful: 7d, stressed: 7d, neglected: 7d, frustrated: 7d},
 moments: {stressed: {stressed: 1, anxious: 0.2}}, touchpoints: [{event: {type: a}, moves: {frustrated: 1}}]}
"""


@dataclass(frozen=True)
class Case:
    """One rule, and what it is fed.

    Attributes:
        detect: of the rule, as YAML.
        kinds: types of the touchpoints, one letter each, over and over; ``z`` is named by no rule.
        step_ms: between two of them.
        more: further keys of the rule.
        by: whether each touchpoint has a correlation of its own, and the rule correlates.
        value: property ``v`` of touchpoint ``number``; the same is its ``due`` in ms after it.
    """

    detect: str
    kinds: str = "a"
    step_ms: int = 1
    more: str = ""
    by: bool = False
    value: Callable[[int], Value] = field(default=lambda number: 2**40 + number)

    def rule(self) -> Rule:
        """The rule."""
        by = "by: [k]\n" if self.by else ""
        return parse_rule(f"id: growth.case\n{_HEAD}{by}detect: {self.detect}\n{self.more}\n", "growth.yaml")

    def touchpoints(self) -> Iterator[Touchpoint]:
        """The stream, without an end."""
        for number in count():
            yield {
                "event_id": f"event-{number:08}",
                "source": "growth",
                "customer_id": "customer-000001",
                "identified": True,
                "channel": "web",
                "type": self.kinds[number % len(self.kinds)],
                "occurred_at": _START + number * self.step_ms,
                "correlation_id": f"correlation-{number:08}",
                "session_id": None,
                "identities": {},
                "properties": {
                    "due": _START + (number + 400) * self.step_ms,
                    "k": f"k-{number:08}",
                    "v": self.value(number),
                },
            }


def _steps(steps: str, more: str = "within: 366d") -> str:
    listed = ", ".join(f"{{{step.strip()}}}" for step in steps.split(";"))
    return f"{{sequence: [{listed}], {more}}}"


def _rising(number: int) -> Value:
    return float(number)


_PLAIN = {
    "event": Case("{event: {type: a}}", more="cool_down: {for: 366d, by: [k]}", by=True),
    "event, first": Case("{event: {type: a}, first: true}", by=True),
    "count": Case("{count: {type: a}, at_least: 200, within: 366d}"),
    "count, by": Case("{count: {type: a}, at_least: 2, within: 366d}", by=True),
    "count, unless": Case("{count: {type: a}, at_least: 200, within: 366d, unless: {type: x}}", "aaax", by=True),
    "count, inclusive": Case("{count: {type: a}, at_least: 3, within: 366d, inclusive: true}", more="cool_down: 1h"),
    "distinct": Case("{distinct: v, of: {type: a}, at_least: 200, within: 366d}", more="keep: [v]"),
    "days": Case("{days: {type: a}, offset: o, at_least: 30, within: 366d}", step_ms=_DAY // 4),
    "sum": Case("{sum: v, of: {type: a}, at_least: 9000000000000000, count_at_least: 2, within: 366d}"),
    "mean": Case("{mean: v, of: {type: a}, at_most: 0, within: 366d}", by=True),
    "falling": Case("{falling: v, of: {type: a}, in_a_row: 20, within: 366d}", value=_rising),
    "rising": Case("{rising: v, of: {type: a}, in_a_row: 20, within: 366d}", value=_rising),
    "baseline, more_than": Case("{baseline: v, of: {type: a}, last: 20, more_than: 900%, within: 366d}"),
    "baseline, less_than": Case("{baseline: v, of: {type: a}, last: 2, less_than: 90%, within: 366d}", by=True),
    "burst, same": Case("{burst: {type: a}, at_least: 50, gap: 1d, same: v}"),
    "burst, near": Case("{burst: {type: a}, at_least: 50, gap: 1d, near: {x: v, y: due, distance: 9}}"),
    "score": Case(
        "{score: [{event: {type: a}, weight: 2}, {event: {type: x}, weight: -1}], half_life: 366d, above: 3,"
        " again_below: 2}",
        "aax",
    ),
    "score, by": Case("{score: [{event: {type: a}, weight: 2}], half_life: 366d, above: 3}", by=True),
    "silence": Case(
        "{silence: {type: a}, times: 3, gaps: 3, visit: 30m, at_least: 1d, at_most: 366d}", step_ms=31 * _MINUTE
    ),
    "habit, stopped_for": Case(
        "{habit: {type: a}, offset: o, at_least: 3, within: 60d, stopped_for: 30d}", step_ms=_DAY
    ),
    "habit, resumed_after": Case("{habit: {type: a}, at_least: 3, within: 60d, resumed_after: 30d}", step_ms=_DAY),
    "levels": Case("{levels: [frustrated, stressed], above: 3, again_below: 2}"),
    "ratio": Case("{ratio: {type: a}, to: {type: b}, above: 3, at_least: 8, within: 366d}", "aaab"),
    "either": Case(
        "{either: [{count: {type: a}, at_least: 200, within: 366d}, {distinct: v, of: {type: a}, at_least: 200, within:"
        " 366d}, {sequence: [{start: {type: a}}, {followed_by: {type: b}}], within: 366d}, {score: [{event: {type: a},"
        " weight: 1}], half_life: 366d, above: 9}]}",
        by=True,
    ),
    "moments as input": Case("{count: {type: moment.detected}, at_least: 200, within: 366d}"),
}

_PROMISE = (
    "{promise: {type: a}, due: due, at_most: 366d, kept_by: {type: b}, changed_by: {type: c}, cancelled_by: {type: x}, "
)
_PROMISES = {
    "promise, open": Case(_PROMISE + "level: below}", "ac", step_ms=_MINUTE * 600, by=True),
    "promise, of which only the end arrives": Case(_PROMISE + "level: below}", "bcx", by=True),
    "promise, counted": Case(
        _PROMISE
        + "level: [exceeded, met, minimum, below], exceeded_by: 1ms, tolerance: 1d, at_least: 100, within: 366d}",
        "a",
        by=True,
    ),
    "promise, quantities": Case(
        "{promise: {type: a}, due: due, quantity: v, delivered: v, at_most: 366d, kept_by: {type: b}, level: [exceeded,"
        " minimum], exceeded_by: 5%, tolerance: 5%, inclusive: true, at_least: 100, within: 366d}",
        "ab",
    ),
}

_LOOP = "start: {type: a}, times: {at_least: 1}"
_SEQUENCES = {
    "followed_by": Case(_steps("start: {type: a}; followed_by: {type: b}")),
    "followed_by, by": Case(_steps("start: {type: a}; followed_by: {type: b}"), by=True),
    "followed_by, other": Case(_steps("start: {type: a}; followed_by: {type: b}, other: [k]"), "aaab", by=True),
    "next": Case(_steps("start: {type: a}; next: {type: a, v: 1}; next: {type: b}"), by=True),
    "progress, cancelled_by": Case(
        _steps(
            "start: {type: a, v: 1}; followed_by: {type: b}",
            "within: 366d, progress: {type: p}, cancelled_by: {type: x}",
        ),
        "ap",
        value=lambda number: 1,
    ),
    "not_followed_by": Case(_steps("start: {type: a}; not_followed_by: {type: x}; followed_by: {type: b}"), by=True),
    "not_followed_by at the end": Case(_steps("start: {type: a}; not_followed_by: {type: b}, for: 366d", ""), by=True),
    "not_followed_by, repeat": Case(
        _steps("start: {type: a}; not_followed_by: {type: b}, for: 1s, repeat: 100", ""), by=True, step_ms=10
    ),
    "not_followed_by with for between": Case(
        _steps("start: {type: a}; not_followed_by: {type: x}, for: 365d; followed_by: {type: b}"), by=True
    ),
    "silent_for": Case(_steps("start: {type: a}; silent_for: 366d", "cancelled_by: {type: x}"), by=True),
    "not_next": Case(_steps("start: {type: a}; not_next: {type: x}; followed_by: {type: b}"), by=True),
    "not_before": Case(
        _steps("not_before: {type: a}, for: 30d; start: {type: b}; followed_by: {type: c}"), "ab", by=True
    ),
    "followed_by_any": Case(_steps("start: {type: a}; followed_by_any: {type: a}; followed_by: {type: b}")),
    "followed_by_any, no_skip": Case(
        _steps("start: {type: a}; followed_by_any: {type: b}", "within: 366d, skip: no_skip"), 99 * "a" + "b"
    ),
    "times": Case(_steps("start: {type: a}, times: 50; followed_by: {type: b}")),
    "times without a most": Case(_steps(f"{_LOOP}; followed_by: {{type: b}}")),
    "times, consecutive": Case(_steps(f"{_LOOP}, consecutive: true; followed_by: {{type: b}}"), by=True),
    "times, combinations": Case(_steps(f"{_LOOP}, combinations: true; followed_by: {{type: b}}")),
    "times, greedy": Case(_steps(f"{_LOOP}, greedy: true; followed_by: {{type: b}}")),
    "times, greedy at the end": Case(
        _steps("start: {type: a}; followed_by: {type: a}, times: {at_least: 2}, greedy: true")
    ),
    "times, until": Case(_steps(f"{_LOOP}, until: {{type: x}}; followed_by: {{type: b}}")),
    "optional": Case(
        _steps("start: {type: a}; followed_by: {type: a}, optional: true; followed_by: {type: b}"), by=True
    ),
    "within at a step": Case(
        _steps("start: {type: a}, name: one; followed_by: {type: b}, within: 366d", "inclusive: true")
    ),
    "last, first": Case(
        _steps("start: {type: a}, name: one, times: {at_least: 1}; followed_by: {type: a, v|lt: {first: one}}")
    ),
    "every: whole": Case(_steps("start: {type: a}; followed_by: {type: b}", "within: 366d, every: whole"), by=True),
    "every: once": Case(_steps("start: {type: a}; followed_by: {type: b}", "within: 366d, every: once"), by=True),
    "skip_to_next": Case(
        _steps("start: {type: a}; followed_by: {type: a}, times: {at_least: 2}", "within: 366d, skip: skip_to_next")
    ),
    "skip_to_first": Case(
        _steps("start: {type: a}; followed_by: {type: a}, name: two", "within: 366d, skip: {skip_to_first: two}")
    ),
    "skip_to_last": Case(
        _steps(f"{_LOOP}; followed_by: {{type: a}}, name: two", "within: 366d, skip: {skip_to_last: two}")
    ),
    "report: unfinished": Case(
        _steps("start: {type: a}; followed_by: {type: b}", "within: 366d, report: unfinished"), by=True
    ),
    "report: both": Case(
        _steps("start: {type: a}; followed_by: {type: b}", "within: 1s, report: both"), by=True, step_ms=10
    ),
}

CASES: dict[str, Case] = {**_PLAIN, **_PROMISES, **_SEQUENCES}
"""By name."""


@dataclass(frozen=True)
class Weighed:
    """What was found of one case.

    Attributes:
        sizes: bytes of the record at each point, the heaviest of the last few touchpoints.
        overflow: how many live entries were dropped, and counted, because a bound was reached.
        seconds: for one touchpoint.
    """

    sizes: list[int]
    overflow: int | None = None
    seconds: float | None = None

    @property
    def growth(self) -> float:
        """How many times the first size the last one is."""
        return self.sizes[-1] / self.sizes[0]


def weigh(case: Case, points: Sequence[int]) -> Weighed:
    """Feed one customer, and weigh what detection remembers and the emotional levels."""
    emotions = _emotions()
    detector, state, encoder = Detector(_rules(case)), DetectionState(), msgspec.msgpack.Encoder()
    levels: Levels | None = None
    sizes: list[int] = []
    largest = 0
    started = time.process_time()
    for number, touchpoint in enumerate(case.touchpoints(), 1):
        levels = _take(detector, state, emotions, levels, touchpoint)
        if points[len(sizes)] - number < _WEIGHED:
            largest = max(largest, len(encoder.encode(state)) + len(encoder.encode(levels)))
        if number == points[len(sizes)]:
            sizes.append(largest)
            largest = 0
            if len(sizes) == len(points):
                break
    return Weighed(sizes, state.overflow, (time.process_time() - started) / points[-1])


@cache
def _emotions() -> Emotions:
    return parse_emotions(_EMOTIONS, "growth.yaml")


def _rules(case: Case) -> list[Rule]:
    every = parse_rule(f"id: growth.every\n{_HEAD}detect: {{event: {{type: a}}}}\n", "growth.yaml")
    return [case.rule(), every] if "moment.detected" in case.detect else [case.rule()]


def _take(
    detector: Detector, state: DetectionState, emotions: Emotions, levels: Levels | None, touchpoint: Touchpoint
) -> Levels | None:
    clock, customer_id = touchpoint["occurred_at"], touchpoint["customer_id"]
    feelings = Feelings(detector, state, emotions, levels)
    feelings.deadlines(customer_id, True, clock)
    feelings.touchpoint(touchpoint, emotions.moves_of(touchpoint), clock)
    feelings.follow(detector.on_touchpoint(state, touchpoint, clock), customer_id, True, clock)
    return feelings.levels


def run(points: Sequence[int] = POINTS, processes: int = 2) -> Table:
    """Every operator and every part of a customer's record, at every point.

    Args:
        points: after how many touchpoints, rising.
        processes: over which the cases are spread.
    """
    table = Table(
        "growth",
        f"what is remembered of one customer after {_listed(points)} touchpoints that are meant ill; bytes",
    )
    with ProcessPoolExecutor(processes) as pool:
        weighed = {name: pool.submit(_weigh_case, name, points) for name in CASES}
        records = {name: pool.submit(_weigh_record, name, points) for name in RECORDS}
        for name, found in weighed.items():
            table.rows.append(_row(name, found.result()))
            progress(f"growth: {name} {table.rows[-1]['growth']}")
        for name, sizes in records.items():
            table.rows.append(_row(name, Weighed(sizes.result())))
            progress(f"growth: {name} {table.rows[-1]['growth']}")
    table.rows.append(_row(f"remembered events, after {_listed(_SEEN_POINTS)}", Weighed(weigh_seen(_SEEN_POINTS))))
    grown = [row["what"] for row in table.rows if float(row["growth"]) > MOST_GROWTH]
    table.notes = [
        f"more than {MOST_GROWTH} times as much at the last point as at the first: {', '.join(grown) or 'none'}",
        "dropped: live entries that went because a bound was reached, as counted in the customer's state",
    ]
    return table


def _weigh_case(name: str, points: Sequence[int]) -> Weighed:
    return weigh(CASES[name], points)  # by name: a case's functions cannot be sent to another process


def _weigh_record(name: str, points: Sequence[int]) -> list[int]:
    return weigh_record(RECORDS[name], points)


_SEEN_POINTS = (70_000, 210_000, 700_000)
"""The bound is at 65,536: they are looked at beyond it."""


def _listed(points: Sequence[int]) -> str:
    return ", ".join(f"{point:,}" for point in points)


def _row(name: str, found: Weighed) -> dict[str, str]:
    return {
        "what": name,
        **{place: f"{size:,}" for place, size in zip(("first", "then", "last"), found.sizes, strict=False)},
        "growth": f"{found.growth:.2f}",
        "dropped": "" if found.overflow is None else f"{found.overflow:,}",
        "us each": "" if found.seconds is None else f"{found.seconds * 1e6:,.0f}",
    }
