"""One partition's life: restore, run, transact, drain.

A lane owns a partition from its assignment to its revocation:

1. it opens the partition's producer, which fences any older owner (a zombie),
2. it restores state from the changelog, read committed,
3. it asks to be fed from the applied offset + 1, whatever the consumer group has committed,
4. per batch, one transaction: outputs, changed customers, and last the partition record,
5. only then it acknowledges the batch, so Faust's committed offset follows as a hint.

When something in the transaction fails, the state in memory counts for nothing: the lane goes back
to 1. A fenced lane waits: the group will say whether the partition is still its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum
from math import inf
from time import monotonic, time
from typing import Protocol

import structlog
from confluent_kafka import KafkaException

from schemas import Codec, Control, DecodeError, RegistryUnavailable, headers
from streams.batching import Batch
from streams.changelog import ChangelogReader
from streams.customer import Output, Partition, Record, StateFormatError
from streams.live_state.owners import own_address
from streams.run_slot import RunSlot
from streams.settings import Settings
from streams.telemetry import LaneWatch, Measures
from streams.topics import TOUCHPOINTS
from streams.transactions import Aborted, Fenced, PartitionProducer, TransactionError

log = structlog.get_logger("lane")

TICK_EVERY_S = 0.05
"""A lane appends at most one tick per this time."""

ANNOUNCE_EVERY_S = 6 * 3600.0
"""Where a partition is served is said again after this: the broker forgets offsets that are days old."""

RETRY_S = 1.0
"""Pause before a lane that failed restores again."""

TRANSACTION_SHARE = 0.3
"""A transaction takes in no more after this share of its timeout: on a machine that is too slow for
a whole fetch the broker would abort it, and then its repetition, for ever."""

LOOK_EVERY = 8
"""Records between two looks at the clock: fewer take no time that matters, and a look after each costs some."""

QUEUED_BATCHES = 2
"""With more batches waiting than this, the lane asks for a pause."""


class LaneRefused(Exception):
    """The lane cannot run without losing or repeating something; ``remedy`` says what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


class Feed(Protocol):
    """The consumer side of a lane."""

    async def place(self, partition: int, offset: int) -> None:
        """Deliver the partition from ``offset`` on."""

    def pause(self, partition: int) -> None:
        """Deliver no more of the partition for now."""

    def resume(self, partition: int) -> None:
        """Go on delivering."""


class Phase(Enum):
    """Where a lane is in its life."""

    RESTORING = "restoring"
    RUNNING = "running"
    FENCED = "fenced"
    PARKED = "parked"


Acknowledge = Callable[[], None]


class Lane:
    """Runs one partition; see the module."""

    def __init__(
        self,
        number: int,
        settings: Settings,
        codec: Codec,
        feed: Feed,
        slot: RunSlot,
        refuse: Callable[[LaneRefused], Awaitable[None]],
        measures: Measures | None = None,
        aborts_hide: bool = True,
    ) -> None:
        """
        Args:
            number: the partition's.
            settings: of the process.
            codec: shared by all lanes.
            feed: delivers batches to :meth:`put`.
            slot: shared by all lanes of the worker.
            refuse: told when the lane cannot run at all.
            measures: adds up what the lanes of the worker tell.
            aborts_hide: whether readers never see the records of an aborted transaction; without that
                an abort ends the worker.
        """
        self._aborts_hide = aborts_hide
        self.number = number
        self.watch = LaneWatch(number, measures)
        self.phase = Phase.PARKED
        self.partition = Partition(number, settings.partitions, codec, settings.topic(TOUCHPOINTS))
        self._settings = settings
        self._codec = codec
        self._feed = feed
        self._slot = slot
        self._refuse = refuse
        self._restored_to: int | None = None
        self._queue: deque[tuple[Batch, Acknowledge]] = deque()
        self._arrived = asyncio.Event()
        self._next_offset = 0
        self._paused = False
        self._is_off_the_log = False
        self._ticked_at = 0.0
        self._announce_at = inf
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def phase(self) -> Phase:
        """Where the lane is in its life."""
        return self._phase

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._phase = phase
        self.watch.enter(phase.value, self.watch.reason if phase is Phase.RESTORING else "")

    # -- from outside -----------------------------------------------------------------------------

    def start(self) -> None:
        """The partition was assigned."""
        self._stopping = False
        self._queue_nothing_until_placed()
        self.phase = Phase.RESTORING
        self._task = asyncio.create_task(self._live(), name=f"lane-{self.number}")

    async def stop(self) -> None:
        """The partition was revoked: finish the transaction in hand, drop what waits, keep the state.

        A lane that is started again reads only what the changelog gained meanwhile.
        """
        self._stopping = True
        self._arrived.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def put(self, batch: Batch, acknowledge: Acknowledge) -> None:
        """Take a batch from the feed; what was seen before is skipped, a hole is sought again."""
        if self.phase is not Phase.RUNNING:
            return
        if batch.position > self._next_offset:
            log.debug("a batch begins after a hole, seeking back", partition=self.number, offset=self._next_offset)
            self._paused = False
            await self._feed.place(self.number, self._next_offset)
            return
        if batch.last < self._next_offset:
            acknowledge()
            return
        if batch.first < self._next_offset:
            batch = batch._replace(records=[record for record in batch.records if record.offset >= self._next_offset])
        self._next_offset = batch.last + 1
        self._queue.append((batch, acknowledge))
        if len(self._queue) > QUEUED_BATCHES:
            self._paused = True
            self._feed.pause(self.number)
        self._arrived.set()

    def off_the_log(self) -> None:
        """The broker says that the log does not hold what comes next: the restore finds out why."""
        self._is_off_the_log = True
        self._arrived.set()

    @property
    def next_offset(self) -> int | None:
        """Where to feed from, or None while the lane is not running."""
        return self._next_offset if self.phase is Phase.RUNNING else None

    # -- its life ---------------------------------------------------------------------------------

    async def _live(self) -> None:
        while not self._stopping:
            producer = PartitionProducer(self._settings, self.number)
            try:
                await self._restore(producer)
                await self._run(producer)
            except Fenced:
                await self._wait_fenced()
            except LaneRefused as error:
                log.error("lane refuses to run", partition=self.number, reason=str(error))
                self.watch.refuse(str(error))
                await self._refuse(error)
                return
            except (TransactionError, KafkaException, RegistryUnavailable) as error:
                if not self._aborts_hide and self.phase is Phase.RUNNING:
                    self.watch.refuse(f"a transaction was aborted: {error}")
                    remedy = (
                        "readers of the embedded broker see what was aborted, so nothing after it adds up; start anew"
                    )
                    await self._refuse(LaneRefused(f"partition {self.number}: a transaction failed: {error}", remedy))
                    return
                log.warning("lane restores after an error", partition=self.number, error=str(error))
                self.watch.failed("error", f"restores after an error: {error}")
                self._forget()
                await self._pause_for(RETRY_S)
            except Exception as error:
                log.exception("lane failed", partition=self.number)
                self.watch.refuse(f"failed with {type(error).__name__}; see the log")
                remedy = "the worker ends and nothing of the transaction was written; report it with this log"
                await self._refuse(LaneRefused(f"partition {self.number}: {type(error).__name__}", remedy))
                return
            finally:
                await producer.close()
        self.phase = Phase.PARKED

    async def _restore(self, producer: PartitionProducer) -> None:
        self.phase = Phase.RESTORING
        started = monotonic()
        self.watch.begin_restore()
        # A registry that goes away later must not interrupt a record half-way.
        await asyncio.to_thread(self._codec.prepare)
        await producer.open()
        reader = ChangelogReader(self._settings, self.number)
        try:
            self._restored_to = await asyncio.to_thread(
                reader.read, self._restored_to, self.partition.restore, self.watch.restore_records
            )
            await asyncio.to_thread(self.partition.restored)
        except StateFormatError as error:
            raise LaneRefused(f"partition {self.number}: {error}", error.remedy) from error
        applied = self.partition.applied
        low, high = await asyncio.to_thread(reader.touchpoint_bounds)
        self._check_bounds(applied, low, high)
        if self._stopping:
            return
        self._next_offset = applied + 1 if applied >= 0 else low
        await self._announce(producer)
        self.phase = Phase.RUNNING
        self.watch.restored(self.partition, monotonic() - started)
        await self._feed.place(self.number, self._next_offset)
        log.info(
            "lane runs",
            partition=self.number,
            customers=len(self.partition),
            from_offset=self._next_offset,
            restored_in_ms=int((monotonic() - started) * 1000),
        )

    def _check_bounds(self, applied: int, low: int, high: int) -> None:
        if applied < 0:
            if low > 0:
                log.warning("no state and the log begins later", partition=self.number, from_offset=low)
            return
        if applied + 1 < low:
            raise LaneRefused(
                f"partition {self.number}: applied to offset {applied}, but the log begins at {low}",
                "records were deleted unread; if that is accepted, start under a new MOMENTOUS_APP_ID "
                "and changelog, else restore the topic",
            )
        if applied + 1 > high:
            raise LaneRefused(
                f"partition {self.number}: applied to offset {applied}, but the log ends at {high}",
                "the touchpoints topic was made anew; delete the changelog topic too, or restore the topic",
            )

    async def _announce(self, producer: PartitionProducer) -> None:
        """Tell the other workers where the partition's live state is served, if it is."""
        if address := own_address(self._settings):
            await producer.announce(self._next_offset, address)
            self._announce_at = monotonic() + ANNOUNCE_EVERY_S

    async def _run(self, producer: PartitionProducer) -> None:
        while not self._stopping:
            if monotonic() >= self._announce_at:
                await self._announce(producer)
            if not self._queue:
                if self._is_off_the_log:
                    self.phase = Phase.RESTORING
                    raise Aborted(f"the log does not hold offset {self._next_offset}")
                await self._wait(producer)
                continue
            await self._transact(producer)

    async def _transact(self, producer: PartitionProducer) -> None:
        # 1. process what waits, up to one fetch's worth, outputs going out as they come
        done: list[Acknowledge] = []
        records = 0
        stalled = None
        started = monotonic()
        producer.begin()
        async with self._slot:
            ends = monotonic() + self._settings.transaction_timeout_ms / 1000 * TRANSACTION_SHARE
            while self._queue and not stalled and (not records or self._has_room(records)):
                batch, acknowledge = self._queue.popleft()
                left, stalled = await self._process(batch, producer, ends)
                records += len(batch.records) - len(left)
                if left:
                    self._queue.appendleft((batch._replace(records=left), acknowledge))
                else:
                    done.append(acknowledge)
                if monotonic() >= ends:
                    break
            # 2. the changed customers, last the partition record
            for key, value in self.partition.take_changes():
                producer.produce_state(key, value)
                if self._slot.used_up:
                    await self._slot.renew()
            producer.produce_last_state(*self.partition.record(), self._note_changelog)
        # 3. all of it, or nothing
        await producer.commit()
        self.watch.committed(self.partition, records, monotonic() - started)
        # 4. the group's offset may follow
        for acknowledge in done:
            acknowledge()
        self._resume()
        if stalled:
            self.watch.waits(f"waits for the schema registry: {stalled}")
            log.warning("lane waits for the schema registry", partition=self.number, error=str(stalled))
            await self._wait_for_registry()

    def _has_room(self, records: int) -> bool:
        return records < self._settings.fetch_records and not self._stopping

    async def _process(
        self, batch: Batch, producer: PartitionProducer, ends: float
    ) -> tuple[list[Record], RegistryUnavailable | None]:
        """Process a batch; what is left when time is up or the registry does not answer is for later."""
        partition, slot = self.partition, self._slot
        for at, record in enumerate(batch.records):
            try:
                while not partition.process(record):
                    self._hand_over(producer)
                    await slot.renew()
                    if monotonic() >= ends:
                        return batch.records[at:], None
            except RegistryUnavailable as error:
                self._hand_over(producer)
                return batch.records[at:], error
            if not (at + 1) % LOOK_EVERY and slot.used_up:
                self._hand_over(producer)
                await slot.renew()
                if monotonic() >= ends:
                    return batch.records[at + 1 :], None
        self._hand_over(producer)
        return [], None

    def _hand_over(self, producer: PartitionProducer) -> None:
        outputs = self.partition.take_outputs()
        self.watch.hand_over(self.partition, outputs)
        for output in outputs:
            producer.produce(output)

    # -- waiting ----------------------------------------------------------------------------------

    async def _wait(self, producer: PartitionProducer) -> None:
        """Wait for a batch or for a deadline; a deadline with nothing arriving makes a tick."""
        self._arrived.clear()
        due = self.partition.next_deadline() if self.partition.clock.is_live else None
        delay = self._announce_at - monotonic()
        if due is not None:
            delay = min(delay, max(due / 1000 - time(), self._ticked_at + TICK_EVERY_S - monotonic()))
        if delay == inf:
            await self._arrived.wait()
            return
        if delay > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), delay)
            return
        if due is None or due / 1000 > time():
            return
        await self._tick(producer, due)

    async def _tick(self, producer: PartitionProducer, due: int) -> None:
        self._ticked_at = monotonic()
        control: Control = {"kind": "tick", "at": None, "clock": None, "activation": None}
        ce = headers("momentous.control.tick", f"{self.number}-{due}", "momentous/lanes", due)
        producer.begin()
        producer.produce(Output(TOUCHPOINTS, self.number, None, self._codec.encode("Control", control), ce))
        await producer.commit()
        self.watch.ticked()
        log.debug("tick appended", partition=self.number)

    async def _wait_for_registry(self) -> None:
        """Ask again in a thread, so that nobody else waits too, until there is an answer of any kind."""
        value = self._queue[0][0].records[0].value if self._queue else None
        while not self._stopping:
            await self._pause_for(RETRY_S)
            try:
                await asyncio.to_thread(self._codec.decode, value)
            except RegistryUnavailable:
                continue
            except DecodeError:
                return
            return

    async def _wait_fenced(self) -> None:
        """Another owner took over. If the group still says it is ours after a while, so be it."""
        self._forget()
        self.watch.failed("fenced", "")
        self.phase = Phase.FENCED
        self.watch.waits("fenced: another owner took the partition; the group will say whose it is")
        log.warning("lane fenced: another owner has the partition", partition=self.number)
        await self._pause_for(2 * self._settings.session_timeout_ms / 1000)

    async def _pause_for(self, seconds: float) -> None:
        ends = monotonic() + seconds
        while not self._stopping and monotonic() < ends:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), ends - monotonic())
            except TimeoutError:
                return

    # -- state ------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """The state in memory may hold what was never committed: start from nothing."""
        self.phase = Phase.RESTORING
        self._queue_nothing_until_placed()
        self._restored_to = None
        self.partition = Partition(
            self.number, self._settings.partitions, self._codec, self._settings.topic(TOUCHPOINTS)
        )

    def _note_changelog(self, offset: int) -> None:
        self._restored_to = offset + 1

    def _queue_nothing_until_placed(self) -> None:
        self._queue.clear()
        self._paused = self._is_off_the_log = False

    def _resume(self) -> None:
        if self._paused and len(self._queue) <= QUEUED_BATCHES // 2:
            self._paused = False
            self._feed.resume(self.number)
