"""What detection remembers of one customer: part of the customer's record, encoded with msgspec.

The structs form no cycles, so the garbage collector need not look at them (``gc=False``).
"""

from __future__ import annotations

import msgspec

from streams.detection.evidence import Evidence
from streams.detection.memory import (
    HabitState,
    LevelState,
    PatternState,
    PromiseState,
    RatioState,
    RhythmState,
    ScoreState,
    SeriesState,
)

MAX_WINDOW_ENTRIES = 200
"""Most touchpoints in one rule's window; the oldest leave first."""
MAX_PARTIAL_MATCHES = 32
"""Most live partial matches of one rule; the oldest leaves first."""
MAX_PROGRESS = 50
"""Most progress touchpoints of one partial match; the oldest leave first."""
MAX_COOL_DOWNS = 100
"""Most cool-downs of one rule that run at once; the one that ends first leaves first."""


class WindowState(msgspec.Struct, array_like=True, tag=1, gc=False):
    """A sliding window: entries by occurred_at, equal times in the order of arrival."""

    refs: list[int]
    keys: list[tuple[str | None, ...]]
    """Correlation of each entry; empty where the rule has no ``by``."""
    values: list[str]
    """Token of each entry's counted value; empty unless the rule counts distinct values."""


class Partial(msgspec.Struct, array_like=True, gc=False):
    """A sequence that has begun: evidence of the steps taken, the first being the opening."""

    key: tuple[str | None, ...]
    refs: list[int]
    progress: list[int]
    due: int | None = None
    """When its absence is complete, ms UTC by the clock; None while steps are open."""


class SequenceState(msgspec.Struct, array_like=True, tag=2, gc=False):
    """Live partial matches in the order in which they began."""

    partials: list[Partial]


class ClearedState(msgspec.Struct, array_like=True, tag=6, gc=False):
    """A window or series, and what ended its count."""

    inner: WindowState | SeriesState | None
    marks: dict[str, int] = {}
    """When that last happened, ms UTC by occurred_at, by correlation."""

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return self.inner.refs if self.inner is not None else []


Single = (
    WindowState
    | SequenceState
    | PromiseState
    | PatternState
    | SeriesState
    | ClearedState
    | RhythmState
    | HabitState
    | ScoreState
    | LevelState
    | RatioState
)
"""What one operator remembers that has no parts."""


LASTING = -1
"""Written for ``FOREVER``, which would need nine bytes."""


class EitherState(msgspec.Struct, array_like=True, tag=12, gc=False):
    """What each part of a rule with several ways remembers."""

    parts: list[Single | None]
    dues: list[int | None]
    """The next deadline of each, ms UTC."""
    untils: list[int]
    """From when on nothing in each counts any more, ms UTC; ``LASTING``: as long as the customer is known."""

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return [ref for part in self.parts for ref in references(part)]


Begun = Single | EitherState


class DrainingState(msgspec.Struct, array_like=True, tag=20, gc=False):
    """What a version that was replaced still has under way, once it has seen a touchpoint since."""

    newest: int
    """The newest reference of what it knew when it was replaced; what it took since is newer."""
    inner: Begun

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return references(self.inner)


Memory = Begun | DrainingState | None
"""What an operator remembers; None for one that remembers nothing."""


class RuleState(msgspec.Struct, array_like=True, gc=False):
    """What one rule remembers of a customer."""

    version: int
    until: int = 0
    """From here on nothing in it counts any more, ms UTC."""
    due: int | None = None
    """Its next deadline, ms UTC."""
    cool: dict[str, int] = {}
    """End of each running cool-down, ms UTC, by correlation."""
    fired: dict[int, int] = {}
    """How often the rule fired with an opening that its window still holds."""
    memory: Memory = None


class DetectionState(msgspec.Struct, array_like=True, gc=False):
    """What all rules remember of one customer. A new customer's is ``DetectionState()``."""

    evidence: dict[int, Evidence] = {}
    rules: dict[str, RuleState] = {}
    due: int | None = None
    """The next deadline of any rule, ms UTC."""
    overflow: int = 0
    """How many live entries were dropped because a cap was reached."""

    def is_idle(self, now: int) -> bool:
        """True when it holds no deadline, and nothing that still counts at ``now`` (ms UTC)."""
        if self.due is not None:
            return False
        return all(rule.until <= now for rule in self.rules.values())

    def prune(self, now: int) -> None:
        """Drop what no longer counts at ``now`` (ms UTC)."""
        for rule_id in [rule_id for rule_id, rule in self.rules.items() if rule.due is None and rule.until <= now]:
            self.forget(rule_id)
        for rule in self.rules.values():
            if rule.cool:
                rule.cool = {key: end for key, end in rule.cool.items() if end > now}

    def partial_matches(self) -> int:
        """Sequences that have begun and not ended, also those whose time is up and nobody has looked at since."""
        count = 0
        for rule in self.rules.values():
            memory = rule.memory
            if type(memory) is DrainingState:
                memory = memory.inner
            for one in memory.parts if type(memory) is EitherState else (memory,):
                if type(one) is SequenceState:
                    count += len(one.partials)
        return count

    def forget(self, rule_id: str) -> None:
        """Drop everything that this rule remembers."""
        dropped = self.rules.pop(rule_id, None)
        if dropped is None:
            return
        for ref in references(dropped.memory):
            self.release(ref)
        if dropped.due is not None:
            self.find_due()

    def give_up(self, slot: str, now: int) -> None:
        """Drop what a version has under way; cool-downs that run at ``now`` (ms UTC) and first-ever flags stay."""
        known = self.rules[slot]
        cool = {key: end for key, end in known.cool.items() if end > now}
        flags = first_ever_flags(known.memory)
        until = known.until if flags is not None else max(cool.values(), default=0)
        self.forget(slot)
        if cool or flags is not None:
            self.rules[slot] = RuleState(known.version, until, None, cool, {}, flags)

    def release(self, ref: int) -> None:
        """One holder less for that evidence."""
        evidence = self.evidence[ref]
        evidence.held -= 1
        if evidence.held == 0:
            del self.evidence[ref]

    def find_due(self) -> None:
        """Work out the next deadline anew."""
        self.due = min((rule.due for rule in self.rules.values() if rule.due is not None), default=None)


def first_ever_flags(memory: Memory) -> PatternState | None:
    """What it remembers of correlations that had their only attempt, and nothing else of it."""
    if isinstance(memory, DrainingState):
        memory = memory.inner
    if isinstance(memory, PatternState) and memory.spent:
        return PatternState([], spent=memory.spent, is_known=memory.is_known)
    return None


def references(memory: Memory) -> list[int]:
    """Every reference to evidence that it holds, one for each holder."""
    if isinstance(memory, WindowState):
        return memory.refs
    if isinstance(memory, SequenceState):
        return [ref for partial in memory.partials for ref in (*partial.refs, *partial.progress)]
    return [] if memory is None else memory.references()
