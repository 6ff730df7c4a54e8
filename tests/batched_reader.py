"""A reader on the batched transport, in this process: what an agent gets, without lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self, cast

import faust
from confluent_kafka import Consumer as Client
from confluent_kafka import TopicPartition
from faust.types import TP

from streams.batching import Batch, BatchSchema, Consumer, Transport
from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

Receive = Callable[[Batch, Callable[[], None]], Awaitable[None]]
"""Takes a batch and what acknowledges it."""


class BatchedReader:
    """Hands every batch of ``touchpoints`` to ``receive``; an async context manager.

    Args:
        settings: where the broker is; the group is its app id.
        folder: for Faust's files.
        receive: the agent's body.
        positions: where to read each partition from; a partition left out waits to be placed.
        fetch_records: most records of one fetch.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        receive: Receive,
        positions: Mapping[int, int],
        fetch_records: int = 1_000,
    ) -> None:
        self.topic = settings.topic(TOUCHPOINTS)
        self._settings = settings
        self._app = faust.App(
            settings.app_id,
            broker=f"kafka://{settings.kafka_bootstrap}",
            broker_max_poll_records=fetch_records,
            broker_session_timeout=6.0,
            broker_heartbeat_interval=2.0,
            broker_commit_interval=0.2,
            consumer_auto_offset_reset="earliest",
            stream_buffer_maxsize=8,
            stream_wait_empty=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            topic_partitions=settings.partitions,
            datadir=folder,
            web_enabled=False,
            autodiscover=False,
        )
        transport = Transport(self._app.conf.broker, self._app)
        self._app.transport = transport

        async def placed(tps: set[TP]) -> Mapping[TP, int]:
            return {tp: positions[tp.partition] for tp in tps if tp.partition in positions}

        transport.positions = placed

        async def reader(stream: Any) -> None:
            async for event in stream.noack().events():
                await receive(event.value, event.ack)

        self._app.agent(self._app.topic(self.topic, schema=BatchSchema()), name="reader", concurrency=1)(reader)

    async def __aenter__(self) -> Self:
        await self._app.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._app.stop()

    @property
    def consumer(self) -> Consumer:
        """The transport's consumer."""
        return cast(Consumer, self._app.consumer)

    async def place(self, partition: int, offset: int) -> None:
        """Read a partition from ``offset`` on."""
        await self.consumer.place(TP(self.topic, partition), offset)

    def pause(self, partition: int) -> None:
        """Deliver no more of a partition for now."""
        self.consumer.pause_partitions({TP(self.topic, partition)})

    def resume(self, partition: int) -> None:
        """Go on delivering."""
        self.consumer.resume_partitions({TP(self.topic, partition)})

    def committed(self) -> dict[int, int]:
        """The group's committed offset of each partition that has one."""
        client = Client(consumer_config(self._settings, **{"group.id": self._settings.app_id}))
        try:
            tps = [TopicPartition(self.topic, number) for number in range(self._settings.partitions)]
            return {found.partition: found.offset for found in client.committed(tps, timeout=10) if found.offset >= 0}
        finally:
            client.close()


async def until(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Wait until the condition holds; TimeoutError names what did not come."""
    ends = monotonic() + timeout_s
    while not condition():
        if monotonic() > ends:
            raise TimeoutError(f"not within {timeout_s:.0f} s: {what}")
        await asyncio.sleep(0.02)
