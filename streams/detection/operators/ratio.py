"""How often one thing happens against another: asking and using."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import ClassVar

from schemas.types import Touchpoint, Value
from streams.detection.conditions import Check, Condition
from streams.detection.fields import Field
from streams.detection.memory import MAX_ASKS, MAX_USES, RatioState
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome, exchanged


@dataclass(frozen=True, slots=True)
class Ratio:
    """Matches at an ask when there are ``at_least`` of them ``within`` a time, and more than ``above`` for each use.

    Uses count from the oldest ask in that time on: of a customer whom nobody asks nothing is remembered.
    """

    default_late: ClassVar[Late | None] = "apply"

    asks: Condition
    uses: Condition
    above: float
    at_least: int
    within_ms: int
    inclusive: bool = False

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return self.asks.types() | self.uses.types()

    def keeps(self) -> tuple[Field, ...]:
        """It compares no earlier touchpoint's values."""
        return ()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> RatioListener | None:
        """Bound to a touchpoint type."""
        asks, uses = self.asks.folded(touchpoint_type), self.uses.folded(touchpoint_type)
        if asks is False and uses is False:
            return None
        return RatioListener(self, _checked(asks), _checked(uses), frame)

    def timer(self, frame: Frame) -> None:
        """It has no deadlines."""


def _checked(folded: Condition | bool) -> Check | bool:
    return folded if isinstance(folded, bool) else folded.check()


class RatioListener:
    """``Ratio`` for one touchpoint type."""

    __slots__ = ("_applies_late", "_asks", "_keep_ms", "_ratio", "_uses")

    def __init__(self, ratio: Ratio, asks: Check | bool, uses: Check | bool, frame: Frame) -> None:
        self._ratio = ratio
        self._asks = asks
        self._uses = uses
        self._applies_late = frame.late == "apply"
        late_ms = frame.allowed_lateness_ms if self._applies_late else 0
        self._keep_ms = ratio.within_ms + (1 if ratio.inclusive else 0) + late_ms

    def wants(self, touchpoint: Touchpoint, memory: RatioState | None) -> bool | None:
        """Whether it is an ask; None when it is neither, or a use before any ask."""
        if self._asks is not False and (self._asks is True or self._asks(touchpoint)):
            return True
        if memory is None or self._uses is False:
            return None
        return False if self._uses is True or self._uses(touchpoint) else None

    def step(self, memory: RatioState | None, wanted: bool, arrival: Arrival) -> Outcome | None:
        """Count it."""
        known = memory if memory is not None else RatioState([], [], [])
        at = arrival.at
        newest = max(known.asks[-1] if known.asks else at, known.uses[-1] if known.uses else at)
        if at < newest and not self._applies_late:
            return None
        oldest = max(newest, at) - self._keep_ms
        live = [(ask, ref) for ask, ref in zip(known.asks, known.refs, strict=True) if ask > oldest]
        uses = [use for use in known.uses if use > oldest]
        if wanted:
            live = sorted([*live, (at, arrival.hold())], key=lambda one: (one[0], one[1]))
        else:
            insort(uses, at)
        asks, refs = [ask for ask, _ in live[-MAX_ASKS:]], [ref for _, ref in live[-MAX_ASKS:]]
        after = RatioState(asks, refs, uses[-MAX_USES:] if asks else []) if asks else None
        held, released = exchanged(known.refs, refs)
        outcome = Outcome(after, asks[-1] + self._keep_ms if asks else 0, None, held, released)
        outcome.overflow = len(live) - len(asks)
        if wanted and after is not None:
            outcome.matches = self._judged(after)
        return outcome

    def _judged(self, state: RatioState) -> tuple[Match, ...]:
        ratio, end = self._ratio, state.asks[-1]
        start = end - ratio.within_ms - (1 if ratio.inclusive else 0)
        refs = [ref for ask, ref in zip(state.asks, state.refs, strict=True) if ask > start]
        asks = len(refs)
        if asks < ratio.at_least:
            return ()
        first = state.asks[-asks]
        uses = sum(1 for use in state.uses if first <= use <= end)
        if asks <= ratio.above * uses:
            return ()
        facts: dict[str, Value] = {"asks": asks, "uses": uses}
        return (Match((), lambda: (refs, facts), opening_stays=True),)
