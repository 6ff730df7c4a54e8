"""All lanes of a worker: made on assignment, stopped on revocation, fed by the consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import monotonic

import structlog
from faust.types import TP

from schemas import Codec
from streams.batching import Batch, Consumer
from streams.lane import Lane, LaneRefused, Phase
from streams.live_state.api import NOT_HERE, Served
from streams.live_state.view import AsOf
from streams.run_slot import RunSlot
from streams.settings import Settings
from streams.telemetry import LaneWatch, WorkerMetrics
from streams.topics import TOUCHPOINTS

log = structlog.get_logger("lanes")

_SURE_SHARE = 0.9
"""Of the session timeout: how long after an answered heartbeat a partition is surely still ours."""


class Lanes:
    """The lanes of the touchpoints partitions that this worker owns.

    Attributes:
        lanes: by partition.
        refusal: why the first lane that cannot run cannot; None while all can.
        metrics: what the lanes add up.
        was_assigned: the group has said at least once which partitions are ours.
    """

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        consumer: Callable[[], Consumer],
        refuse: Callable[[LaneRefused], Awaitable[None]],
        aborts_hide: bool = True,
    ) -> None:
        """
        Args:
            settings: of the process.
            codec: shared by all lanes.
            consumer: the app's consumer, asked for when it is needed (it exists only once the app runs).
            refuse: told when a lane cannot run at all.
            aborts_hide: as for a lane.
        """
        self.lanes: dict[int, Lane] = {}
        self.refusal: LaneRefused | None = None
        self.metrics = WorkerMetrics()
        self.was_assigned = False
        self._settings = settings
        self._codec = codec
        self._consumer = consumer
        self._refuse = refuse
        self._topic = settings.topic(TOUCHPOINTS)
        self._slot = RunSlot()
        self._aborts_hide = aborts_hide
        self._owned: set[int] = set()
        self._assigned_at = float("-inf")

    async def assigned(self, tps: Iterable[TP]) -> None:
        """Start the lanes of these partitions; let go of the state of all others."""
        owned = {tp.partition for tp in tps if tp.topic == self._topic}
        for number in sorted(self.lanes.keys() - owned):
            await self.lanes.pop(number).stop()
        for number in sorted(owned - self._owned):
            lane = self.lanes.get(number)
            if lane is None:
                lane = Lane(
                    number,
                    self._settings,
                    self._codec,
                    self,
                    self._slot,
                    self._refused,
                    self.metrics,
                    self._aborts_hide,
                )
                self.lanes[number] = lane
            lane.start()
        self._owned = owned
        self._assigned_at = monotonic()
        self.was_assigned = True
        self.metrics.rebalanced()

    async def revoked(self, tps: Iterable[TP]) -> None:
        """Drain the lanes of these partitions; their state stays until the next assignment."""
        numbers = {tp.partition for tp in tps if tp.topic == self._topic} & self._owned
        self._owned -= numbers
        await asyncio.gather(*(self.lanes[number].stop() for number in sorted(numbers)))

    async def stop(self) -> None:
        """Drain all lanes."""
        self._owned.clear()
        await asyncio.gather(*(lane.stop() for lane in self.lanes.values()))

    def watches(self) -> list[LaneWatch]:
        """The lanes of the partitions that are ours, seen from outside; any thread may ask."""
        return [lane.watch for _, lane in sorted(self.lanes.copy().items()) if lane.watch.is_owned]

    def served(self, number: int, wall_ms: int) -> Served:
        """The partition if it is surely ours and its state is here.

        The group gives a partition to somebody else only after a worker was silent for the session
        timeout. So what is here counts only for less than that after a heartbeat that was answered:
        a worker that was stopped for a while, or cannot reach the broker, answers nothing.
        """
        lane = self.lanes.get(number)
        if lane is None or number not in self._owned or lane.phase is not Phase.RUNNING:
            return NOT_HERE
        consumer = self._consumer()
        heard_at = max(self._assigned_at, consumer.heard_at)
        if monotonic() - heard_at > self._settings.session_timeout_ms / 1000 * _SURE_SHARE:
            return NOT_HERE
        partition = lane.partition
        clock = partition.clock
        as_of = AsOf(
            partition=number,
            applied_offset=partition.applied,
            behind_records=max(0, (consumer.highwater(TP(self._topic, number)) or 0) - partition.applied - 1),
            clock=clock.now,
            mode=clock.mode,
            now=max(clock.now, wall_ms) if clock.is_live else clock.now,
        )
        return Served(partition, as_of)

    async def positions(self, tps: set[TP]) -> Mapping[TP, int]:
        """Where running lanes want to be fed from; the others say so when they are restored."""
        wanted = {tp: self.lanes[tp.partition].next_offset for tp in tps if tp.partition in self.lanes}
        return {tp: offset for tp, offset in wanted.items() if offset is not None}

    def off_the_log(self, tps: Iterable[TP]) -> None:
        """The log of these partitions does not hold what comes next."""
        for tp in tps:
            if tp.partition in self._owned:
                self.lanes[tp.partition].off_the_log()

    async def deliver(self, batch: Batch, acknowledge: Callable[[], None]) -> None:
        """Hand a batch to its lane; without one it was revoked meanwhile, and its new owner reads it."""
        if batch.partition in self._owned:
            await self.lanes[batch.partition].put(batch, acknowledge)

    async def _refused(self, error: LaneRefused) -> None:
        self.refusal = self.refusal or error
        await self._refuse(error)

    # -- Feed -------------------------------------------------------------------------------------

    async def place(self, partition: int, offset: int) -> None:
        """Deliver the partition from ``offset`` on."""
        tp = TP(self._topic, partition)
        try:
            await self._consumer().place(tp, offset)
        except Exception as error:  # a rebalance is under way; its end asks for positions again
            log.debug("not placed yet", partition=partition, offset=offset, error=repr(error))

    def pause(self, partition: int) -> None:
        """Deliver no more of the partition for now."""
        self._consumer().pause_partitions({TP(self._topic, partition)})

    def resume(self, partition: int) -> None:
        """Go on delivering, unless the partition was revoked."""
        if partition in self._owned:
            self._consumer().resume_partitions({TP(self._topic, partition)})
