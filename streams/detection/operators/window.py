"""Count, and count of distinct values, in a sliding window."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from schemas.types import Touchpoint
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.fields import Field, Getter, Key, keyer, token
from streams.detection.operators.operator import Arrival, Found, Frame, Late, Match, Outcome
from streams.detection.state import MAX_WINDOW_ENTRIES, WindowState

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Day:
    """The calendar day of a touchpoint: UTC, or with ``offset``, a field in minutes, the customer's own."""

    offset: Field | None = None

    def getter(self) -> Getter:
        """A function from touchpoint to its day, a whole number."""
        if self.offset is None:
            return lambda touchpoint: touchpoint["occurred_at"] // DAY_MS
        minutes = self.offset.getter()

        def day(touchpoint: Mapping[str, Any]) -> int:
            offset = minutes(touchpoint)
            known = type(offset) is int and abs(offset) <= _MOST_MINUTES
            return int((touchpoint["occurred_at"] + (offset * 60_000 if known else 0)) // DAY_MS)

        return day


_MOST_MINUTES = 14 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Matches at each touchpoint with which the window holds ``at_least`` of them.

    The window that ends at time t holds what occurred after t - within (``inclusive``: at or
    after). ``field`` is what is counted: its distinct values, distinct days, or touchpoints when it is None.

    A touchpoint that arrives out of order is placed by its occurred_at. It can complete any
    window that it lies in; of several the fullest is reported, of equals the one that ends last.
    So neither whether a rule fires nor the greatest number it reports depends on the order of
    arrival. For this the entries stay for the allowed lateness beyond ``within``, unless the rule
    ignores late ones.
    """

    default_late: ClassVar[Late | None] = "apply"

    condition: Condition
    field: Field | Day | None
    at_least: int
    within_ms: int
    inclusive: bool = False

    @property
    def fact(self) -> Literal["count", "days", "distinct"]:
        """The name of the number in the moment's context."""
        if isinstance(self.field, Day):
            return "days"
        return "count" if self.field is None else "distinct"

    @property
    def reach_ms(self) -> int:
        """The window, and its edge."""
        return self.within_ms + (1 if self.inclusive else 0)

    def keeps(self) -> tuple[Field, ...]:
        """It compares no earlier touchpoint's values."""
        return ()

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return self.condition.types()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> WindowListener | None:
        """Bound to a touchpoint type."""
        condition = self.condition.folded(touchpoint_type)
        if condition is False:
            return None
        return WindowListener(self, None if condition is True else condition.check(), frame)

    def timer(self, frame: Frame) -> None:
        """It has no deadlines."""


class WindowListener:
    """``Window`` for one touchpoint type."""

    __slots__ = (
        "_at_least",
        "_check",
        "_counts_values",
        "_fact",
        "_keep_ms",
        "_key",
        "_keyed",
        "_late",
        "_reach_ms",
        "_value",
    )

    def __init__(self, window: Window, check: Check | None, frame: Frame) -> None:
        self._check = check
        self._key = keyer(frame.by)
        self._keyed = bool(frame.by)
        self._value = window.field.getter() if window.field is not None else None
        self._counts_values = window.field is not None
        self._at_least = window.at_least
        self._fact = window.fact
        self._late = frame.late == "apply"
        self._reach_ms = window.reach_ms
        self._keep_ms = self._reach_ms + (frame.allowed_lateness_ms if self._late else 0)

    def wants(self, touchpoint: Touchpoint, memory: WindowState | None) -> tuple[Key, str] | None:
        """The touchpoint's correlation and value token, if it counts."""
        if self._check is not None and not self._check(touchpoint):
            return None
        key: Key = ()
        if self._keyed:
            key = self._key(touchpoint)
            if None in key:
                return None
        if self._value is None:
            return key, ""
        value = self._value(touchpoint)
        return None if value is None else (key, token(value))

    def step(self, memory: WindowState | None, wanted: tuple[Key, str], arrival: Arrival) -> Outcome | None:
        """Place the touchpoint, drop what is too old, and look for a full window that holds it."""
        key, value = wanted
        table, at = arrival.table, arrival.at
        if memory is None:
            ref = arrival.hold()
            window = WindowState([ref], [key] if self._keyed else [], [value] if self._counts_values else [])
            return Outcome(window, at + self._keep_ms, held=(ref,))
        old, newest = memory.refs, table[memory.refs[-1]].occurred_at
        if at >= newest:
            place, newest = len(old), at
            ref = arrival.hold()
            refs = [*old, ref]
            keys = [*memory.keys, key] if self._keyed else memory.keys
            values = [*memory.values, value] if self._counts_values else memory.values
        else:
            if not self._late or at <= newest - self._keep_ms:
                return None
            place = bisect_right(old, at, key=lambda known: table[known].occurred_at)
            ref = arrival.hold()
            refs = [*old[:place], ref, *old[place:]]
            keys = [*memory.keys[:place], key, *memory.keys[place:]] if self._keyed else memory.keys
            values = [*memory.values[:place], value, *memory.values[place:]] if self._counts_values else memory.values
        window = WindowState(refs, keys, values)
        outcome = Outcome(window, newest + self._keep_ms, held=(ref,))
        if table[refs[0]].occurred_at <= newest - self._keep_ms or len(refs) > MAX_WINDOW_ENTRIES:
            self._drop(window, newest, table, outcome)
            place -= len(outcome.released)
        if place >= 0:
            end = self._end(window, place, at, table)
            if end >= 0:
                outcome.matches = (Match(key, lambda: self._find(window, end, table), opening_stays=True),)
        return outcome

    def _drop(self, window: WindowState, newest: int, table: Table, outcome: Outcome) -> None:
        """Drop what is too old, and what is over the cap, oldest first."""
        refs = window.refs
        count = 0
        while table[refs[count]].occurred_at <= newest - self._keep_ms:
            count += 1
        while len(refs) - count > MAX_WINDOW_ENTRIES:
            # Beyond the window proper an entry served late arrivals only: no loss to speak of.
            outcome.overflow += table[refs[count]].occurred_at > newest - self._reach_ms
            count += 1
        outcome.released = refs[:count]
        window.refs = refs[count:]
        window.keys = window.keys[count:]
        window.values = window.values[count:]

    def _end(self, window: WindowState, place: int, at: int, table: Table) -> int:
        """Where the fullest window ends that holds the entry at ``place``; -1: none holds enough."""
        refs, keys = window.refs, window.keys
        last = len(refs) - 1
        if place == last:
            return last if self._is_full(window, last, table[refs[last]].occurred_at - self._reach_ms, table) else -1
        fullest, number = -1, self._at_least
        for end in range(place, last + 1):
            if table[refs[end]].occurred_at - at >= self._reach_ms:
                break
            if self._keyed and keys[end] != keys[place]:
                continue
            found = self._number(window, self._places(window, end, table))
            if found >= number:
                fullest, number = end, found
        return fullest

    def _is_full(self, window: WindowState, end: int, start_at: int, table: Table) -> bool:
        refs, keys, values, at_least = window.refs, window.keys, window.values, self._at_least
        if end + 1 < at_least:
            return False
        if not self._keyed and table[refs[end + 1 - at_least]].occurred_at <= start_at:
            return False
        if not self._keyed and not self._counts_values:
            return True
        key = keys[end] if self._keyed else ()
        count = 0
        seen: set[str] = set()
        for place in range(end, -1, -1):
            if table[refs[place]].occurred_at <= start_at:
                return False
            if self._keyed and keys[place] != key:
                continue
            if self._counts_values:
                seen.add(values[place])
                count = len(seen)
            else:
                count += 1
            if count >= at_least:
                return True
        return False

    def _find(self, window: WindowState, end: int, table: Table) -> Found:
        """The evidence of the window that ends with the entry at ``end``."""
        places = self._places(window, end, table)
        return [window.refs[place] for place in places], {self._fact: self._number(window, places)}

    def _places(self, window: WindowState, end: int, table: Table) -> list[int]:
        refs, keys = window.refs, window.keys
        start_at = table[refs[end]].occurred_at - self._reach_ms
        first = bisect_right(refs, start_at, key=lambda ref: table[ref].occurred_at)
        return [place for place in range(first, end + 1) if not self._keyed or keys[place] == keys[end]]

    def _number(self, window: WindowState, places: list[int]) -> int:
        return len({window.values[place] for place in places}) if self._counts_values else len(places)
