"""A customer's emotional levels over a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import ClassVar

from schemas.types import Touchpoint, Value
from streams.detection.felt import FELT, Felt, dominant
from streams.detection.fields import Field
from streams.detection.memory import MAX_LEVEL_EVIDENCE, LevelState
from streams.detection.moment_types import LEVEL_TYPE
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome, exchanged

_NOTHING = 2.0**-6
"""Of ``again_below``: when the levels have faded to this, what raised them is forgotten."""


@dataclass(frozen=True, slots=True)
class Level:
    """Matches when the levels of some emotions add up to ``above``; again only after they fell below ``again_below``.

    It hears no touchpoint by its type, only what moves levels. The evidence is what raised them.
    """

    default_late: ClassVar[Late | None] = None

    emotions: tuple[int, ...]
    """Places in ``EMOTIONS``."""
    above: float
    again_below: float

    def types(self) -> frozenset[str]:
        """A stand-in for whatever moves levels."""
        return frozenset({LEVEL_TYPE})

    def keeps(self) -> tuple[Field, ...]:
        """It compares no earlier touchpoint's values."""
        return ()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> LevelListener | None:
        """Bound to what moves levels."""
        return LevelListener(self) if touchpoint_type == LEVEL_TYPE else None

    def timer(self, frame: Frame) -> None:
        """It has no deadlines: levels only fall by themselves."""


class LevelListener:
    """``Level``, ready to run."""

    __slots__ = ("_level",)

    def __init__(self, level: Level) -> None:
        self._level = level

    def wants(self, touchpoint: Touchpoint, memory: LevelState | None) -> Felt | None:
        """What was felt; None when none of its emotions moved, or nothing is remembered and they fell."""
        felt: Felt = touchpoint[FELT]  # type: ignore[literal-required]
        if memory is not None:
            return felt
        before, after = felt.before, felt.after
        for place in self._level.emotions:
            if after[place] > before[place]:
                return felt
        return None

    def step(self, memory: LevelState | None, wanted: Felt, arrival: Arrival) -> Outcome:
        """Hold the levels against the thresholds."""
        level, felt = self._level, wanted
        known = memory if memory is not None else LevelState([])
        left = total = 0.0
        for place in level.emotions:  # not by sum(), which rounds otherwise from Python 3.12 on
            left += felt.before[place]
            total += felt.after[place]
        refs = known.refs if left >= level.again_below * _NOTHING else []
        if total > left:
            table = arrival.table
            refs = sorted([*refs, arrival.hold()], key=lambda ref: table[ref].occurred_at)[-MAX_LEVEL_EVIDENCE:]
        is_over = known.is_over and left >= level.again_below
        crosses = not is_over and total >= level.above
        after = LevelState(refs, crosses or (is_over and total >= level.again_below)) if refs else None
        held, released = exchanged(known.refs, refs)
        outcome = Outcome(after, self._faded_at(felt, total), None, held, released)
        if crosses:
            facts: dict[str, Value] = {"dominant": dominant(felt.after, level.emotions), "level": round(total, 3)}
            outcome.matches = (Match((), lambda: (list(refs), facts), opening_stays=True),)
        return outcome

    def _faded_at(self, felt: Felt, total: float) -> int:
        """When the levels are down to nothing, ms UTC, at the latest."""
        ratio = total / (self._level.again_below * _NOTHING)
        longest_ms = max([felt.half_lives_ms[place] for place in self._level.emotions])
        return felt.at + (ceil(log2(ratio) * longest_ms) if ratio > 1 else 0)
