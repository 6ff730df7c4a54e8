"""The turn of the event loop that all lanes of a worker share."""

from __future__ import annotations

import asyncio
from time import monotonic
from types import TracebackType

SLICE_S = 0.005
"""Longest time that lanes compute before the loop serves heartbeats, commits and HTTP again."""


class RunSlot:
    """Only the lane that holds the slot computes; it gives it up every 5 ms."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._ends = 0.0

    async def __aenter__(self) -> RunSlot:
        await self._lock.acquire()
        self._ends = monotonic() + SLICE_S
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    @property
    def used_up(self) -> bool:
        """Whether the slice has passed."""
        return monotonic() >= self._ends

    async def renew(self) -> None:
        """Let the loop turn and other lanes compute, then take the next slice."""
        self._lock.release()
        await asyncio.sleep(0)
        await self._lock.acquire()
        self._ends = monotonic() + SLICE_S
