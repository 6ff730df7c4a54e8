"""The way in from Kafka: partitions come and go, records come in, what is finished is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, cast

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.delivery.asking import answered
from streams.delivery.ledger import Ledger
from streams.delivery.message import Origin
from streams.kafka import consumer_config
from streams.settings import Settings

_KAFKA_S = 30.0
_AGAIN_S = 0.3
_TURN_S = 0.02
_BUSY_FOR_S, _BUSY_READ_S = 0.5, 0.003
"""While deliveries end, reads are short: commits wait for the thread that reads, and places for the commits."""

_QUEUE_KILOBYTES = 4_096

log = structlog.get_logger("deliver")


class _Commit:
    """Offsets to commit, and who waits for it."""

    def __init__(self, places: list[TopicPartition]) -> None:
        self.places = places
        self.done: Future[None] = Future()


class Intake:
    """One member of a group that reads one topic, read committed. Lives in one event loop.

    One thread alone talks to Kafka, also while it is in the client's callback about partitions that
    leave: a commit by another thread would wait until that callback is over, and the callback waits
    for the commit.

    Args:
        settings: of the process.
        topic: full name.
        group: consumer group.
        let_go: called for each partition that is taken away, while its commits are still taken.
        instance: static membership id; empty: dynamic.
        to_end: read only what is there when the partition comes, as a replay does.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        group: str,
        let_go: Callable[[int], Awaitable[None]],
        instance: str = "",
        *,
        to_end: bool = False,
    ) -> None:
        self.was_dealt = False
        self._topic, self._let_go, self._to_end = topic, let_go, to_end
        self._patience_s = settings.session_timeout_ms / 1000
        self._ledgers: dict[int, Ledger] = {}
        self._ends: dict[int, int] = {}
        self._paused: set[int] = set()
        self._waiters: list[asyncio.Future[None]] = []
        self._dirty = asyncio.Event()
        self._told_errors: set[str] = set()
        self._reads = ThreadPoolExecutor(1, "intake")
        self._jobs: SimpleQueue[_Commit] = SimpleQueue()
        self._is_closing = False
        self._finished_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._consumer = Consumer(_config(settings, group, instance))
        self._committing = self._loop.create_task(self._commit_forever())

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """The oldest unfinished offset of each partition that is ours."""
        return {(self._topic, number): ledger.position for number, ledger in self._ledgers.items()}

    @property
    def unfinished(self) -> int:
        """Records read and not finished."""
        return sum(ledger.unfinished for ledger in self._ledgers.values())

    @property
    def unread(self) -> int:
        """Records of our partitions that were not read yet, as far as the client knows; markers count too."""
        total = 0
        for number, ledger in list(self._ledgers.items()):
            marks = self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), cached=True)
            total += max(0, marks[1] - ledger.next_offset) if marks else 0
        return total

    @property
    def is_done(self) -> bool:
        """Of a replay: everything that was there is finished."""
        return self.was_dealt and all(
            ledger.position >= self._ends[number] or (not ledger.waiting and number in self._paused)
            for number, ledger in self._ledgers.items()
        )

    def subscribe(self) -> None:
        """Join the group; partitions come with the next reads."""
        self._consumer.subscribe([self._topic], on_assign=self._assigned, on_revoke=self._revoked)

    async def read(self, most: int, seconds: float) -> list[Origin]:
        """New records, in order; waits at most that long for the first.

        Raises:
            KafkaException: Kafka refuses us for good.
        """
        self._throttle()
        if monotonic() - self._finished_at < _BUSY_FOR_S:
            seconds = min(seconds, _BUSY_READ_S)
        messages = await self._loop.run_in_executor(self._reads, self._consumer.consume, most, seconds)
        return [origin for message in messages if (origin := self._taken(message)) is not None]

    async def finish(self, origin: Origin) -> None:
        """The record needs nothing more; returns when that is committed, or the partition is not ours any more."""
        ledger = self._ledgers.get(origin.partition)
        if ledger is None:
            return
        ledger.finish(origin.offset)
        self._finished_at = monotonic()
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiters.append(done)
        self._dirty.set()
        await done

    def pass_over(self, origin: Origin) -> None:
        """Leave the record where it is, for another time."""
        if (ledger := self._ledgers.get(origin.partition)) is not None:
            ledger.pass_over(origin.offset)

    async def close(self) -> None:
        """Commit what is finished and leave the group."""
        self._committing.cancel()
        await asyncio.gather(self._committing, return_exceptions=True)
        await self._commit()
        self._is_closing = True
        await self._loop.run_in_executor(self._reads, self._consumer.close)
        self._reads.shutdown()

    # -- records ------------------------------------------------------------------------------------

    def _throttle(self) -> None:
        """Read no more of a partition whose ledger is full, and again when it has room."""
        for number, ledger in self._ledgers.items():
            where = [TopicPartition(self._topic, number)]
            if number not in self._paused and ledger.is_full:
                self._consumer.pause(where)
                self._paused.add(number)
            elif number in self._paused and ledger.has_room and not self._has_ended(number, ledger):
                self._consumer.resume(where)
                self._paused.discard(number)

    def _has_ended(self, number: int, ledger: Ledger) -> bool:
        return self._to_end and ledger.next_offset >= self._ends[number]

    def _taken(self, message: Message) -> Origin | None:
        number, offset = message.partition() or 0, message.offset() or 0
        if (error := message.error()) is not None:
            self._take_error(number, error)
            return None
        ledger = self._ledgers.get(number)
        if ledger is None or (self._to_end and offset >= self._ends[number]):
            if ledger is not None:
                self._stop_at_end(number)
            return None
        if not ledger.take(offset):
            return None
        listed = cast(list[tuple[str, bytes | None]], message.headers() or [])
        headers = tuple((name, value) for name, value in listed)
        return Origin(message.topic() or "", number, offset, message.key(), message.value(), headers)

    def _take_error(self, number: int, error: KafkaError) -> None:
        if error.code() == KafkaError._PARTITION_EOF:
            if self._to_end:
                self._stop_at_end(number)
        elif error.fatal():
            raise KafkaException(error)
        elif error.str() not in self._told_errors:
            self._told_errors.add(error.str())
            log.warning("Kafka reports an error; delivery goes on", error=error.str())

    def _stop_at_end(self, number: int) -> None:
        self._consumer.pause([TopicPartition(self._topic, number)])
        self._paused.add(number)
        self._ends[number] = min(self._ends[number], self._ledgers[number].next_offset)

    # -- commits --------------------------------------------------------------------------------------

    async def _commit_forever(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            waiters, self._waiters = self._waiters, []
            try:
                await self._commit()
            except KafkaException as error:
                log.warning("what was delivered is not committed yet; it is tried again", error=error.args[0].str())
                self._waiters += waiters
                await asyncio.sleep(_AGAIN_S)
                self._dirty.set()
                continue
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def _commit(self) -> None:
        due = {number: told for number, ledger in self._ledgers.items() if (told := ledger.due()) is not None}
        if not due:
            return
        places = [TopicPartition(self._topic, number, *told) for number, told in due.items()]
        commit = _Commit(places)
        self._jobs.put(commit)
        self._reads.submit(self._do_jobs)
        await asyncio.wrap_future(commit.done)
        for number, told in due.items():
            if (ledger := self._ledgers.get(number)) is not None:
                ledger.committed(told)

    def _do_jobs(self, wait_s: float = 0.0) -> None:
        """Make the commits that are asked for; waits at most that long for the first."""
        with suppress(Empty):
            commit = self._jobs.get(wait_s > 0, wait_s or None)
            while True:
                self._make(commit)
                commit = self._jobs.get_nowait()

    def _make(self, commit: _Commit) -> None:
        try:
            for answer in self._consumer.commit(offsets=commit.places, asynchronous=False) or ():
                if answer.error is not None:
                    raise KafkaException(answer.error)
        except Exception as error:  # whoever asked for the commit hears of it
            commit.done.set_exception(error)
        else:
            commit.done.set_result(None)

    # -- partitions: called by the client in the reading thread, while the loop waits for it ---------

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._is_closing:
            return
        starts = []
        ledgers = {}
        committed = partitions and answered(lambda: consumer.committed(partitions, timeout=_KAFKA_S))
        for place in committed:
            low, high = consumer.get_watermark_offsets(place, timeout=_KAFKA_S)
            # Before the log's beginning: retention ran over it, and what is gone has expired long since.
            start = max(place.offset, low) if place.offset >= 0 else low
            metadata = (place.metadata or "") if start == place.offset else ""
            ledgers[place.partition] = Ledger(start, metadata)
            starts.append(TopicPartition(self._topic, place.partition, start))
            self._ends[place.partition] = high
        self._ledgers = ledgers
        self._paused.clear()
        consumer.assign(starts)
        self.was_dealt = True
        log.info("partitions came", partitions=sorted(ledgers))

    def _revoked(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        leaving = [asyncio.run_coroutine_threadsafe(self._give_up(place.partition), self._loop) for place in partitions]
        until = monotonic() + self._patience_s
        while not all(one.done() for one in leaving) and monotonic() < until:
            self._do_jobs(_TURN_S)
        if late := [place.partition for place, one in zip(partitions, leaving, strict=True) if not one.done()]:
            log.warning("partitions left before everything on its way had ended; it may repeat", partitions=late)

    async def _give_up(self, number: int) -> None:
        ledger = self._ledgers.get(number)
        await self._let_go(number)
        try:
            await self._commit()
        except KafkaException as error:
            log.warning("a partition left before its last commit; some deliveries repeat", error=error.args[0].str())
        if self._ledgers.get(number) is ledger:  # it may have come again meanwhile
            self._ledgers.pop(number, None)


def _config(settings: Settings, group: str, instance: str) -> dict[str, Any]:
    return consumer_config(
        settings,
        **{
            "group.id": group,
            "session.timeout.ms": settings.session_timeout_ms,
            "heartbeat.interval.ms": max(100, settings.session_timeout_ms // 4),
            "enable.partition.eof": True,
            "queued.max.messages.kbytes": _QUEUE_KILOBYTES,
            "log_level": 0,
            **({"group.instance.id": instance} if instance else {}),
        },
    )
