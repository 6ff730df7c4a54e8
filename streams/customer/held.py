"""A touchpoint that waits for older ones of its customer to overtake it."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas import Touchpoint

HELD = "held"
"""Counter of touchpoints that wait; the only one that goes down again."""

MOST_HELD = 256
"""Most touchpoints held per customer; beyond it the oldest are released early and counted."""

MOST_HELD_BYTES = 1_000_000
"""The same for the bytes of their values: state keeps each twice and must fit into a record. One is always held."""

MOST_BESIDE_BYTES = 10_000
"""With more bytes of key and headers a touchpoint is not held but taken in at once: nobody who means to be in order
sends so many, and state has no room for those of all that wait."""


class Held(msgspec.Struct, array_like=True):
    """A record of the log, kept whole: should it fail when it is released, its dead letter needs it.

    Attributes:
        release_at: when it is taken in at the latest, ms UTC by the partition's clock.
        offset, timestamp, key, value, headers: of the record.
        touchpoint: what its value says.
    """

    release_at: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    touchpoint: dict[str, Any]

    @property
    def body(self) -> Touchpoint:
        """The touchpoint."""
        return self.touchpoint  # type: ignore[return-value]


def too_many(held: list[Held]) -> bool:
    """Whether the oldest of them has to be released early."""
    if len(held) > MOST_HELD:
        return True
    return len(held) > 1 and sum(len(one.value or b"") for one in held) > MOST_HELD_BYTES


def first_release(held: list[Held]) -> int | None:
    """When the next one is due, ms UTC; one is never due later than one that occurred after it."""
    return min((one.release_at for one in held), default=None)


def ripe(held: list[Held], now: int, occurred_by: int) -> list[Held]:
    """Those that are due with everything that occurred before them, oldest first.

    Args:
        held: of one customer; nothing is removed.
        now: what is to be released by then, ms UTC by the partition's clock, is due.
        occurred_by: what occurred by then, ms UTC, is due too.
    """
    last = -1
    for place, one in enumerate(held):
        if one.release_at <= now or one.touchpoint["occurred_at"] <= occurred_by:
            last = place
    return held[: last + 1]


def let_go(held: list[Held], offset: int) -> None:
    """Remove the one with this offset, if it is there."""
    held[:] = [one for one in held if one.offset != offset]


def in_order(one: Held) -> tuple[int, int]:
    """Sorts by when it occurred, and what occurred at the same time by when it came."""
    return one.touchpoint["occurred_at"], one.offset
