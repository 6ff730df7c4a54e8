"""Habits that stop, and habits that are taken up again."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import ClassVar

from schemas.types import Touchpoint, Value
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.fields import Getter
from streams.detection.memory import MAX_HABIT_DAYS, HabitState, lasting
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome
from streams.detection.operators.window import Day


@dataclass(frozen=True, slots=True)
class Habit:
    """Matches when a habit has stopped for ``stopped_ms``, or comes back after ``resumed_ms``.

    There is a habit once a touchpoint falls on the last of ``at_least`` days within ``within_days``.
    It is there until it is reported as stopped or resumed; then it must form anew.
    """

    default_late: ClassVar[Late | None] = None

    condition: Condition
    day: Day
    at_least: int
    within_days: int
    stopped_ms: int | None = None
    resumed_ms: int | None = None
    inclusive: bool = False

    @property
    def edge(self) -> int:
        """What ``inclusive`` adds, ms."""
        return 1 if self.inclusive else 0

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return self.condition.types()

    def keeps(self) -> tuple[()]:
        """It compares no earlier touchpoint's values."""
        return ()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> HabitListener | None:
        """Bound to a touchpoint type."""
        condition = self.condition.folded(touchpoint_type)
        if condition is False:
            return None
        return HabitListener(self, None if condition is True else condition.check())

    def timer(self, frame: Frame) -> HabitTimer | None:
        """Tells that it stopped."""
        return HabitTimer() if self.stopped_ms is not None else None


class HabitListener:
    """``Habit`` for one touchpoint type."""

    __slots__ = ("_check", "_day", "_habit")

    def __init__(self, habit: Habit, check: Check | None) -> None:
        self._habit = habit
        self._check = check
        self._day: Getter = habit.day.getter()

    def wants(self, touchpoint: Touchpoint, memory: HabitState | None) -> int | None:
        """Its day, if it counts."""
        return self._day(touchpoint) if self._check is None or self._check(touchpoint) else None

    def step(self, memory: HabitState | None, wanted: int, arrival: Arrival) -> Outcome | None:
        """Note the day, and whether the habit is there or back."""
        at, habit = arrival.at, self._habit
        known = memory if memory is not None else HabitState([], at, [])
        days, is_held = self._noted(known, wanted)
        if at < known.last_at:
            if days is known.days:
                return None
            late = HabitState(days, known.last_at, known.refs, is_held, None, known.is_known)
            return self._outcome(late, arrival, (), ())
        ref = arrival.hold()
        is_back = habit.resumed_ms is not None and known.is_held and at - known.last_at >= habit.resumed_ms + habit.edge
        if is_back:
            days, is_held = [wanted], False
        state = HabitState(days, at, [ref], is_held, None, arrival.touchpoint["identified"])
        outcome = self._outcome(state, arrival, (ref,), known.refs)
        if is_back:
            refs, facts = [*known.refs, ref], {"silent_ms": at - known.last_at}
            outcome.matches = (Match((), lambda: (refs, dict[str, Value](facts))),)
        return outcome

    def _noted(self, known: HabitState, day: int) -> tuple[list[int], bool]:
        place = bisect_left(known.days, day)
        if place < len(known.days) and known.days[place] == day:
            return known.days, known.is_held
        days = [*known.days[:place], day, *known.days[place:]][-MAX_HABIT_DAYS:]
        habit = self._habit
        spans = zip(days, days[habit.at_least - 1 :], strict=False)
        return days, known.is_held or any(
            first <= day <= last and last - first < habit.within_days for first, last in spans
        )

    def _outcome(
        self, state: HabitState, arrival: Arrival, held: tuple[int, ...], released: tuple[int, ...] | list[int]
    ) -> Outcome:
        if state.is_held and self._habit.stopped_ms is not None:
            end = state.last_at + self._habit.stopped_ms + self._habit.edge
            state.due = end if end > arrival.clock else arrival.clock + arrival.grace_ms
        return Outcome(state, lasting(state.is_known, state.last_at), state.due, held, released)


class HabitTimer:
    """Finds habits that stopped."""

    def expire(self, memory: HabitState, due: int, table: Table) -> Outcome:
        """It has stopped."""
        refs, facts = memory.refs, {"days": len(memory.days)}
        outcome = self.skip(memory, due, table)
        outcome.matches = (Match((), lambda: (refs, dict[str, Value](facts)), opening_stays=True),)
        return outcome

    def skip(self, memory: HabitState, due: int, table: Table) -> Outcome:
        """It must form anew."""
        state = HabitState([], memory.last_at, memory.refs, is_known=memory.is_known)
        return Outcome(state, lasting(memory.is_known, due))
