"""Series: touchpoints with values in the order in which they occurred, and what is looked for in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from schemas.types import Touchpoint, Value
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.fields import Field, Getter, Key, keyer
from streams.detection.memory import MAX_SERIES_ENTRIES, SeriesState
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome

Values = tuple[int | float | str | None, ...]
Reads = Callable[[Touchpoint], Values | None]


class Point(NamedTuple):
    """One touchpoint of a series; ``at`` in ms UTC."""

    at: int
    values: Values
    ref: int

    @property
    def number(self) -> int | float:
        """Its value, of a series of numbers."""
        number = self.values[0]
        return number if isinstance(number, int | float) else 0


class Finding(NamedTuple):
    """Points that make a match, and the operator's facts."""

    points: Sequence[Point]
    facts: dict[str, Value]


class Judge(Protocol):
    """What is looked for in a series."""

    @property
    def default_late(self) -> Late | None:
        """As of an operator."""

    @property
    def reach_ms(self) -> int:
        """How far apart points that belong together can be at most."""

    def reader(self) -> Reads:
        """A function from touchpoint to what it looks at; None leaves the touchpoint out."""

    def finding(self, points: Sequence[Point], place: int) -> Finding | None:
        """What the point at ``place``, which has just arrived, completes."""


@dataclass(frozen=True, slots=True)
class Series:
    """Matches where a touchpoint completes what ``judge`` looks for among those of its correlation.

    A touchpoint that arrives out of order is placed by its occurred_at, unless the rule ignores
    late ones.
    """

    condition: Condition
    judge: Judge

    @property
    def default_late(self) -> Late | None:
        """As what it looks for needs it."""
        return self.judge.default_late

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return self.condition.types()

    def keeps(self) -> tuple[Field, ...]:
        """It remembers its values itself."""
        return ()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> SeriesListener | None:
        """Bound to a touchpoint type."""
        condition = self.condition.folded(touchpoint_type)
        if condition is False:
            return None
        return SeriesListener(self.judge, None if condition is True else condition.check(), frame)

    def timer(self, frame: Frame) -> None:
        """It has no deadlines."""


class SeriesListener:
    """``Series`` for one touchpoint type."""

    __slots__ = ("_check", "_judge", "_keep_ms", "_key", "_keyed", "_late", "_reads")

    def __init__(self, judge: Judge, check: Check | None, frame: Frame) -> None:
        self._judge = judge
        self._reads = judge.reader()
        self._check = check
        self._key = keyer(frame.by)
        self._keyed = bool(frame.by)
        self._late = frame.late == "apply"
        self._keep_ms = judge.reach_ms + (frame.allowed_lateness_ms if self._late else 0)

    def wants(self, touchpoint: Touchpoint, memory: SeriesState | None) -> tuple[Key, Values] | None:
        """The touchpoint's correlation and values, if it counts."""
        if self._check is not None and not self._check(touchpoint):
            return None
        key = self._key(touchpoint)
        if None in key:
            return None
        values = self._reads(touchpoint)
        return None if values is None else (key, values)

    def step(self, memory: SeriesState | None, wanted: tuple[Key, Values], arrival: Arrival) -> Outcome | None:
        """Place the touchpoint, drop what is too old, and ask what it completes."""
        key, values = wanted
        table, at = arrival.table, arrival.at
        known = memory if memory is not None else SeriesState([], [], [])
        newest = table[known.refs[-1]].occurred_at if known.refs else at
        if at < newest and (not self._late or at <= newest - self._keep_ms):
            return None
        place = bisect_right(known.refs, at, key=lambda ref: table[ref].occurred_at)
        newest = max(newest, at)
        ref = arrival.hold()
        after = SeriesState(
            _with(known.refs, place, ref),
            _with(known.keys, place, key) if self._keyed else [],
            _with(known.values, place, values),
        )
        outcome = Outcome(after, newest + self._keep_ms, held=(ref,))
        self._drop(after, newest, table, outcome)
        if ref in after.refs:
            outcome.matches = self._matches(after, key, ref, table)
        return outcome

    def _drop(self, series: SeriesState, newest: int, table: Table, outcome: Outcome) -> None:
        """Drop what is too old, and what is over the cap, oldest first."""
        refs, count = series.refs, 0
        while table[refs[count]].occurred_at <= newest - self._keep_ms:
            count += 1
        while len(refs) - count > MAX_SERIES_ENTRIES:
            outcome.overflow += table[refs[count]].occurred_at > newest - self._judge.reach_ms
            count += 1
        if count:
            outcome.released = refs[:count]
            series.refs, series.keys, series.values = refs[count:], series.keys[count:], series.values[count:]

    def _matches(self, series: SeriesState, key: Key, ref: int, table: Table) -> tuple[Match, ...]:
        points = [
            Point(table[one].occurred_at, series.values[place], one)
            for place, one in enumerate(series.refs)
            if not self._keyed or series.keys[place] == key
        ]
        place = next(place for place, point in enumerate(points) if point.ref == ref)
        finding = self._judge.finding(points, place)
        if finding is None:
            return ()
        refs, facts = [point.ref for point in finding.points], finding.facts
        return (Match(key, lambda: (refs, facts), opening_stays=True),)


def _with(items: list[Any], place: int, item: Any) -> list[Any]:
    return [*items[:place], item, *items[place:]]


def reads_number(field: Field) -> Reads:
    """A function from touchpoint to the number that it has there."""
    get = field.getter()

    def reads(touchpoint: Touchpoint) -> Values | None:
        number = number_of(get, touchpoint)
        return None if number is None else (number,)

    return reads


def number_of(get: Getter, touchpoint: Touchpoint) -> int | float | None:
    """The number that a field has; None where it is missing or no number."""
    value = get(touchpoint)
    return value if type(value) is int or type(value) is float else None
