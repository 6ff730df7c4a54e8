"""The turn of the event loop that all lanes of a worker share."""

from __future__ import annotations

import asyncio
from time import monotonic
from types import TracebackType

SLICE_S = 0.003
"""Longest time that lanes compute before the loop serves heartbeats, commits and HTTP again."""

TURN_S = 0.05
"""Longest time that one lane computes while others want to.

A lane that finishes commits while the next one computes. With a shorter turn all would finish
together, late, and then all commit while nobody computes.
"""


class RunSlot:
    """Only the lane that holds the slot computes; it lets the loop turn every 3 ms."""

    def __init__(self, turn_s: float = TURN_S) -> None:
        self._turn_s = turn_s
        self._lock = asyncio.Lock()
        self._ends = 0.0
        self._turn_ends = 0.0

    async def __aenter__(self) -> RunSlot:
        await self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    async def _begin(self) -> None:
        await self._lock.acquire()
        now = monotonic()
        self._ends = now + SLICE_S
        self._turn_ends = now + self._turn_s

    @property
    def used_up(self) -> bool:
        """Whether the slice has passed."""
        return monotonic() >= self._ends

    async def renew(self) -> None:
        """Let the loop turn, and other lanes compute after a while, then take the next slice."""
        if monotonic() < self._turn_ends:
            await asyncio.sleep(0)
            self._ends = monotonic() + SLICE_S
            return
        self._lock.release()
        await asyncio.sleep(0)
        await self._begin()
