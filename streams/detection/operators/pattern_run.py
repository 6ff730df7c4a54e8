"""How a pattern runs: touchpoints and deadlines through its automaton."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.types import Touchpoint
from streams.detection.clause import BoundClause, Clause
from streams.detection.conditions import EARLIER, Check, Condition, Reference, references
from streams.detection.evidence import Table
from streams.detection.fields import Key, key_text, keyer
from streams.detection.memory import (
    FOREVER,
    MAX_BROKEN,
    MAX_SPENT,
    MAX_TAKEN,
    Attempt,
    PatternState,
    lasting,
)
from streams.detection.operators.automaton import Question
from streams.detection.operators.operator import Arrival, Frame, Outcome
from streams.detection.operators.pattern_plan import Done, Plan

if TYPE_CHECKING:
    from streams.detection.operators.pattern import Pattern


class _Asked:
    """Answers about one touchpoint, for one partial match; each is worked out once."""

    __slots__ = ("_answers", "_attempt", "_key", "_listener", "_opening", "_table", "_touchpoint", "at", "last_at")

    def __init__(self, listener: PatternListener, arrival: Arrival, key: Key, attempt: Attempt | None) -> None:
        self._listener = listener
        self._key = key
        self._opening = attempt.key if attempt is not None else key
        self._answers: dict[Question, bool] = {}
        self.at = arrival.at
        self.last_at = arrival.table[attempt.refs[-1]].occurred_at if attempt is not None else arrival.at
        self._attempt, self._table = attempt, arrival.table
        self._touchpoint: Mapping[str, Any] = arrival.touchpoint
        if listener.compares:
            self._touchpoint = {**arrival.touchpoint, EARLIER: listener.earlier(attempt, arrival.table)}

    def holds(self, tests: tuple[tuple[bool, tuple[tuple[Question, bool], ...]], ...]) -> bool:
        """Whether an edge is open."""
        for wanted, terms in tests:
            if wanted != all(self._answer(question) == answer for question, answer in terms):
                return False
        return True

    def _answer(self, question: Question) -> bool:
        known = self._answers.get(question)
        if known is None:
            known = self._answers[question] = self._found(question)
        return known

    def _found(self, question: Question) -> bool:
        listener, place = self._listener, question.part
        if question.word == "until":
            check = listener.untils[place]
            return check is not None and check(self._touchpoint)
        clause = listener.clauses[place]
        if clause is None or not self._is_time(question):
            return False
        if question.word == "take" and self.at < self._floor(place):
            return False
        return clause.holds(self._touchpoint, self._key, self._opening)

    def _floor(self, place: int) -> int:
        """The newest touchpoint of another step: none lies before the one it follows, however late it arrives."""
        if self._attempt is None:
            return self.at
        taken = zip(self._attempt.refs, self._attempt.parts, strict=True)
        return max((self._table[ref].occurred_at for ref, part in taken if part != place), default=self.at)

    def _is_time(self, question: Question) -> bool:
        """A timed absence between two steps forbids as long as it lasts; the step counts from then on."""
        steps, place = self._listener.plan.steps, question.part
        if question.word == "guard":
            lasts = steps[place].for_ms if place + 1 < len(steps) else None
            return lasts is None or self.at < self.last_at + lasts + self._listener.plan.edge
        silent = [step.for_ms for step in self._listener.silences[place] if step.for_ms is not None]
        return all(self.at >= self.last_at + lasts + self._listener.plan.edge for lasts in silent)


class PatternListener:
    """``Pattern`` for one touchpoint type."""

    __slots__ = (
        "_before",
        "_before_check",
        "_begins",
        "_cancels",
        "_ignore_late",
        "_inert",
        "_key",
        "_lateness_ms",
        "_spawned",
        "_touches",
        "can_matter",
        "clauses",
        "compares",
        "plan",
        "rests",
        "silences",
        "untils",
    )

    def __init__(self, pattern: Pattern, touchpoint_type: str | None, frame: Frame) -> None:
        def bound(clause: Clause) -> BoundClause | None:
            return clause.bound(touchpoint_type, frame.by)

        self.plan = Plan(pattern)
        self.clauses = tuple(bound(step.clause) for step in pattern.steps)
        self.untils = tuple(_check(step.until, touchpoint_type) for step in pattern.steps)
        self.silences = tuple(_silences_before(pattern, place) for place in range(len(pattern.steps)))
        self.compares = any(references(condition) for condition in pattern.conditions())
        self._cancels = tuple(clause for clause in (bound(one) for one in pattern.cancels) if clause is not None)
        self._before = pattern.before
        self._before_check = _check(pattern.before.condition, touchpoint_type) if pattern.before is not None else None
        self._key = keyer(frame.by)
        self._inert = tuple(self._is_inert(number) for number in range(len(self.plan.states)))
        self._spawned = tuple(self._absences(number) for number in range(len(self.plan.states)))
        self._begins = self._can_begin()
        self._touches = bool(self._cancels) or not all(self._inert)
        self._ignore_late = frame.late == "ignore"
        self._lateness_ms = frame.allowed_lateness_ms
        # Such a touchpoint only says since when it is known what happened: it matters as the first one alone.
        self.rests = self._before is not None and self._before_check is None and not self._begins and not self._touches
        parts = [step.part for step in pattern.steps]
        is_strict = any("next" in (part.contiguity, part.inner) or part.negated == "not_next" for part in parts[1:])
        self.can_matter = bool(
            any(self.clauses)
            or any(self.untils)
            or self._cancels
            or self._before is not None
            or is_strict
            or parts[0].inner == "next"
        )

    def _is_inert(self, number: int) -> bool:
        """Whether every touchpoint of this type leaves a partial match in that state as it is."""
        state = self.plan.states[number]
        stays = False
        for edge in state.edges:
            questions = [question for _, terms in edge.tests for question, _ in terms]
            if edge.action == "proceed" and not questions:
                return False
            for question in questions:
                of_type = self.untils if question.word == "until" else self.clauses
                if of_type[question.part] is not None:
                    return False
            is_open = all(wanted == all(not answer for _, answer in terms) for wanted, terms in edge.tests)
            if is_open and (edge.action != "ignore" or edge.target != number):
                return False
            stays = stays or is_open
        return stays and (state.kind != "ripe" or self.untils[state.part] is None)

    def _absences(self, number: int) -> tuple[int, ...]:
        """Absences at the end that begin with that state: all steps before them may be left out or have come."""
        states, found, waiting = self.plan.states, list[int](), [number]
        for one in waiting:
            for edge in states[one].edges:
                if edge.action == "proceed" and not any(wanted for wanted, _ in edge.tests):
                    (found if states[edge.target].kind == "pending" else waiting).append(edge.target)
        return tuple(dict.fromkeys(found))

    def wants(self, touchpoint: Touchpoint, memory: PatternState | None) -> bool | None:
        """None when nothing is going on that it could change, and it can begin nothing."""
        if self._begins or (self._touches and memory is not None and memory.attempts):
            return True
        return True if self._before is not None and (memory is None or self._before_check is not None) else None

    def _can_begin(self) -> bool:
        """Whether a touchpoint of this type can be a first one."""
        for place, clause in enumerate(self.clauses):
            if clause is not None:
                return True
            if not self.plan.steps[place].part.optional:
                return False
        return False

    def step(self, memory: PatternState | None, wanted: bool, arrival: Arrival) -> Outcome | None:
        """Take the touchpoint to every partial match, oldest first, and then, if ``wanted``, let it begin its own."""
        if self._before is not None and not self._begins and (memory is None or not memory.attempts):
            return self._watched(memory, arrival)
        before = memory if memory is not None else PatternState([])
        key = self._key(arrival.touchpoint)
        after = PatternState([], before.since, before.broken, before.spent)
        if self._before is not None or self.plan.every == "once":
            after.is_known = arrival.touchpoint["identified"]
        done: list[Done] = []
        busy = False
        changed = False
        for attempt in before.attempts:
            live = self._advanced(attempt, key, arrival, done)
            changed = changed or len(live) != 1 or live[0] is not attempt
            if self.plan.every == "whole" and attempt.key == key and not self._is_over(attempt, arrival):
                busy = True
            after.attempts += live
        overflow = 0
        if wanted and None not in key and self._may_begin(after, key, arrival, busy):
            begun = self._entered(None, key, arrival, done)
            if begun or (done and done[-1].attempt.refs == [arrival.ref]):
                changed = True
                overflow += self._note_spent(after, key)
            after.attempts += begun
        if self._before is not None:
            noted, lost = self._note_broken(after, key, arrival)
            changed, overflow = changed or noted, overflow + lost
        if not changed and not done:
            return None
        overflow += sum(_shortened(attempt) for attempt in after.attempts)
        return self.plan.outcome(before, after, done, arrival.table, arrival.at, overflow)

    def _watched(self, memory: PatternState | None, arrival: Arrival) -> Outcome | None:
        """The shortest way: nothing is under way and nothing can begin, so only the absence before is looked at."""
        after = PatternState([], memory.since, memory.broken, memory.spent) if memory is not None else PatternState([])
        after.is_known = arrival.touchpoint["identified"]
        key = self._key(arrival.touchpoint) if self._before_check is not None else ()
        noted, lost = self._note_broken(after, key, arrival)
        if not noted:
            return None
        return Outcome(after, max(0, lasting(after.is_known, arrival.at)), overflow=lost)

    def _is_over(self, attempt: Attempt, arrival: Arrival) -> bool:
        return arrival.at >= self.plan.end(attempt, arrival.table)

    def _may_begin(self, state: PatternState, key: Key, arrival: Arrival, busy: bool) -> bool:
        plan = self.plan
        if plan.every == "whole" and busy:
            return False
        if plan.every == "once" and (key_text(key) in state.spent or len(state.spent) >= MAX_SPENT):
            return False
        if self._before is None:
            return True
        if state.since is None:
            return False
        quiet_since = max(state.since, state.broken.get(key_text(key), state.since))
        return arrival.at >= quiet_since + self._before.for_ms + plan.edge

    def _note_spent(self, state: PatternState, key: Key) -> int:
        if self.plan.every != "once":
            return 0
        state.spent = [*state.spent, key_text(key)]
        return len(state.spent) == MAX_SPENT

    def _note_broken(self, state: PatternState, key: Key, arrival: Arrival) -> tuple[bool, int]:
        """Note when the absence before the start was broken; whether that is news, and what was lost."""
        news, lost = state.since is None, 0
        if state.since is None:
            state.since = arrival.at
        if None in key or self._before_check is None or not self._before_check(arrival.touchpoint):
            return news, lost
        name, at = key_text(key), arrival.at
        if at <= state.broken.get(name, -1):
            return news, lost
        for_ms = self._before.for_ms if self._before is not None else 0
        still = at - for_ms - self._lateness_ms - 1
        state.broken = {one: when for one, when in state.broken.items() if when > still}
        state.broken[name] = at
        if len(state.broken) > MAX_BROKEN:
            oldest = min(state.broken, key=lambda one: state.broken[one])
            state.since, lost = max(state.since, state.broken.pop(oldest)), 1
        return True, lost

    def _advanced(self, attempt: Attempt, key: Key, arrival: Arrival, done: list[Done]) -> list[Attempt]:
        """What the partial match becomes: itself where nothing changes, several where it branches."""
        table, at = arrival.table, arrival.at
        times = [table[ref].occurred_at for ref in attempt.refs]
        if at < times[0] or (self._ignore_late and at < max(times)):
            return [attempt]
        if at >= self.plan.end(attempt, table):
            return [attempt] if attempt.due is not None else []
        if self._inert[attempt.state] and not self._cancels:
            return [attempt]
        for clause in self._cancels:
            if clause.holds(arrival.touchpoint, key, attempt.key):
                return []
        return self._entered(attempt, key, arrival, done)

    def _entered(self, attempt: Attempt | None, key: Key, arrival: Arrival, done: list[Done]) -> list[Attempt]:
        """Every way that a touchpoint opens from there; None: from the start."""
        asked, states = _Asked(self, arrival, key, attempt), self.plan.states
        live: list[Attempt] = []
        is_stopped = False
        number = attempt.state if attempt is not None else 0
        is_ripe, known = attempt is not None and states[number].kind == "ripe", len(done)
        if (
            attempt is not None
            and is_ripe
            and asked.holds(((True, ((Question("until", states[number].part), True),)),))
        ):
            done.append(Done(attempt, is_finished=True))
            return []
        waiting = [number]
        while waiting:
            number = waiting.pop(0)
            for edge in states[number].edges:
                if not asked.holds(edge.tests):
                    continue
                target = states[edge.target]
                if edge.action == "proceed":
                    if target.kind == "stop":
                        is_stopped = True
                    waiting.append(edge.target)
                elif edge.action == "take":
                    taken = self._taken(attempt, key, states[number].part, edge.target, arrival)
                    if target.kind == "final":
                        done.append(Done(taken, is_finished=True))
                    else:
                        live.append(taken)
                        live += [self._at(taken, absence, arrival) for absence in self._spawned[edge.target]]
                        if self._falls_through(edge.target, asked):
                            done.append(Done(taken, is_finished=True))
                elif attempt is not None and target.kind == "final":
                    done.append(Done(attempt, is_finished=True))
                elif attempt is not None and edge.target not in self._spawned[attempt.state]:
                    same = edge.target == attempt.state
                    live.append(attempt if same else self._at(attempt, edge.target, arrival))
        if attempt is not None and is_ripe and not live and not is_stopped and len(done) == known:
            done.append(Done(attempt, is_finished=True))
        return [] if is_stopped else live

    def _falls_through(self, number: int, asked: _Asked) -> bool:
        """Whether everything that follows may be left out."""
        states, waiting = self.plan.states, [number]
        while waiting:
            for edge in states[waiting.pop(0)].edges:
                if edge.action == "proceed" and asked.holds(edge.tests):
                    if states[edge.target].kind == "final":
                        return True
                    waiting.append(edge.target)
        return False

    def _taken(self, attempt: Attempt | None, key: Key, part: int, state: int, arrival: Arrival) -> Attempt:
        ref = arrival.hold()
        if attempt is None:
            return self._armed(Attempt(key, state, [ref], [part]), arrival)
        return self._armed(Attempt(attempt.key, state, [*attempt.refs, ref], [*attempt.parts, part]), arrival)

    def _at(self, attempt: Attempt, state: int, arrival: Arrival) -> Attempt:
        return self._armed(Attempt(attempt.key, state, attempt.refs, attempt.parts), arrival)

    def _armed(self, attempt: Attempt, arrival: Arrival) -> Attempt:
        """With its deadline, late grace included where that is past."""
        if self.plan.states[attempt.state].kind in ("normal", "pending", "ripe") and self.plan.waits(attempt):
            end = self.plan.end(attempt, arrival.table)
            if end < FOREVER:
                attempt.due = end if end > arrival.clock else arrival.clock + arrival.grace_ms
        return attempt

    def earlier(self, attempt: Attempt | None, table: Table) -> Any:
        """A function from reference to the value that the partial match has of it."""
        places = self.plan.places

        def value(reference: Reference) -> Any:
            if attempt is None:
                return None
            part = places[reference.step]
            refs = [ref for ref, taken in zip(attempt.refs, attempt.parts, strict=True) if taken == part]
            kept = table[refs[0 if reference.which == "first" else -1]].kept if refs else None
            return kept.get(reference.field.text) if kept is not None else None

        return value


class PatternTimer:
    """Completes the absences of a ``Pattern``, and tells of partial matches whose time ran out."""

    __slots__ = ("_plan",)

    def __init__(self, pattern: Pattern) -> None:
        self._plan = Plan(pattern)

    def expire(self, memory: PatternState, due: int, table: Table) -> Outcome:
        """Report every partial match that is due."""
        plan, done = self._plan, list[Done]()
        live: list[Attempt] = []
        for attempt in memory.attempts:
            if attempt.due is None or attempt.due > due:
                live.append(attempt)
            elif plan.states[attempt.state].kind != "pending":
                done.append(Done(attempt, is_finished=plan.states[attempt.state].kind == "ripe"))
            else:
                step = plan.steps[plan.states[attempt.state].part]
                again = attempt.fired + 1 < step.repeat and step.for_ms is not None
                done.append(Done(attempt, is_finished=True, stays=again))
                if again and step.for_ms is not None:
                    live.append(
                        msgspec.structs.replace(attempt, due=attempt.due + step.for_ms, fired=attempt.fired + 1)
                    )
        return plan.outcome(memory, self._with(memory, live), done, table, due)

    def skip(self, memory: PatternState, due: int, table: Table) -> Outcome:
        """Drop every partial match that is due."""
        live = [attempt for attempt in memory.attempts if attempt.due is None or attempt.due > due]
        return self._plan.outcome(memory, self._with(memory, live), [], table, due)

    @staticmethod
    def _with(memory: PatternState, attempts: list[Attempt]) -> PatternState:
        return PatternState(attempts, memory.since, memory.broken, memory.spent, memory.is_known)


def _check(condition: Condition | None, touchpoint_type: str | None) -> Check | None:
    """The condition for that type; None where it never holds."""
    if condition is None:
        return None
    folded = condition.folded(touchpoint_type)
    if isinstance(folded, bool):
        return _always if folded else None
    return folded.check()


def _always(touchpoint: Mapping[str, Any]) -> bool:
    return True


def _silences_before(pattern: Pattern, place: int) -> tuple[Any, ...]:
    """Timed absences between that step and the one before it."""
    found = []
    while place > 0 and pattern.steps[place - 1].part.negated == "not_followed_by":
        place -= 1
        found.append(pattern.steps[place])
    return tuple(found)


def _shortened(attempt: Attempt) -> int:
    """Drop what a long loop took beyond the cap, but for the opening; how many were dropped."""
    extra = len(attempt.refs) - MAX_TAKEN
    if extra <= 0:
        return 0
    attempt.refs = [attempt.refs[0], *attempt.refs[extra + 1 :]]
    attempt.parts = [attempt.parts[0], *attempt.parts[extra + 1 :]]
    return extra
