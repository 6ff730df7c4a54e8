"""Bursts: repeats that follow each other closely, at the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import ClassVar

from schemas.types import Touchpoint
from streams.detection.fields import Field, token
from streams.detection.operators.operator import Late
from streams.detection.operators.series import Finding, Point, Reads, Values, number_of

_KEPT_GAPS = 20


@dataclass(frozen=True, slots=True)
class Near:
    """Two places at most ``distance`` apart, by the fields ``x`` and ``y``."""

    x: Field
    y: Field
    distance: float


@dataclass(frozen=True, slots=True)
class Burst:
    """At least so many touchpoints of which each follows the one before in less than ``gap_ms``.

    Each must also be ``same`` as the one before it, or ``near`` it, where the rule asks for either.
    """

    default_late: ClassVar[Late | None] = "ignore"

    at_least: int
    gap_ms: int
    same: Field | None = None
    near: Near | None = None
    inclusive: bool = False

    @property
    def reach_ms(self) -> int:
        """Enough for the fewest that match, and for some more to show."""
        return (self.gap_ms + 1) * max(self.at_least, _KEPT_GAPS)

    def reader(self) -> Reads:
        """What it is, and where."""
        what = self.same.getter() if self.same is not None else None
        places = (self.near.x.getter(), self.near.y.getter()) if self.near is not None else ()

        def reads(touchpoint: Touchpoint) -> Values:
            value = what(touchpoint) if what is not None else None
            return (None if value is None else token(value), *[number_of(get, touchpoint) for get in places])

        return reads

    def finding(self, points: Sequence[Point], place: int) -> Finding | None:
        """The burst that holds the point."""
        first = last = place
        while first > 0 and self._follows(points[first - 1], points[first]):
            first -= 1
        while last + 1 < len(points) and self._follows(points[last], points[last + 1]):
            last += 1
        burst = points[first : last + 1]
        return Finding(burst, {"count": len(burst)}) if len(burst) >= self.at_least else None

    def _follows(self, before: Point, after: Point) -> bool:
        if after.at - before.at >= self.gap_ms + (1 if self.inclusive else 0):
            return False
        if self.same is None and self.near is None:
            return True
        if before.values[0] is not None and before.values[0] == after.values[0]:
            return True
        return self.near is not None and self._is_near(self.near, before.values[1:], after.values[1:])

    @staticmethod
    def _is_near(near: Near, before: Values, after: Values) -> bool:
        places = [one for one in (*before, *after) if isinstance(one, int | float)]
        if len(places) < 4:
            return False
        return hypot(places[2] - places[0], places[3] - places[1]) <= near.distance
