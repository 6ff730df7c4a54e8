"""What was felt: a customer's emotional levels around one cause, as rules of the third stratum hear it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

from schemas.types import Touchpoint

Emotion = Literal["vulnerable", "anxious", "joyful", "stressed", "neglected", "frustrated"]

EMOTIONS: tuple[Emotion, ...] = ("vulnerable", "anxious", "joyful", "stressed", "neglected", "frustrated")

PLACES: Mapping[str, int] = {emotion: place for place, emotion in enumerate(EMOTIONS)}
"""Of each emotion its place in ``EMOTIONS``."""

FELT = "\0felt"
"""Under this key a touchpoint that moved levels carries what was felt."""


class Felt(NamedTuple):
    """Levels before and after one cause, in the order of ``EMOTIONS``, both as of ``at`` (ms UTC)."""

    before: tuple[float, ...]
    after: tuple[float, ...]
    at: int
    half_lives_ms: tuple[int, ...]


def with_felt(touchpoint: Touchpoint, felt: Felt) -> Touchpoint:
    """The touchpoint that moved levels, carrying what was felt."""
    carrying: dict[str, Any] = {**touchpoint, FELT: felt}
    return cast(Touchpoint, carrying)


def dominant(levels: tuple[float, ...], among: tuple[int, ...] | None = None) -> Emotion | None:
    """The emotion with the highest level, of equal ones the first of ``EMOTIONS``; None when all are 0.

    Args:
        levels: in the order of ``EMOTIONS``.
        among: places of those that count; None: all.
    """
    place = levels.index(max(levels)) if among is None else max(among, key=lambda one: (levels[one], -one))
    return EMOTIONS[place] if levels[place] > 0 else None
