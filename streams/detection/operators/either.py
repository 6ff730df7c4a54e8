"""One moment that may show in several ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from schemas.types import Touchpoint
from streams.detection.evidence import Table
from streams.detection.fields import Field
from streams.detection.memory import FOREVER
from streams.detection.operators.operator import Arrival, Frame, Late, Listener, Match, Operator, Outcome, Timer
from streams.detection.state import LASTING, EitherState

FIRINGS_OF_ONE_PART = 1_000_000
"""So many firings with one opening are told apart for each part."""


@dataclass(frozen=True, slots=True)
class Either:
    """Matches whenever one of its parts does; each remembers on its own.

    Touchpoints that arrive late are applied in all parts, unless the rule says otherwise.
    """

    default_late: ClassVar[Late | None] = "apply"

    parts: tuple[Operator, ...]

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return frozenset().union(*(part.types() for part in self.parts))

    def keeps(self) -> tuple[Field, ...]:
        """What its parts compare with."""
        return tuple(field for part in self.parts for field in part.keeps())

    def listener(self, touchpoint_type: str | None, frame: Frame) -> EitherListener | None:
        """Bound to a touchpoint type."""
        heard = [(place, part.listener(touchpoint_type, frame)) for place, part in enumerate(self.parts)]
        ears = tuple((place, listener) for place, listener in heard if listener is not None)
        return EitherListener(ears, len(self.parts)) if ears else None

    def timer(self, frame: Frame) -> EitherTimer | None:
        """For its parts with deadlines."""
        timers = tuple(part.timer(frame) for part in self.parts)
        return EitherTimer(timers) if any(timer is not None for timer in timers) else None


class EitherListener:
    """``Either`` for one touchpoint type."""

    __slots__ = ("_ears", "_parts", "_rests")

    def __init__(self, ears: tuple[tuple[int, Listener], ...], parts: int) -> None:
        self._ears = ears
        self._parts = parts
        # Only a pattern can say so of itself; then, once every part remembers something, nobody need be asked.
        self._rests = all(getattr(listener, "rests", False) for _, listener in ears)

    def wants(self, touchpoint: Touchpoint, memory: EitherState | None) -> list[tuple[int, Listener, Any]] | None:
        """What each part wants to know of it; None when none does."""
        if self._rests and memory is not None and None not in memory.parts:
            return None
        wanted = []
        for place, listener in self._ears:
            one = listener.wants(touchpoint, memory.parts[place] if memory is not None else None)
            if one is not None:
                wanted.append((place, listener, one))
        return wanted or None

    def step(
        self, memory: EitherState | None, wanted: list[tuple[int, Listener, Any]], arrival: Arrival
    ) -> Outcome | None:
        """The outcomes of the parts in one."""
        sum_of = _Sum(memory, self._parts)
        for place, listener, one in wanted:
            outcome = listener.step(sum_of.parts[place], one, arrival)
            if outcome is not None:
                sum_of.take(place, outcome)
        return sum_of.outcome() if sum_of.is_any else None


class EitherTimer:
    """Wakes the parts."""

    __slots__ = ("_timers",)

    def __init__(self, timers: tuple[Timer | None, ...]) -> None:
        self._timers = timers

    def expire(self, memory: EitherState, due: int, table: Table) -> Outcome:
        """Complete what is due at ``due`` (ms UTC)."""
        return self._each(memory, due, lambda timer, part: timer.expire(part, due, table))

    def skip(self, memory: EitherState, due: int, table: Table) -> Outcome:
        """Drop what is due at ``due``, without a match."""
        return self._each(memory, due, lambda timer, part: timer.skip(part, due, table))

    def _each(self, memory: EitherState, due: int, wake: Callable[[Timer, Any], Outcome]) -> Outcome:
        sum_of = _Sum(memory, len(self._timers))
        for place, timer in enumerate(self._timers):
            part_due = memory.dues[place]
            if timer is not None and part_due is not None and part_due <= due:
                sum_of.take(place, wake(timer, memory.parts[place]))
        return sum_of.outcome()


class _Sum:
    """Outcomes of parts being put together."""

    def __init__(self, memory: EitherState | None, parts: int) -> None:
        self.parts: list[Any] = list(memory.parts) if memory is not None else [None] * parts
        self.is_any = False
        self._dues: list[int | None] = list(memory.dues) if memory is not None else [None] * parts
        self._untils = [FOREVER if until == LASTING else until for until in memory.untils] if memory is not None else []
        self._untils = self._untils or [0] * parts
        self._outcome = Outcome()
        self._held: list[int] = []
        self._released: list[int] = []
        self._matches: list[Match] = []

    def take(self, place: int, outcome: Outcome) -> None:
        """What the part at ``place`` came to."""
        self.is_any = True
        self.parts[place] = outcome.memory
        self._dues[place], self._untils[place] = outcome.due, outcome.until
        self._held += outcome.held
        self._released += outcome.released
        for match in outcome.matches:
            match.first_n = 1 + place * FIRINGS_OF_ONE_PART
            self._matches.append(match)
        self._outcome.overflow += outcome.overflow

    def outcome(self) -> Outcome:
        """All in one."""
        outcome, due = self._outcome, None
        for part in self.parts:
            if part is not None:
                untils = [LASTING if until >= FOREVER else until for until in self._untils]
                outcome.memory = EitherState(self.parts, self._dues, untils)
                break
        for one in self._dues:
            if one is not None and (due is None or one < due):
                due = one
        outcome.until, outcome.due = max(self._untils), due
        outcome.held, outcome.released, outcome.matches = self._held, self._released, self._matches
        return outcome
