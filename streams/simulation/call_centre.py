"""Queues and agents: how long a caller waits follows from who else calls and who is on duty."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush, heapreplace
from typing import NamedTuple

from streams.simulation.person import AGENT
from streams.simulation.rhythm import HOUR_MS

SKILLS = ("billing", "orders", "technical", "general")

HANDLE_MS = 300_000
"""Mean time of an agent with one caller, the notes after it included."""

_OCCUPANCY = (0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.75, 0.8, 0.9, 1.0, 0.9, 0.85)
"""How much of their time agents are planned to be busy, by hour of the half day; at 1.0 queues grow."""


class Served(NamedTuple):
    """How a wait ended: with ``agent``, or without one when the caller gave up."""

    wait_ms: int
    agent: str | None


class CallCentre:
    """One queue a skill, first come first served; where that would not fill a desk, one for all.

    Args:
        calls_an_hour: expected in all; staffing is planned for it.
    """

    def __init__(self, calls_an_hour: float) -> None:
        each = calls_an_hour / len(SKILLS)
        if each * HANDLE_MS >= HOUR_MS:
            self._queues = {skill: _Queue(skill, each) for skill in SKILLS}
        else:
            self._queues = dict.fromkeys(SKILLS, _Queue("desk", calls_an_hour))

    def ask(self, skill: str, at: int, patience_ms: int, handle_ms: int) -> Served:
        """A caller joins a queue at ``at`` (ms UTC), never before the one before them.

        Args:
            skill: which queue.
            at: when.
            patience_ms: who is not served by then hangs up.
            handle_ms: how long an agent will need.
        """
        return self._queues[skill].ask(at, patience_ms, handle_ms)

    def loads(self) -> Iterator[tuple[str, str, int, float]]:
        """Team, agent, callers and busy share of everybody who served somebody since the last time."""
        for queue in dict.fromkeys(self._queues.values()):
            for agent, (callers, busy_ms) in queue.take_loads().items():
                yield queue.team, agent, callers, busy_ms / HOUR_MS


class _Queue:
    """Agents by when they are free: the earliest takes the next caller."""

    def __init__(self, team: str, calls_an_hour: float) -> None:
        self.team = team
        self._work = calls_an_hour * HANDLE_MS / HOUR_MS
        self._hour = -1
        self._free: list[tuple[int, int]] = []
        self._hired = 0
        self._loads: dict[str, tuple[int, int]] = {}

    def ask(self, at: int, patience_ms: int, handle_ms: int) -> Served:
        if at // HOUR_MS != self._hour:
            self._change_shift(at)
        free_at, agent = self._free[0]
        wait_ms = max(0, free_at - at)
        if wait_ms > patience_ms:
            return Served(patience_ms, None)
        heapreplace(self._free, (at + wait_ms + handle_ms, agent))
        name = f"{AGENT}{self.team}-{agent}"
        callers, busy_ms = self._loads.get(name, (0, 0))
        self._loads[name] = (callers + 1, busy_ms + handle_ms)
        return Served(wait_ms, name)

    def take_loads(self) -> dict[str, tuple[int, int]]:
        loads, self._loads = self._loads, {}
        return loads

    def _change_shift(self, at: int) -> None:
        """More or fewer agents in a new hour; who goes is who would be free first, after their caller."""
        self._hour = at // HOUR_MS
        wanted = max(1, round(self._work / _OCCUPANCY[self._hour % len(_OCCUPANCY)]))
        while len(self._free) > wanted:
            heappop(self._free)
        while len(self._free) < wanted:
            self._hired += 1
            heappush(self._free, (at, self._hired))
