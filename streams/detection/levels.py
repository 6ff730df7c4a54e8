"""A customer's emotional levels: what is remembered of them, how they fade and move.

Of each emotion one sum is kept, s(t) = s(t0) * 2^-((t - t0) / half_life) + w. A cause that arrives
late counts as much as if it had come in time, so the sum does not depend on the order of arrival,
but for rounding. The level is the sum, read as at least 0 and at most the definition's ``most``.
"""

from __future__ import annotations

from math import ceil, log2

import msgspec

from streams.detection.emotions import Emotions, Moves
from streams.detection.felt import EMOTIONS, Felt

NOTHING = 2.0**-20
"""A sum that has faded to less is forgotten."""


class Levels(msgspec.Struct, array_like=True, gc=False):
    """What is remembered of a customer's levels."""

    at: int
    """As of when, ms UTC: the newest cause so far."""
    sums: dict[int, float]
    """By place in ``EMOTIONS``; what is missing is 0."""

    def sum_of(self, place: int, emotions: Emotions, at: int) -> float:
        """The sum as of ``at``, ms UTC, not before ``self.at``."""
        value = self.sums.get(place, 0.0)
        if at == self.at or not value:
            return value
        return float(value * 2.0 ** -((at - self.at) / emotions.half_lives_ms[place]))

    def read(self, emotions: Emotions, at: int) -> tuple[float, ...]:
        """The levels in the order of ``EMOTIONS``; a time before the newest cause reads as that."""
        at, most, found = max(at, self.at), emotions.most, [0.0] * len(EMOTIONS)
        for place in self.sums:
            found[place] = min(max(self.sum_of(place, emotions, at), 0.0), most)
        return tuple(found)

    def moved(self, emotions: Emotions, moves: Moves, factor: float, at: int) -> Levels:
        """The levels with a cause that took effect at ``at``, ms UTC; itself unchanged."""
        now = max(at, self.at)
        sums = {place: self.sum_of(place, emotions, now) for place in self.sums}
        for place, weight in moves:
            share = 2.0 ** -((now - at) / emotions.half_lives_ms[place])
            sums[place] = sums.get(place, 0.0) + weight * factor * share
        return Levels(now, {place: sums[place] for place in sorted(sums) if abs(sums[place]) >= NOTHING})

    def gone_at(self, emotions: Emotions) -> int:
        """From when on nothing is left of them, ms UTC."""
        ends = [
            ceil(log2(abs(value) / NOTHING) * emotions.half_lives_ms[place])
            for place, value in self.sums.items()
            if abs(value) > NOTHING
        ]
        return self.at + max(ends, default=0)


def feel(
    levels: Levels | None, emotions: Emotions, moves: Moves, factor: float, at: int
) -> tuple[Levels | None, Felt | None]:
    """Move a customer's levels.

    Args:
        levels: what is remembered, None for nothing.
        emotions: the active definition.
        moves: what the cause moves.
        factor: how strongly.
        at: when the cause took effect, ms UTC.

    Returns:
        The levels, None when nothing is left of them; and what was felt, None when no level moved.
    """
    known = levels if levels is not None else Levels(at, {})
    after = known.moved(emotions, moves, factor, at)
    felt = Felt(known.read(emotions, after.at), after.read(emotions, after.at), after.at, emotions.half_lives_ms)
    return after if after.sums else None, felt if felt.before != felt.after else None
