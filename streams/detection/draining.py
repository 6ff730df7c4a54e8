"""A version that was replaced ends what it has begun, and begins nothing more.

What it took up before it was replaced is told from what came since by the number of its evidence:
a new one is always greater than any that is still there. A match counts if it rests on something
from before; when nothing of that is left, the version forgets the rest too.
"""

from __future__ import annotations

from typing import Any

from schemas.types import Touchpoint
from streams.detection.evidence import Table
from streams.detection.operators import Arrival, Listener, Match, Outcome, Pattern, Promise, Sequence, Timer
from streams.detection.operators.operator import Found
from streams.detection.rule import Rule
from streams.detection.state import Begun, DrainingState, Memory, first_ever_flags, references


class DrainingListener:
    """A listener that begins nothing."""

    __slots__ = ("_inner", "_only_known", "_only_steps")

    def __init__(self, inner: Listener, rule: Rule) -> None:
        self._inner = inner
        self._only_steps = isinstance(rule.detect, Sequence | Pattern)
        self._only_known = isinstance(rule.detect, Promise) and rule.detect.at_least == 1

    def wants(self, touchpoint: Touchpoint, memory: Memory) -> Any:
        """As the inner one, while something is under way."""
        if memory is None:
            return None
        inner = memory.inner if isinstance(memory, DrainingState) else memory
        if not references(inner):
            return None
        wanted = self._inner.wants(touchpoint, inner)
        if self._only_steps:
            return None if wanted is None else False
        if self._only_known and wanted is not None and all(one.key != wanted.key for one in inner.entries):  # type: ignore[union-attr]
            return None
        return wanted

    def step(self, memory: Memory, wanted: Any, arrival: Arrival) -> Outcome | None:
        """The inner one's outcome, as far as it concerns what was under way."""
        assert memory is not None
        inner, newest = _opened(memory)
        outcome = self._inner.step(inner, wanted, arrival)
        return None if outcome is None else _drained(outcome, inner, newest)


class DrainingTimer:
    """A timer that wakes what was under way."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Timer) -> None:
        self._inner = inner

    def expire(self, memory: Memory, due: int, table: Table) -> Outcome:
        """Complete what is due at ``due`` (ms UTC)."""
        assert memory is not None
        inner, newest = _opened(memory)
        return _drained(self._inner.expire(inner, due, table), inner, newest)

    def skip(self, memory: Memory, due: int, table: Table) -> Outcome:
        """Drop what is due at ``due``, without a match."""
        assert memory is not None
        inner, newest = _opened(memory)
        return _drained(self._inner.skip(inner, due, table), inner, newest)


def _opened(memory: Begun | DrainingState) -> tuple[Begun, int]:
    if isinstance(memory, DrainingState):
        return memory.inner, memory.newest
    return memory, max(references(memory), default=-1)


def _drained(outcome: Outcome, before: Begun, newest: int) -> Outcome:
    """The outcome without what began after the change; nothing is kept for it alone."""
    matches = [match for match in map(_looked_up, outcome.matches) if min(match.find()[0]) <= newest]
    after = outcome.memory
    assert not isinstance(after, DrainingState)
    left = max((ref for ref in references(after) if ref <= newest), default=None)
    if after is None or left is None:
        flags = first_ever_flags(after)
        until = outcome.until if flags is not None else 0
        return Outcome(flags, until, None, (), references(before), matches, outcome.overflow)
    outcome.memory, outcome.matches = DrainingState(left, after), matches
    return outcome


def _looked_up(match: Match) -> Match:
    found: Found = match.find()
    return Match(match.key, lambda: found, match.opening_stays, match.first_n)
