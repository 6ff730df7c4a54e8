"""Silence against the customer's own rhythm."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from schemas.types import Touchpoint, Value
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.memory import MAX_VISITS, RhythmState, lasting
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Matches when nothing has come for ``times`` the customer's own usual gap.

    A visit begins with a touchpoint that comes ``visit_ms`` or more after the begin of the one
    before it. The usual gap is the lower median of those between the begins of the last 21 visits, of
    which there must be ``least_gaps``. The silence runs from the newest touchpoint, for at least
    ``at_least_ms`` and at most ``at_most_ms``, and is reported once.
    """

    default_late: ClassVar[Late | None] = None

    condition: Condition
    times: float
    least_gaps: int
    visit_ms: int
    at_least_ms: int
    at_most_ms: int
    inclusive: bool = False

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return self.condition.types()

    def keeps(self) -> tuple[()]:
        """It compares no earlier touchpoint's values."""
        return ()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> RhythmListener | None:
        """Bound to a touchpoint type."""
        condition = self.condition.folded(touchpoint_type)
        if condition is False:
            return None
        return RhythmListener(self, None if condition is True else condition.check())

    def timer(self, frame: Frame) -> RhythmTimer:
        """Tells of the silence."""
        return RhythmTimer()

    def usual_gap_ms(self, visits: list[int]) -> int | None:
        """The customer's usual gap; None as long as too few are known."""
        gaps = sorted(after - before for before, after in pairwise(visits))
        return gaps[(len(gaps) - 1) // 2] if len(gaps) >= self.least_gaps else None

    def wait_ms(self, gap_ms: int) -> int:
        """How long the silence lasts until it is unusual."""
        wait = min(max(int(gap_ms * self.times), self.at_least_ms), self.at_most_ms)
        return wait + (1 if self.inclusive else 0)


class RhythmListener:
    """``Rhythm`` for one touchpoint type."""

    __slots__ = ("_check", "_rhythm")

    def __init__(self, rhythm: Rhythm, check: Check | None) -> None:
        self._rhythm = rhythm
        self._check = check

    def wants(self, touchpoint: Touchpoint, memory: RhythmState | None) -> bool | None:
        """Whether it counts."""
        return True if self._check is None or self._check(touchpoint) else None

    def step(self, memory: RhythmState | None, wanted: bool, arrival: Arrival) -> Outcome | None:
        """Note the visit, and set the deadline anew."""
        at = arrival.at
        if memory is None:
            ref, is_known = arrival.hold(), arrival.touchpoint["identified"]
            return Outcome(RhythmState([at], at, [ref], None, None, is_known), lasting(is_known, at), held=(ref,))
        visits, gap = self._visits(memory.visits, at), memory.gap
        if visits is not memory.visits:
            gap = self._rhythm.usual_gap_ms(visits)
        if at < memory.last_at:
            if visits is memory.visits:
                return None
            # A late touchpoint does not bring back a silence that was reported.
            due = self._due(gap, memory.last_at, arrival) if memory.due is not None else None
            late = RhythmState(visits, memory.last_at, memory.refs, due, gap, memory.is_known)
            return Outcome(late, lasting(memory.is_known, memory.last_at), due)
        ref, due, is_known = arrival.hold(), self._due(gap, at, arrival), arrival.touchpoint["identified"]
        state = RhythmState(visits, at, [ref], due, gap, is_known)
        return Outcome(state, lasting(is_known, at), due, (ref,), memory.refs)

    def _due(self, gap: int | None, last_at: int, arrival: Arrival) -> int | None:
        if gap is None:
            return None
        end = last_at + self._rhythm.wait_ms(gap)
        return end if end > arrival.clock else arrival.clock + arrival.grace_ms

    def _visits(self, visits: list[int], at: int) -> list[int]:
        place = bisect_left(visits, at)
        if place and at - visits[place - 1] < self._rhythm.visit_ms:
            return visits
        after = [one for one in visits[place:] if one - at >= self._rhythm.visit_ms]
        return [*visits[:place], at, *after][-MAX_VISITS:]


class RhythmTimer:
    """Finds customers who are silent for longer than usual."""

    def expire(self, memory: RhythmState, due: int, table: Table) -> Outcome:
        """The silence is unusual."""
        facts: dict[str, Value] = {"usual_gap_ms": memory.gap}
        refs = memory.refs
        outcome = self.skip(memory, due, table)
        outcome.matches = (Match((), lambda: (refs, facts), opening_stays=True),)
        return outcome

    def skip(self, memory: RhythmState, due: int, table: Table) -> Outcome:
        """Wait for the next visit."""
        state = RhythmState(memory.visits, memory.last_at, memory.refs, None, memory.gap, memory.is_known)
        return Outcome(state, lasting(memory.is_known, due))
