"""A lane without Faust: fed from the broker by a plain consumer, so that a test holds every string."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from confluent_kafka import Consumer, TopicPartition

from schemas import Codec
from streams.batching import Batch
from streams.kafka import consumer_config
from streams.lane import Lane, LaneRefused
from streams.run_slot import RunSlot
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.batched_reader import until


class Fetched(NamedTuple):
    """A record as the lane wants it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class HandFed:
    """One lane and its feed; an async context manager that starts and stops both.

    Attributes:
        placed: every offset that the lane asked to be fed from.
        refused: what the lane refused with.
        acknowledged: last offsets of acknowledged batches, in order.
        holding: set it to keep the feed from delivering.
    """

    def __init__(
        self,
        settings: Settings,
        number: int = 0,
        codec: Codec | None = None,
        slot: RunSlot | None = None,
        batch_records: int = 500,
        aborts_hide: bool = True,
    ) -> None:
        self.placed: list[int] = []
        self.refused: list[LaneRefused] = []
        self.acknowledged: list[int] = []
        self.holding = False
        self.paused = False
        self._settings = settings
        self._number = number
        self._batch_records = batch_records
        self._position = 0
        self._consumer = Consumer(consumer_config(settings, **{"group.id": "hand-fed", "fetch.wait.max.ms": 10}))
        self._pump: asyncio.Task[None] | None = None
        self.lane = Lane(
            number, settings, codec or Codec(), self, slot or RunSlot(), self._refuse, aborts_hide=aborts_hide
        )

    async def __aenter__(self) -> Self:
        self.lane.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.lane.stop()
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
        self._consumer.close()

    # -- Feed ---------------------------------------------------------------------------------------

    async def place(self, partition: int, offset: int) -> None:
        """Deliver from ``offset`` on."""
        self.placed.append(offset)
        self._position = offset
        self.paused = False
        topic = self._settings.topic(TOUCHPOINTS)
        self._consumer.assign([TopicPartition(topic, partition, offset)])
        if self._pump is None:
            self._pump = asyncio.create_task(self._deliver())

    def pause(self, partition: int) -> None:
        """Deliver no more for now."""
        self.paused = True

    def resume(self, partition: int) -> None:
        """Go on."""
        self.paused = False

    # -- what tests wait for ------------------------------------------------------------------------

    @property
    def applied(self) -> int:
        """How far the lane says it is."""
        return self.lane.partition.applied

    async def until_applied(self, offset: int, timeout_s: float = 30.0) -> None:
        """Wait until the transaction with that record has been acknowledged."""
        await until(
            lambda: bool(self.acknowledged) and self.acknowledged[-1] >= offset,
            f"offset {offset} acknowledged by lane {self._number}; it is at {self.applied}",
            timeout_s,
        )

    async def put(self, first: int, records: Sequence[Fetched], position: int | None = None) -> None:
        """Deliver a batch by hand."""
        batch = Batch(self._number, first if position is None else position, list(records))
        await self.lane.put(batch, lambda: self.acknowledged.append(batch.last))

    async def _deliver(self) -> None:
        while True:
            await asyncio.sleep(0.005)
            if self.paused or self.holding:
                continue
            records = [self._fetched(message) for message in self._consumer.consume(self._batch_records, 0.0)]
            if records and records[0].offset >= self._position:
                position, self._position = self._position, records[-1].offset + 1
                await self.put(position, records, position)

    @staticmethod
    def _fetched(message: Any) -> Fetched:
        assert message.error() is None, message.error()
        return Fetched(
            message.offset(), message.timestamp()[1], message.key(), message.value(), message.headers() or ()
        )

    async def _refuse(self, error: LaneRefused) -> None:
        self.refused.append(error)
