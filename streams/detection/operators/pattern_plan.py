"""What listener and timer of a pattern both know: its automaton, when matches end, and what they drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.types import Value
from streams.detection.evidence import Table
from streams.detection.memory import FOREVER, MAX_ATTEMPTS, Attempt, PatternState, lasting
from streams.detection.operators.automaton import State, automaton
from streams.detection.operators.operator import Match, Outcome, exchanged

if TYPE_CHECKING:
    from streams.detection.operators.pattern import Pattern


class Done(NamedTuple):
    """A partial match that is to be reported."""

    attempt: Attempt
    is_finished: bool
    stays: bool = False
    """Whether it lives on and may be reported again."""


class Plan:
    """What listener and timer both know of a pattern."""

    def __init__(self, pattern: Pattern) -> None:
        self.steps = pattern.steps
        self.states: tuple[State, ...] = automaton(tuple(step.part for step in pattern.steps))
        self.within_ms = pattern.within_ms
        self.edge = 1 if pattern.inclusive else 0
        self.every, self.skip, self.report = pattern.every, pattern.skip, pattern.report
        self.before = pattern.before
        self.places = {step.name: place for place, step in enumerate(pattern.steps)}
        self.skip_to = self.places.get(pattern.skip_to, -1)

    def end(self, attempt: Attempt, table: Table) -> int:
        """From this time on touchpoints are out, ms UTC of occurred_at."""
        state = self.states[attempt.state]
        step = self.steps[state.part]
        last_at = table[attempt.refs[-1]].occurred_at
        if state.kind == "pending" and step.for_ms is not None:
            return last_at + step.for_ms * (attempt.fired + 1) + self.edge
        ends = [table[attempt.refs[0]].occurred_at + self.within_ms] if self.within_ms is not None else []
        if step.within_ms is not None:
            ends.append(last_at + step.within_ms)
        return min(ends, default=FOREVER) + self.edge

    def waits(self, attempt: Attempt) -> bool:
        """Whether its end is worth a deadline."""
        return self.report != "complete" or self.states[attempt.state].kind in ("pending", "ripe")

    def outcome(
        self,
        before: PatternState,
        after: PatternState,
        done: list[Done],
        table: Table,
        now: int,
        overflow: int = 0,
    ) -> Outcome:
        """What a step comes to: reports, what they drop, and what is over the cap. ``now`` in ms UTC."""
        done.sort(key=lambda one: _opening(one.attempt, table))
        matches: list[Match] = []
        while done:
            first = done.pop(0)
            if not first.is_finished or self.report != "unfinished":
                matches.append(self._match(first, table))
            if first.is_finished:
                done = [one for one in done if not self._skips(first, one.attempt, table)]
                after.attempts = [one for one in after.attempts if not self._skips(first, one, table)]
        overflow += max(len(after.attempts) - MAX_ATTEMPTS, 0)
        after.attempts = after.attempts[-MAX_ATTEMPTS:]
        held, released = exchanged(before.references(), after.references())
        if not after.attempts and after.since is None and not after.spent:
            return Outcome(None, 0, None, held, released, matches, overflow)
        until, dues = 0, []
        for attempt in after.attempts:
            until = max(until, self.end(attempt, table))
            if attempt.due is not None:
                dues.append(attempt.due)
        if after.since is not None or after.spent:
            until = max(until, lasting(after.is_known, now))
        return Outcome(after, until, min(dues, default=None), held, released, matches, overflow)

    def _skips(self, match: Done, attempt: Attempt, table: Table) -> bool:
        """Whether a match drops that partial match."""
        if attempt.key != match.attempt.key or (match.stays and attempt.refs == match.attempt.refs):
            return False
        if self.every != "first_step":
            return True
        if self.skip == "no_skip":
            return False
        opening, places = _opening(attempt, table), [(table[ref].occurred_at, ref) for ref in match.attempt.refs]
        if self.skip == "skip_past_last":
            # By time alone, as in the plain sequence: what began in the same millisecond is covered too.
            return opening[0] <= max(places)[0]
        if opening < min(places):
            return False
        if self.skip == "skip_to_next":
            return opening == min(places)
        named = [place for place, part in zip(places, match.attempt.parts, strict=True) if part == self.skip_to]
        if not named:
            return False
        return opening < (min(named) if self.skip == "skip_to_first" else max(named))

    def _match(self, done: Done, table: Table) -> Match:
        attempt, facts = done.attempt, dict[str, Value]()
        if not done.is_finished:
            facts["reached"] = self.steps[max(attempt.parts)].name
        refs = list(dict.fromkeys(attempt.refs))
        return Match(
            attempt.key,
            lambda: (sorted(refs, key=lambda ref: table[ref].occurred_at), facts),
            opening_stays=self.skip != "skip_past_last" or self.report != "complete" or done.stays or attempt.fired > 0,
        )


def _opening(attempt: Attempt, table: Table) -> tuple[int, int]:
    return table[attempt.refs[0]].occurred_at, attempt.refs[0]
