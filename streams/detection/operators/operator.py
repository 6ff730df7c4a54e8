"""What every operator offers the detector.

An operator is what a rule's ``detect`` says. It is bound to one touchpoint type at a time (a
*listener*), so that all it can know beforehand is decided beforehand. A listener's step is a pure
function from what the rule remembers to an *outcome*: it changes nothing itself, so a step that
raises leaves everything as it was. ``memory`` is the operator's own kind of state, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from schemas.types import Touchpoint, Value
from streams.detection.evidence import Keep, Table, evidence_of
from streams.detection.fields import Field, Key
from streams.detection.state import Memory

Late = Literal["ignore", "apply"]


class Frame(msgspec.Struct, frozen=True):
    """What an operator needs to know of its rule and detector. Durations in ms."""

    by: tuple[Field, ...]
    late: Late
    allowed_lateness_ms: int


class Arrival(msgspec.Struct, gc=False):
    """A touchpoint on its way through the rules. Times in ms UTC."""

    touchpoint: Touchpoint
    at: int
    """Its occurred_at."""
    clock: int
    table: Table
    keep: Keep
    ref: int = -1
    """Its place in ``table``; -1 as long as nothing has asked for it."""
    grace_ms: int = 60_000
    """How long a deadline that is past already when this touchpoint sets it waits, by the clock."""

    def hold(self) -> int:
        """Its place in ``table``. Most touchpoints are only looked at, so evidence is made when asked for."""
        if self.ref < 0:
            table = self.table
            self.ref = next(reversed(table)) + 1 if table else 0
            table[self.ref] = evidence_of(self.touchpoint, self.keep)
        return self.ref


Found = tuple[list[int], dict[str, Value]]
"""Evidence by occurred_at, the first being the opening, and the operator's facts."""


class Match(msgspec.Struct, gc=False):
    """A pattern found. What it rests on is worked out only if the rule is not cooling down."""

    key: Key
    find: Callable[[], Found]
    opening_stays: bool = False
    """True when the same opening may serve another match."""
    first_n: int = 1
    """The number of its first firing with an opening: parts of one rule count apart."""


class Outcome(msgspec.Struct, gc=False):
    """What a step comes to."""

    memory: Memory = None
    until: int = 0
    due: int | None = None
    held: Sequence[int] = ()
    """References gained, one for each holder."""
    released: Sequence[int] = ()
    """References given up, one for each holder."""
    matches: Sequence[Match] = ()
    overflow: int = 0


def exchanged(before: Sequence[int], after: Sequence[int]) -> tuple[list[int], list[int]]:
    """References gained and given up, one for each holder, where those held change so."""
    if not before:
        return list(after), []
    counts: dict[int, int] = {}
    for ref in after:
        counts[ref] = counts.get(ref, 0) + 1
    for ref in before:
        counts[ref] = counts.get(ref, 0) - 1
    gained: list[int] = []
    lost: list[int] = []
    for ref, count in counts.items():
        if count > 0:
            gained += [ref] * count
        elif count < 0:
            lost += [ref] * -count
    return gained, lost


class Listener(Protocol):
    """An operator bound to one touchpoint type."""

    def wants(self, touchpoint: Touchpoint, memory: Any) -> Any:
        """None when the touchpoint cannot matter; else whatever ``step`` wants to know of it."""

    def step(self, memory: Any, wanted: Any, arrival: Arrival) -> Outcome | None:
        """The outcome; None when nothing changes."""


class Timer(Protocol):
    """The part of an operator that deadlines wake."""

    def expire(self, memory: Any, due: int, table: Table) -> Outcome:
        """Complete what is due at ``due`` (ms UTC)."""

    def skip(self, memory: Any, due: int, table: Table) -> Outcome:
        """Drop what is due at ``due``, without a match."""


class Operator(Protocol):
    """What a rule's ``detect`` says."""

    @property
    def default_late(self) -> Late | None:
        """What a rule does with late touchpoints unless it says; None: the operator does not ask."""

    def keeps(self) -> tuple[Field, ...]:
        """Fields of evidence that it compares later touchpoints with."""

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""

    def listener(self, touchpoint_type: str | None, frame: Frame) -> Listener | None:
        """Bound to a type, None being any type that no rule names; None: it never listens there."""

    def timer(self, frame: Frame) -> Timer | None:
        """For operators with deadlines."""
