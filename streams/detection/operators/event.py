"""A single touchpoint that is a moment by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from schemas.types import Touchpoint
from streams.detection.conditions import Check, Condition
from streams.detection.fields import Field, Key, keyer
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome


@dataclass(frozen=True, slots=True)
class Event:
    """Matches every touchpoint that meets the condition."""

    default_late: ClassVar[Late | None] = None

    condition: Condition

    def keeps(self) -> tuple[Field, ...]:
        """It compares no earlier touchpoint's values."""
        return ()

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return self.condition.types()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> EventListener | None:
        """Bound to a touchpoint type."""
        condition = self.condition.folded(touchpoint_type)
        if condition is False:
            return None
        return EventListener(None if condition is True else condition.check(), frame)

    def timer(self, frame: Frame) -> None:
        """It has no deadlines."""


class EventListener:
    """``Event`` for one touchpoint type."""

    __slots__ = ("_check", "_key")

    def __init__(self, check: Check | None, frame: Frame) -> None:
        self._check = check
        self._key = keyer(frame.by)

    def wants(self, touchpoint: Touchpoint, memory: None) -> Key | None:
        """The touchpoint's correlation, if it matches and has one."""
        if self._check is not None and not self._check(touchpoint):
            return None
        key = self._key(touchpoint)
        return None if None in key else key

    def step(self, memory: None, wanted: Key, arrival: Arrival) -> Outcome:
        """A match."""
        return Outcome(matches=(Match(wanted, lambda: ([arrival.hold()], {})),))
