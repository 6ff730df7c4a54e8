"""What is looked for in a series of numbers: sums and means, trends, and the mean of the last few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from typing import ClassVar, Literal

from streams.detection.fields import Field
from streams.detection.operators.operator import Late
from streams.detection.operators.series import Finding, Point, Reads, reads_number


@dataclass(frozen=True, slots=True)
class Total:
    """The sum or mean over a sliding window, at least or at most a limit.

    The window that ends at time t holds what occurred after t - within (``inclusive``: at or
    after). A touchpoint can complete any window that it lies in; of several the one farthest
    beyond the limit is reported, of equals the one that ends last.
    """

    default_late: ClassVar[Late | None] = "apply"

    field: Field
    kind: Literal["sum", "mean"]
    limit: float
    is_upper: bool
    """Whether the limit is the most: then a match is at it or below."""
    within_ms: int
    least_count: int = 1
    inclusive: bool = False

    @property
    def reach_ms(self) -> int:
        """The window, and its edge."""
        return self.within_ms + (1 if self.inclusive else 0)

    def reader(self) -> Reads:
        """The number."""
        return reads_number(self.field)

    def finding(self, points: Sequence[Point], place: int) -> Finding | None:
        """The window farthest beyond the limit that holds the point."""
        best: Finding | None = None
        farthest = self.limit
        for end in range(place, len(points)):
            if points[end].at - points[place].at >= self.reach_ms:
                break
            window = [point for point in points[: end + 1] if point.at > points[end].at - self.reach_ms]
            total = self._total(window)
            if len(window) >= self.least_count and (total <= farthest if self.is_upper else total >= farthest):
                best, farthest = Finding(window, {self.kind: total}), total
        return best

    def _total(self, window: Sequence[Point]) -> int | float:
        numbers = [point.number for point in window]
        total = sum(numbers) if all(type(number) is int for number in numbers) else fsum(numbers)
        return total / len(numbers) if self.kind == "mean" else total


@dataclass(frozen=True, slots=True)
class Trend:
    """So many in a row, each lower (or higher) than the one before, within a time.

    A touchpoint can complete any run that it lies in; of several the last is reported.
    """

    default_late: ClassVar[Late | None] = "apply"

    field: Field
    falls: bool
    in_a_row: int
    within_ms: int
    inclusive: bool = False

    @property
    def reach_ms(self) -> int:
        """The time, and its edge."""
        return self.within_ms + (1 if self.inclusive else 0)

    def reader(self) -> Reads:
        """The number."""
        return reads_number(self.field)

    def finding(self, points: Sequence[Point], place: int) -> Finding | None:
        """The last run that holds the point."""
        for end in range(min(place + self.in_a_row, len(points)) - 1, place - 1, -1):
            run = points[end + 1 - self.in_a_row : end + 1] if end + 1 >= self.in_a_row else ()
            if run and run[-1].at - run[0].at < self.reach_ms and self._goes_on(run):
                return Finding(run, {"first": run[0].number, "last": run[-1].number})
        return None

    def _goes_on(self, run: Sequence[Point]) -> bool:
        pairs = pairwise(run)
        return all(
            after.number < before.number if self.falls else after.number > before.number for before, after in pairs
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """A value more than a share above, or below, the mean of the last few before it.

    Only the touchpoint that arrives is compared, with those that occurred before it; a mean that
    is not above 0 compares with nothing.
    """

    default_late: ClassVar[Late | None] = "apply"

    field: Field
    last: int
    share: float
    """Of the mean; 0.5 is 50 %."""
    is_above: bool
    within_ms: int
    inclusive: bool = False

    @property
    def reach_ms(self) -> int:
        """The time, and its edge."""
        return self.within_ms + (1 if self.inclusive else 0)

    def reader(self) -> Reads:
        """The number."""
        return reads_number(self.field)

    def finding(self, points: Sequence[Point], place: int) -> Finding | None:
        """The point with those before it."""
        before = points[max(place - self.last, 0) : place]
        point = points[place]
        if len(before) < self.last or before[0].at <= point.at - self.reach_ms:
            return None
        total = fsum(one.number for one in before)
        if total <= 0:
            return None
        value = point.number * self.last
        beyond = value > total * (1 + self.share) if self.is_above else value < total * (1 - self.share)
        return Finding((*before, point), {"mean": total / self.last, "value": point.number}) if beyond else None
