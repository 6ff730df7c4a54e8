"""A Faust transport that hands an agent a whole fetch of one partition at a time.

Faust's cost is its path per message. Here one Faust message carries one :class:`Batch`: the
records of one partition from one fetch, in order. Everything else of Faust stays as it is: group
membership, flow control, acknowledgement, the web server.

This module knows nothing of what the records mean and imports nothing of ours.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import Any, ClassVar, NamedTuple, cast

import aiokafka
import faust
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

FETCH_MAX_WAIT_MS = 5
FETCH_MIN_BYTES = 8_192
"""A broker answers a fetch when it has this much, or after the wait: a trickle makes at most
200 fetches a second instead of as many as the machine can carry, each of which costs broker and
worker as much as dozens of records."""


class Batch(NamedTuple):
    """Records of one partition, in offset order.

    ``position`` is where this consumer stood before them: the offset after the last record that it
    delivered, or where it was sent by a seek. A receiver whose own next offset is smaller has
    missed records (Faust drops what it had queued when a rebalance begins) and must seek back.
    """

    partition: int
    position: int
    records: list[Any]

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return int(self.records[0].offset)

    @property
    def last(self) -> int:
        """Offset of the last record."""
        return int(self.records[-1].offset)


class BatchSchema(faust.Schema):  # type: ignore[type-arg]
    """Passes a batch through untouched; decoding is the agent's business."""

    def loads_key(self, app: Any, message: Any, **kwargs: Any) -> Any:
        """The message's key as it is."""
        return message.key

    def loads_value(self, app: Any, message: Any, **kwargs: Any) -> Any:
        """The batch as it is."""
        return message.value


Positions = Callable[[set[TP]], Awaitable[Mapping[TP, int]]]
"""Given the assigned partitions, where to read each from; one that is left out stays paused."""

OffTheLog = Callable[[set[TP]], None]
"""Told of partitions whose log does not hold what comes next; nothing of them comes until they are placed."""


_Fetch = tuple[int, list[Any]]
"""The number of the placing under which records were fetched, and the records."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The driver's consumer thread, reading committed records only.

    Faust's own reads uncommitted ones unless its broken exactly-once mode is on; then records of
    aborted transactions (ticks, re-routes) would be processed.

    Fetching and placing both happen in this thread. So a fetch can be told from one that was under
    way when its partition was placed elsewhere, whenever either reaches the event loop.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._placings: dict[TP, int] = {}
        self.heard_at = float("-inf")

    async def on_start(self) -> None:
        """Start the consumer, and note from then on when the group last knew us."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator
        beat = getattr(coordinator, "_do_heartbeat", None)
        if beat is None:
            return  # nothing was subscribed to

        async def noted() -> bool:
            began = monotonic()
            known = bool(await beat())
            if known:
                self.heard_at = began
            return known

        coordinator._do_heartbeat = noted

    async def place(self, tp: TP, offset: int, placing: int) -> None:
        """Read ``tp`` from ``offset`` on; what is fetched from then on carries ``placing``."""
        await self.call_thread(self._place, tp, offset, placing)

    async def _place(self, tp: TP, offset: int, placing: int) -> None:
        self._ensure_consumer().seek(tp, offset)
        self._placings[tp] = placing

    async def _fetch_records(  # type: ignore[override]
        self, *args: Any, **kwargs: Any
    ) -> dict[Any, _Fetch]:
        # Nothing else runs in this thread between the fetch and the return.
        records = await super()._fetch_records(*args, **kwargs)
        return {tp: (self._placings.get(tp, 0), fetched) for tp, fetched in records.items()}

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="none",  # a position outside the log must not be mended silently
            isolation_level="read_committed",
            max_poll_records=conf.broker_max_poll_records,
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
            fetch_min_bytes=FETCH_MIN_BYTES,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            check_crcs=conf.broker_check_crcs,
            **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )


class Consumer(driver.Consumer):
    """Yields one message per partition and fetch; its offset is the last record's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._positions: dict[TP, int] = {}
        self._placings: dict[TP, int] = {}
        self._placing_numbers = count(1)
        self._unfinished: defaultdict[TP, deque[int]] = defaultdict(deque)
        self._resumed = asyncio.Event()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109 - Faust's
        """Fetch once and yield each partition's records as one message.

        What was fetched is delivered even if its partition was paused meanwhile: the records would
        not come again.
        """
        try:
            fetches, _ = await self._wait_next_records(timeout)
        except OffsetOutOfRangeError as error:
            gone = {TP(tp.topic, tp.partition) for tp in error.args[0]}
            self.pause_partitions(gone)
            cast(Transport, self.transport).off_the_log(gone)
            return
        except NoOffsetForPartitionError:
            return  # not placed yet
        if fetches is None or self.should_stop:
            return
        generation = self.app.consumer_generation_id
        for partition, (placing, fetched) in cast(dict[Any, _Fetch], fetches).items():
            tp = TP(partition.topic, partition.partition)
            if not fetched or placing != self._placings.get(tp, 0):
                continue  # fetched before its partition was placed elsewhere
            last = fetched[-1]
            batch = Batch(tp.partition, self._positions.get(tp, fetched[0].offset), fetched)
            self._positions[tp] = last.offset + 1
            if not self.flow_active or generation != self.app.consumer_generation_id:
                continue  # a rebalance began: the next batch's position tells that these are missing
            # Offsets before this message's are part of it: no gap for Faust to track.
            self._read_offset[tp] = last.offset
            self._unfinished[tp].append(last.offset)
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            yield tp, self._batch_message(tp, batch, last)

    async def perform_seek(self) -> None:
        """Place every assigned partition where its owner says, not where the group committed.

        A partition that the owner does not place yet stays paused until :meth:`place`.
        """
        positions: Positions = cast(Transport, self.transport).positions
        assigned = {TP(tp.topic, tp.partition) for tp in self.assignment()}
        placed = await positions(assigned)
        self.pause_partitions(assigned - set(placed))
        for tp, offset in placed.items():
            await self.place(tp, offset)

    async def place(self, tp: TP, offset: int) -> None:
        """Read ``tp`` from ``offset`` on, whatever was read before.

        Raises:
            IllegalStateError: the partition is not assigned; nothing of it is delivered until it is
                placed again.
        """
        placing = self._placings[tp] = next(self._placing_numbers)
        self._positions[tp] = offset
        self._unfinished[tp].clear()
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        await cast(ConsumerThread, self._thread).place(tp, offset, placing)
        self.resume_partitions({tp})

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Go on fetching these partitions."""
        super().resume_partitions(tps)
        self._resumed.set()

    @property
    def heard_at(self) -> float:
        """When the newest heartbeat was sent that the group answered; seconds of the monotonic clock."""
        return cast(ConsumerThread, self._thread).heard_at

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:  # noqa: ASYNC109 - Faust's
        if self.flow_active and not self._get_active_partitions():
            # Faust sleeps a second when everything is paused; a lane may resume much sooner.
            self._resumed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._resumed.wait(), 1.0)
            return {}, None
        return await super()._wait_next_records(timeout)

    def _new_offset(self, tp: TP) -> int | None:
        """The offset to commit: the one after the last batch before the first unfinished one."""
        acked = self._acked_index[tp]
        unfinished = self._unfinished[tp]
        newest = None
        while unfinished and unfinished[0] in acked:
            newest = unfinished.popleft()
            acked.discard(newest)
        if newest is None:
            return None
        self._acked[tp] = sorted(acked)
        return newest + 1

    def _batch_message(self, tp: TP, batch: Batch, last: Any) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            None,
            cast(bytes, batch),
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )


class Transport(driver.Transport):
    """The aiokafka transport with batches; set ``positions`` and ``off_the_log`` before the app starts."""

    Consumer: ClassVar[type[FaustConsumer]] = Consumer
    positions: Positions
    off_the_log: OffTheLog
