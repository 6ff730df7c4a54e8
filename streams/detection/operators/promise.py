"""Promises: what was delivered against what was promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec

from schemas.types import Touchpoint, Value
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.fields import Field, Getter, Key, keyer
from streams.detection.memory import MAX_OPEN_PROMISES, MAX_PROMISE_RESULTS, PromiseEntry, PromiseResult, PromiseState
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome, exchanged

Level = Literal["below", "minimum", "met", "exceeded"]
LEVELS: tuple[Level, ...] = ("below", "minimum", "met", "exceeded")
Part = Literal["made", "changed", "kept", "cancelled"]


@dataclass(frozen=True, slots=True)
class Promise:
    """Matches when a promise comes to one of ``levels``, or has done so ``at_least`` times.

    By time: *exceeded* when kept at least ``early_ms`` before the due time, *met* before it,
    *minimum* less than ``tolerance_ms`` after it, else *below*; that is known, and fires, at the
    end of the tolerance. With ``quantity`` and ``delivered`` the level of a promise that is kept
    follows from the quantities instead: *met* is the whole, *minimum* at least 1 - ``shortfall``
    of it, *exceeded* at least 1 + ``surplus``.

    All touchpoints of one promise agree on the rule's ``by``. A change sets due time and quantity
    anew; of several the newest by occurred_at counts. A due time is none if it is no whole number
    of ms UTC, not after the touchpoint that sets it, or more than ``at_most_ms`` after it. What
    arrives before the touchpoint that made the promise is remembered for the allowed lateness.
    """

    default_late: ClassVar[Late | None] = "apply"

    made: Condition
    kept: Condition
    changed: Condition | None
    cancelled: Condition | None
    due: Field
    levels: tuple[Level, ...]
    at_most_ms: int
    early_ms: int | None = None
    tolerance_ms: int = 0
    quantity: Field | None = None
    delivered: Field | None = None
    surplus: float | None = None
    shortfall: float = 0.0
    at_least: int = 1
    within_ms: int = 0
    inclusive: bool = False

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return frozenset().union(*(condition.types() for _, condition in self._parts()))

    def keeps(self) -> tuple[Field, ...]:
        """It compares no earlier touchpoint's values."""
        return ()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> PromiseListener | None:
        """Bound to a touchpoint type."""
        folded = [(part, condition.folded(touchpoint_type)) for part, condition in self._parts()]
        checks = tuple((part, None if one is True else one.check()) for part, one in folded if one is not False)
        return PromiseListener(self, checks, frame) if checks else None

    def timer(self, frame: Frame) -> PromiseTimer:
        """Tells what was not kept."""
        return PromiseTimer(self, frame)

    def _parts(self) -> tuple[tuple[Part, Condition], ...]:
        parts: tuple[tuple[Part, Condition | None], ...] = (
            ("made", self.made),
            ("changed", self.changed),
            ("kept", self.kept),
            ("cancelled", self.cancelled),
        )
        return tuple((part, condition) for part, condition in parts if condition is not None)


class _Word(msgspec.Struct, gc=False):
    """What a touchpoint says about a promise."""

    part: Part
    key: Key
    due: int | None = None
    number: int | float | None = None
    """The quantity promised, or delivered."""


class PromiseListener:
    """``Promise`` for one touchpoint type."""

    __slots__ = ("_applies_late", "_checks", "_delivered", "_due", "_key", "_most_ms", "_quantity", "_results")

    def __init__(self, promise: Promise, checks: tuple[tuple[Part, Check | None], ...], frame: Frame) -> None:
        self._checks = checks
        self._key = keyer(frame.by)
        self._due: Getter = promise.due.getter()
        self._quantity = promise.quantity.getter() if promise.quantity is not None else None
        self._delivered = promise.delivered.getter() if promise.delivered is not None else None
        self._most_ms = promise.at_most_ms
        self._applies_late = frame.late == "apply"
        self._results = _Results(promise, frame)

    def wants(self, touchpoint: Touchpoint, memory: PromiseState | None) -> _Word | None:
        """What it says; None when it says nothing, or nothing that could ever matter."""
        for part, check in self._checks:  # noqa: B007 - it is used after the loop
            if check is None or check(touchpoint):
                break
        else:
            return None
        if memory is None and part != "made" and not self._applies_late:
            return None
        key = self._key(touchpoint)
        if None in key:
            return None
        word = _Word(part, key)
        if part in ("made", "changed"):
            word.due = self._due_of(touchpoint)
            word.number = _number(self._quantity, touchpoint)
            if word.due is None and word.number is not None and part == "made" and self._due(touchpoint) is None:
                word.due = touchpoint["occurred_at"] + self._most_ms
            if part == "made" and self._quantity is not None and word.number is None:
                return None
            is_told = word.due is not None or (part == "changed" and word.number is not None)
            return word if is_told else None
        word.number = _number(self._delivered, touchpoint)
        return word

    def step(self, memory: PromiseState | None, wanted: _Word, arrival: Arrival) -> Outcome | None:
        """Put it to its promise."""
        known = memory if memory is not None else PromiseState([])
        entries = self._results.live(known.entries, arrival.clock)
        place = next((place for place, entry in enumerate(entries) if entry.key == wanted.key), -1)
        before = entries[place] if place >= 0 else PromiseEntry(wanted.key, [])
        after = self._told(before, wanted, arrival)
        if after is before:
            return None
        level = self._results.level(after) if after.ended_at is not None and after.made_at is not None else None
        ended = after.made_at is not None and after.ended_at is not None
        if place >= 0:
            del entries[place]
        if not ended:
            entries.insert(place if place >= 0 else len(entries), after)
        if level is None:
            return self._results.outcome(known, entries, known.results, (), arrival.table)
        results, match = self._results.add(known.results, after, level, after.ended_at or 0, arrival.table)
        return self._results.outcome(known, entries, results, match, arrival.table)

    def _told(self, entry: PromiseEntry, word: _Word, arrival: Arrival) -> PromiseEntry:
        """The promise after that; itself when it says nothing new."""
        at, made_at = arrival.at, entry.made_at
        if made_at is None and word.part != "made" and not self._applies_late:
            return entry
        if word.part in ("made", "changed"):
            if word.part == "changed" and made_at is not None and at < made_at:
                return entry
            after = msgspec.structs.replace(entry, refs=self._refs(entry, word, arrival))
            if word.part == "made":
                after.made_at = at if made_at is None else min(at, made_at)
            # What is named replaces what was promised; what is not named stays.
            is_newer = at >= entry.set_at
            new, old = (word, entry) if is_newer else (entry, word)
            after.due = new.due if new.due is not None else old.due
            after.quantity = _quantity(new) if _quantity(new) is not None else _quantity(old)
            after.set_at = max(at, entry.set_at)
            if after.ended_at is not None and after.made_at is not None and after.ended_at < after.made_at:
                after.ended_at = None
                after.refs = [ref for ref in after.refs if arrival.table[ref].occurred_at >= after.made_at]
            self._arm(after, arrival)
            return after
        if (made_at is not None and at < made_at) or (entry.ended_at is not None and entry.ended_at <= at):
            return entry
        after = msgspec.structs.replace(entry, ended_at=at, delivered=word.number)
        after.is_cancelled, after.fires_at = word.part == "cancelled", None
        others = [ref for ref in entry.refs if arrival.table[ref].occurred_at != entry.ended_at]
        after.refs = [*others, arrival.hold()]
        return after

    def _refs(self, entry: PromiseEntry, word: _Word, arrival: Arrival) -> list[int]:
        """What made it, its last change, and its end where that came first: by occurred_at, at most three."""
        table = arrival.table
        refs = sorted([*entry.refs, arrival.hold()], key=lambda ref: table[ref].occurred_at)
        return refs if len(refs) <= 3 else [refs[0], *refs[-2:]]

    def _arm(self, entry: PromiseEntry, arrival: Arrival) -> None:
        if entry.made_at is None or entry.ended_at is not None or entry.due is None:
            return
        end = self._results.broken_at(entry.due)
        entry.fires_at = end if end > arrival.clock else arrival.clock + arrival.grace_ms

    def _due_of(self, touchpoint: Touchpoint) -> int | None:
        due = self._due(touchpoint)
        at = touchpoint["occurred_at"]
        return due if type(due) is int and at < due <= at + self._most_ms else None


class PromiseTimer:
    """Finds promises that were not kept."""

    __slots__ = ("_results",)

    def __init__(self, promise: Promise, frame: Frame) -> None:
        self._results = _Results(promise, frame)

    def expire(self, memory: PromiseState, due: int, table: Table) -> Outcome:
        """Every promise whose time is up is below, oldest first."""
        results, matches = memory.results, []
        live: list[PromiseEntry] = []
        for entry in memory.entries:
            if entry.fires_at is None or entry.fires_at > due:
                live.append(entry)
                continue
            results, match = self._results.add(results, entry, "below", due, table)
            matches += match
        return self._results.outcome(memory, live, results, matches, table)

    def skip(self, memory: PromiseState, due: int, table: Table) -> Outcome:
        """Drop what is due."""
        live = [entry for entry in memory.entries if entry.fires_at is None or entry.fires_at > due]
        return self._results.outcome(memory, live, memory.results, (), table)


class _Results:
    """Levels, and how often they came."""

    __slots__ = ("_edge", "_promise", "_remember_ms")

    def __init__(self, promise: Promise, frame: Frame) -> None:
        self._promise = promise
        self._edge = 1 if promise.inclusive else 0
        self._remember_ms = frame.allowed_lateness_ms if frame.late == "apply" else 0

    def broken_at(self, due: int) -> int:
        """From then on it is too late, ms UTC."""
        return due + self._promise.tolerance_ms + self._edge

    def level(self, entry: PromiseEntry) -> Level | None:
        """The level that it came to; None when it was cancelled."""
        promise = self._promise
        if entry.is_cancelled or entry.due is None or entry.ended_at is None:
            return None
        if promise.quantity is not None:
            return self._level_of_quantity(entry)
        if entry.ended_at < entry.due + self._edge:
            early = promise.early_ms is not None and entry.ended_at <= entry.due - promise.early_ms
            return "exceeded" if early else "met"
        return "minimum" if entry.ended_at < self.broken_at(entry.due) else "below"

    def _level_of_quantity(self, entry: PromiseEntry) -> Level | None:
        promise, wanted, got = self._promise, entry.quantity, entry.delivered
        if wanted is None or got is None or wanted <= 0:
            return None
        if promise.surplus is not None and got >= wanted * (1 + promise.surplus):
            return "exceeded"
        if got >= wanted:
            return "met"
        return "minimum" if got >= wanted * (1 - promise.shortfall) else "below"

    def add(
        self, results: list[PromiseResult], entry: PromiseEntry, level: Level, at: int, table: Table
    ) -> tuple[list[PromiseResult], list[Match]]:
        """The results with this one, and the match that it makes."""
        promise = self._promise
        if level not in promise.levels:
            return results, []
        facts: dict[str, Value] = {"level": level, "due_at": entry.due}
        if promise.at_least == 1:
            return results, [Match(entry.key, _finder([entry.refs], facts, table))]
        results = sorted([*results, PromiseResult(at, entry.refs)], key=lambda result: result.at)
        start = at - promise.within_ms - self._edge
        counted = [result for result in results if start < result.at <= at][-MAX_PROMISE_RESULTS:]
        if len(counted) < promise.at_least:
            return results, []
        found = _finder([result.refs for result in counted], {**facts, "count": len(counted)}, table)
        return results, [Match(entry.key, found, opening_stays=True)]

    def live(self, entries: list[PromiseEntry], clock: int) -> list[PromiseEntry]:
        """Those that something may still come of."""
        return [entry for entry in entries if self._until(entry) > clock]

    def _until(self, entry: PromiseEntry) -> int:
        if entry.fires_at is not None:
            return entry.fires_at
        return max(entry.set_at, entry.ended_at or 0) + self._remember_ms + 1

    def outcome(
        self,
        before: PromiseState,
        entries: list[PromiseEntry],
        results: list[PromiseResult],
        matches: Sequence[Match],
        table: Table,
    ) -> Outcome:
        """What the step comes to, with what is over the caps dropped."""
        keep_ms = self._promise.within_ms + self._edge + self._remember_ms
        newest = results[-1].at if results else 0
        results = [result for result in results if result.at > newest - keep_ms]
        overflow = max(len(entries) - MAX_OPEN_PROMISES, 0) + max(len(results) - MAX_PROMISE_RESULTS, 0)
        entries, results = entries[-MAX_OPEN_PROMISES:], results[-MAX_PROMISE_RESULTS:]
        after = PromiseState(entries, results) if entries or results else None
        held, released = exchanged(before.references(), after.references() if after is not None else [])
        dues = [entry.fires_at for entry in entries if entry.fires_at is not None]
        until = max([newest + keep_ms if results else 0, *(self._until(entry) for entry in entries)])
        return Outcome(after, until, min(dues, default=None), held, released, matches, overflow)


def _finder(
    refs: list[list[int]], facts: dict[str, Value], table: Table
) -> Callable[[], tuple[list[int], dict[str, Value]]]:
    every = [ref for some in refs for ref in some]
    return lambda: (sorted(dict.fromkeys(every), key=lambda ref: table[ref].occurred_at), facts)


def _quantity(told: _Word | PromiseEntry) -> int | float | None:
    return told.number if isinstance(told, _Word) else told.quantity


def _number(get: Getter | None, touchpoint: Touchpoint) -> int | float | None:
    value = get(touchpoint) if get is not None else None
    return value if type(value) is int or type(value) is float else None
