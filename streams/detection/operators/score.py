"""Scores that fade."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import ClassVar

import msgspec

from schemas.types import Touchpoint, Value
from streams.detection.conditions import Check, Condition
from streams.detection.evidence import Table
from streams.detection.fields import Field, Key, keyer
from streams.detection.memory import MAX_SCORE_EVIDENCE, MAX_SCORES, ScoreEntry, ScoreState
from streams.detection.operators.operator import Arrival, Frame, Late, Match, Outcome, exchanged

_NOTHING = 2.0**-20
"""Of the threshold: a score that has faded to this much is forgotten."""


@dataclass(frozen=True, slots=True)
class Score:
    """Matches when the score crosses ``above`` upward; again only after it fell below ``again_below``.

    s(t) = s(t0) * 2^-((t - t0) / half_life) + w, with the weight w of the first condition that a
    touchpoint meets. One that arrives late counts as much as if it had come in time, so the score
    does not depend on the order of arrival, but for rounding; it is judged as of the newest touchpoint.
    """

    default_late: ClassVar[Late | None] = "apply"

    weights: tuple[tuple[Condition, float], ...]
    half_life_ms: int
    above: float
    again_below: float

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return frozenset().union(*(condition.types() for condition, _ in self.weights))

    def keeps(self) -> tuple[Field, ...]:
        """It compares no earlier touchpoint's values."""
        return ()

    def listener(self, touchpoint_type: str | None, frame: Frame) -> ScoreListener | None:
        """Bound to a touchpoint type."""
        folded = [(condition.folded(touchpoint_type), weight) for condition, weight in self.weights]
        weights = tuple((None if one is True else one.check(), weight) for one, weight in folded if one is not False)
        return ScoreListener(self, weights, frame) if weights else None

    def timer(self, frame: Frame) -> None:
        """It has no deadlines: it only falls by itself."""

    def faded(self, value: float, elapsed_ms: int) -> float:
        """What is left of it."""
        return float(value * 2.0 ** -(elapsed_ms / self.half_life_ms))

    def gone_at(self, entry: ScoreEntry) -> int:
        """From when on it counts for nothing, ms UTC."""
        ratio = abs(entry.value) / (min(self.above, self.again_below) * _NOTHING)
        return entry.at + (ceil(log2(ratio) * self.half_life_ms) if ratio > 1 else 0)


class ScoreListener:
    """``Score`` for one touchpoint type."""

    __slots__ = ("_applies_late", "_key", "_score", "_weights")

    def __init__(self, score: Score, weights: tuple[tuple[Check | None, float], ...], frame: Frame) -> None:
        self._score = score
        self._weights = weights
        self._key = keyer(frame.by)
        self._applies_late = frame.late == "apply"

    def wants(self, touchpoint: Touchpoint, memory: ScoreState | None) -> tuple[Key, float] | None:
        """Its correlation and weight, if it has one."""
        for check, weight in self._weights:
            if check is None or check(touchpoint):
                key = self._key(touchpoint)
                return None if None in key else (key, weight)
        return None

    def step(self, memory: ScoreState | None, wanted: tuple[Key, float], arrival: Arrival) -> Outcome | None:
        """Add it."""
        key, weight = wanted
        score, table = self._score, arrival.table
        before = memory if memory is not None else ScoreState([])
        live = [entry for entry in before.entries if score.gone_at(entry) > arrival.clock]
        known = next((entry for entry in live if entry.key == key), None)
        if known is None:
            known = ScoreEntry(key, arrival.at, 0.0, [])
        elif arrival.at < known.at and not self._applies_late:
            return None
        entry, crosses = self._added(known, weight, arrival)
        others = [one for one in live if one.key != key]
        entries = [*others, entry][-MAX_SCORES:]
        after = ScoreState(entries)
        held, released = exchanged(before.references(), after.references())
        outcome = Outcome(after, max(map(score.gone_at, entries)), None, held, released)
        outcome.overflow = len(others) + 1 - len(entries)
        if crosses:
            refs, facts = entry.refs, dict[str, Value](score=round(entry.value, 3))
            outcome.matches = (Match(key, lambda: (_by_time(refs, table), facts), opening_stays=True),)
        return outcome

    def _added(self, known: ScoreEntry, weight: float, arrival: Arrival) -> tuple[ScoreEntry, bool]:
        """The score with this touchpoint, and whether it crosses the threshold."""
        score, at = self._score, arrival.at
        now = max(at, known.at)
        left = score.faded(known.value, now - known.at)
        value = left + score.faded(weight, now - at)
        is_over = known.is_over and left >= score.again_below
        refs = _by_time([*known.refs, arrival.hold()], arrival.table)[-MAX_SCORE_EVIDENCE:]
        crosses = not is_over and value >= score.above
        entry = msgspec.structs.replace(known, at=now, value=value, refs=refs)
        entry.is_over = crosses or (is_over and value >= score.again_below)
        return entry, crosses


def _by_time(refs: list[int], table: Table) -> list[int]:
    return sorted(refs, key=lambda ref: table[ref].occurred_at)
