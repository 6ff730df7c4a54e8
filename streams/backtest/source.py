"""Where a backtest's history comes from: what every such place offers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from schemas import Touchpoint
from streams.backtest.glance import Item

EVENT, LOG = "event", "log"
"""Clocks: the touchpoints' own times, or what the log says (append times, unless a control says otherwise)."""


@dataclass(frozen=True)
class Wanted:
    """What a reading is for; a source may leave out whatever does not fit, or hand out more.

    Attributes:
        since, until: occurred_at, ms UTC, half-open; ``since`` None: from the first.
        is_standing: types that say something for good and so are wanted from before ``since`` too.
        hears: types that are wanted.
        customers: whose touchpoints are wanted; None: everybody's.
        hears_anonymous: types that are wanted of customers who are not identified; None: as ``hears``.
        meets: whether one that is heard matters; None: all of them do.
    """

    since: int | None
    until: int
    is_standing: Callable[[str], bool]
    hears: Callable[[str], bool]
    customers: frozenset[str] | None = None
    hears_anonymous: Callable[[str], bool] | None = None
    meets: Callable[[Touchpoint], bool] | None = None


class Source(Protocol):
    """A history that can be read again and again.

    Attributes:
        title: for people.
        clock: ``event`` or ``log``.
        total: how many touchpoints there are, as far as is known.
        refused: what could not be read, by reason, at the last reading.
        left_out: at the last reading, how many touchpoints the source itself passed over.
        customers: how many there are, where the source knows; else the reading counts them.
    """

    title: str
    clock: str
    total: int | None
    refused: Counter[str]
    left_out: int
    customers: int | None

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        """One after another, each the whole history of some customers, in its order."""
