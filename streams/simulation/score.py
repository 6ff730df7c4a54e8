"""Compares moments that were found with the truth: precision and recall of each rule.

A moment counts as found when rule, customer and opening touchpoint are the expected ones and it
was detected at its time. Moments of people who do not live in the city are none of its business
and left out. Each is used once: a second one with the same opening is false. Errors
that the truth itself announces (a touchpoint that came too late) lower the figures all the same,
and are told with their reason; only they may.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from streams.simulation.person import lives_here
from streams.simulation.truth import Expected, Truth


class Found(NamedTuple):
    """A detected moment; times in ms UTC."""

    rule: str
    customer_id: str
    opening: str
    detected_at: int


class RuleScore(NamedTuple):
    """How one rule did.

    Attributes:
        expected: real moments.
        planted: of those, told for their own sake.
        found: moments detected.
        right: detected, and real.
        missed: expected less right.
        false: detected, and not real.
        excused: errors that the truth announces, by reason.
        known: whether the truth tells all moments of this rule.
    """

    rule: str
    expected: int
    planted: int
    found: int
    right: int
    excused: dict[str, int]
    known: bool
    why_unknown: str = ""

    @property
    def missed(self) -> int:
        return self.expected - self.right

    @property
    def false(self) -> int:
        return self.found - self.right

    @property
    def precision(self) -> float | None:
        """right / found; None when nothing was found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """right / expected; None when nothing was expected."""
        return self.right / self.expected if self.expected else None

    @property
    def unexcused(self) -> int:
        """Errors without a reason."""
        return self.missed + self.false - sum(self.excused.values())

    @property
    def is_perfect(self) -> bool:
        """Nothing missed and nothing false."""
        return not self.missed and not self.false


def score(truth: Truth, found: Iterable[Found]) -> list[RuleScore]:
    """The score of every rule that the truth knows or that found something, by name."""
    slack = truth.heading.slack_ms
    wanted: dict[tuple[str, str, str], list[Expected]] = defaultdict(list)
    for one in truth.moments:
        wanted[one.rule, one.customer_id, one.opening].append(one)
    expected = Counter(one.rule for one in truth.moments if one.is_moment)
    planted = Counter(one.rule for one in truth.moments if one.is_moment and one.planted)
    detected: Counter[str] = Counter()
    right: Counter[str] = Counter()
    excused: dict[str, Counter[str]] = defaultdict(Counter)
    for moment in sorted(found):
        if not lives_here(moment.customer_id, truth.heading.customers):
            continue
        detected[moment.rule] += 1
        candidates = wanted.get(moment[:3], [])
        for place, one in enumerate(candidates):
            if one.at <= moment.detected_at <= one.until + slack:
                del candidates[place]
                if one.is_moment:
                    right[moment.rule] += 1
                else:
                    excused[moment.rule][f"false: {one.excuse}"] += 1
                break
    for left in wanted.values():
        for one in left:
            if one.is_moment and one.excuse:
                excused[one.rule][f"missed: {one.excuse}"] += 1
    known = set(truth.heading.rules)
    unknown = truth.heading.unknown
    return [
        RuleScore(
            rule,
            expected[rule],
            planted[rule],
            detected[rule],
            right[rule],
            dict(excused[rule]),
            rule in known,
            "" if rule in known else unknown.get(rule, "the truth says nothing about it"),
        )
        for rule in sorted(known | set(detected) | set(unknown))
    ]
