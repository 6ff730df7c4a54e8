"""Steps in order, and absence: a sequence whose last step is that something does not happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from schemas.types import Touchpoint
from streams.detection.clause import BoundClause, Clause
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.fields import Field, Key, keyer
from streams.detection.operators.draft import Draft, Timing, last_at
from streams.detection.operators.operator import Arrival, Frame, Late, Outcome
from streams.detection.state import Partial, SequenceState


@dataclass(frozen=True, slots=True)
class Step:
    """A touchpoint that the sequence waits for.

    ``strict``: it must be the customer's next touchpoint. ``guards``: what must not happen between
    the step before and this one (``not_followed_by``); a guard wins over the step itself.
    """

    clause: Clause
    strict: bool = False
    guards: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """What must not happen after the last step.

    ``for_ms`` counts from the last step; None: until the sequence's ``within``, from the first.
    """

    clauses: tuple[Clause, ...]
    for_ms: int | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Matches when all steps have come in order, and after them, with ``absence``, nothing.

    Each touchpoint that meets ``start`` begins a partial match. ``within_ms`` bounds first to last
    step, its end excluded unless ``inclusive``; None only where there is no second step.
    A late touchpoint that is applied may end a match or be progress; no step lies before the one it follows.
    ``cancels`` end a partial match at any time after its opening. ``progress`` touchpoints are
    kept as evidence of how far it got. After a match, partial matches of the same correlation
    that began up to its last touchpoint are dropped (skip past last).
    """

    default_late: ClassVar[Late | None] = "ignore"

    start: Condition
    steps: tuple[Step, ...] = ()
    absence: Absence | None = None
    within_ms: int | None = None
    cancels: tuple[Clause, ...] = ()
    progress: Clause | None = None
    inclusive: bool = False

    def keeps(self) -> tuple[Field, ...]:
        """It compares no earlier touchpoint's values."""
        return ()

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        clauses = [*self.cancels, *(self.absence.clauses if self.absence else ())]
        clauses += [clause for step in self.steps for clause in (step.clause, *step.guards)]
        if self.progress is not None:
            clauses.append(self.progress)
        return self.start.types().union(*(clause.condition.types() for clause in clauses))

    def timing(self) -> Timing:
        """When partial matches of it end."""
        return Timing(self.within_ms, self.absence.for_ms if self.absence is not None else None, self.inclusive)

    def listener(self, touchpoint_type: str | None, frame: Frame) -> SequenceListener | None:
        """Bound to a touchpoint type; with a strict step it listens to every type."""
        listener = SequenceListener(self, touchpoint_type, frame)
        return listener if listener.can_matter else None

    def timer(self, frame: Frame) -> SequenceTimer | None:
        """Completes absences."""
        return SequenceTimer(self) if self.absence is not None else None


class SequenceListener:
    """``Sequence`` for one touchpoint type."""

    __slots__ = (
        "_absence",
        "_absent",
        "_cancels",
        "_check",
        "_guards",
        "_ignore_late",
        "_key",
        "_last",
        "_progress",
        "_starts",
        "_steps",
        "_strict",
        "_timing",
        "can_matter",
    )

    def __init__(self, sequence: Sequence, touchpoint_type: str | None, frame: Frame) -> None:
        def bound(clauses: tuple[Clause, ...]) -> tuple[BoundClause, ...]:
            some = (clause.bound(touchpoint_type, frame.by) for clause in clauses)
            return tuple(clause for clause in some if clause is not None)

        start = sequence.start.folded(touchpoint_type)
        self._starts = start is not False
        self._check: Check | None = None if isinstance(start, bool) else start.check()
        self._steps = tuple(step.clause.bound(touchpoint_type, frame.by) for step in sequence.steps)
        self._guards = tuple(bound(step.guards) for step in sequence.steps)
        self._strict = tuple(step.strict for step in sequence.steps)
        self._last = len(sequence.steps)
        self._cancels = bound(sequence.cancels)
        self._absence = sequence.absence is not None
        self._absent = bound(sequence.absence.clauses) if sequence.absence is not None else ()
        self._progress = sequence.progress.bound(touchpoint_type, frame.by) if sequence.progress else None
        self._timing = sequence.timing()
        self._ignore_late = frame.late == "ignore"
        self._key = keyer(frame.by)
        self.can_matter = bool(
            self._starts
            or any(self._steps)
            or any(self._guards)
            or any(self._strict)
            or self._cancels
            or self._absent
            or self._progress
        )

    def wants(self, touchpoint: Touchpoint, memory: SequenceState | None) -> bool | None:
        """Whether the touchpoint begins a match; None when it does not and there is none to go on."""
        begins = self._starts and (self._check is None or self._check(touchpoint))
        return begins if begins or memory is not None else None

    def step(self, memory: SequenceState | None, wanted: bool, arrival: Arrival) -> Outcome | None:
        """Take the touchpoint to every partial match, oldest first, and then let it begin its own."""
        key = self._key(arrival.touchpoint)
        if memory is None:
            return None if None in key else self._only(self._begun(key, arrival), arrival)
        partials = memory.partials
        if len(partials) == 1 and not wanted:
            now = self._advanced(partials[0], key, arrival)
            if now is partials[0]:
                return None
            if now is None:
                return Outcome(released=[*partials[0].refs, *partials[0].progress])
            return self._all(partials, [now], key, False, arrival)
        return self._all(partials, [self._advanced(one, key, arrival) for one in partials], key, wanted, arrival)

    def _only(self, begun: Partial, arrival: Arrival) -> Outcome:
        """The shortest way to the commonest outcome: nothing was going on, and a match begins."""
        until = self._timing.end(begun, arrival.table)
        return Outcome(SequenceState([begun]), until, begun.due, (arrival.ref,))

    def _all(
        self, before: list[Partial], after: list[Partial | None], key: Key, begins: bool, arrival: Arrival
    ) -> Outcome | None:
        draft = Draft()
        for partial, now in zip(before, after, strict=True):
            if now is partial:
                draft.live.append(partial)
            elif now is None:
                draft.end(partial)
            elif now.due is None and len(now.refs) > self._last:
                draft.complete(now)
                draft.end(partial)
            else:
                draft.go_on(now, arrival.ref)
        if begins and None not in key and all(key != match.key for match in draft.done):
            begun = self._begun(key, arrival)
            draft.go_on(begun, arrival.ref)
        return draft.outcome(self._timing, arrival.table) if draft.changed else None

    def _begun(self, key: Key, arrival: Arrival) -> Partial:
        begun = Partial(key, [arrival.hold()], [])
        return begun if self._last else self._armed(begun, arrival)

    def _advanced(self, partial: Partial, key: Key, arrival: Arrival) -> Partial | None:
        """The partial match after this touchpoint: itself when nothing changes, None when it ends."""
        table, at, touchpoint = arrival.table, arrival.at, arrival.touchpoint
        if at < table[partial.refs[0]].occurred_at or (self._ignore_late and at < last_at(partial, table)):
            return partial
        over = at >= self._timing.end(partial, table)
        if partial.due is not None:
            if over:
                return partial
            if _any(self._cancels, touchpoint, key, partial) or _any(self._absent, touchpoint, key, partial):
                return None
        else:
            step = len(partial.refs) - 1
            if over or _any(self._cancels, touchpoint, key, partial):
                return None
            if _any(self._guards[step], touchpoint, key, partial):
                return None
            clause = self._steps[step]
            in_order = at >= table[partial.refs[-1]].occurred_at
            if clause is not None and in_order and clause.holds(touchpoint, key, partial.key):
                taken = Partial(partial.key, [*partial.refs, arrival.hold()], partial.progress)
                return self._armed(taken, arrival) if step + 1 == self._last else taken
            if self._strict[step]:
                return None
        if self._progress is not None and self._progress.holds(touchpoint, key, partial.key):
            return Partial(partial.key, partial.refs, [*partial.progress, arrival.hold()], partial.due)
        return partial

    def _armed(self, partial: Partial, arrival: Arrival) -> Partial:
        """All steps taken: with an absence the deadline is set, late grace included where it is past."""
        if self._absence:
            end = self._timing.absent_until(partial, arrival.table)
            partial.due = end if end > arrival.clock else arrival.clock + arrival.grace_ms
        return partial


class SequenceTimer:
    """Completes the absences of a ``Sequence``."""

    __slots__ = ("_timing",)

    def __init__(self, sequence: Sequence) -> None:
        self._timing = sequence.timing()

    def expire(self, memory: SequenceState, due: int, table: Table) -> Outcome:
        """Complete every partial match that is due, oldest first."""
        draft = Draft()
        for partial in memory.partials:
            if partial.due is None or partial.due > due:
                draft.live.append(partial)
            else:
                draft.complete(partial)
                draft.end(partial)
        return draft.outcome(self._timing, table)

    def skip(self, memory: SequenceState, due: int, table: Table) -> Outcome:
        """Drop every partial match that is due."""
        draft = Draft()
        for partial in memory.partials:
            if partial.due is None or partial.due > due:
                draft.live.append(partial)
            else:
                draft.end(partial)
        return draft.outcome(self._timing, table)


def _any(clauses: tuple[BoundClause, ...], touchpoint: Touchpoint, key: Key, partial: Partial) -> bool:
    for clause in clauses:  # noqa: SIM110 - a generator costs three times as much
        if clause.holds(touchpoint, key, partial.key):
            return True
    return False
