"""The loader's way out of Kafka: partitions come and go, records come in, commits go back."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from sinks.errors import OffsetGone
from sinks.ledger import Batch, Commit, Ledger, Partition
from sinks.rows import Record
from streams.kafka import consumer_config
from streams.settings import Settings

_QUEUE_KILOBYTES = 4096
"""What librdkafka reads ahead per partition, also while ClickHouse is away."""

_MOST_READ = 10_000
_POLL_SECONDS = 0.1
_KAFKA_SECONDS = 30.0

log = structlog.get_logger("loader")


class Intake:
    """One member of the loader's group, with a ledger for each partition it owns.

    Args:
        settings: of the process.
        topics: full names.
        instance: static membership id; empty: dynamic.

    Attributes:
        deals: how often partitions were dealt; whatever was read before the last deal is void.
        held: records read and not settled.
        held_bytes: their keys and values.
        held_since: when the first of them came, monotonic seconds.
    """

    def __init__(self, settings: Settings, topics: Sequence[str], instance: str = "") -> None:
        self.deals = 0
        self.held = 0
        self.held_bytes = 0
        self.held_since = 0.0
        self._owned: list[TopicPartition] = []
        self._begun = False
        self._ledgers: dict[Partition, Ledger] = {}
        self._at_end: set[Partition] = set()
        self._told_errors: set[str] = set()
        self._topics = list(topics)
        self._consumer = Consumer(_config(settings, instance))

    def subscribe(self) -> None:
        """Join the group; partitions come with the next reads."""
        self._consumer.subscribe(self._topics, on_assign=self._assigned, on_revoke=self._revoked)

    def read(self, room: int, seconds: float) -> None:
        """Take in up to ``room`` records, waiting at most that long for the first.

        Raises:
            LoaderError: a partition cannot be gone on with.
            KafkaException: Kafka refuses us for good.
        """
        if self._owned and not self._begun:
            self._begin()
        if any(ledger.resending for ledger in self._ledgers.values()):
            room = _MOST_READ  # a promise made under another setting is read to its end
        for message in self._consumer.consume(max(1, min(room, _MOST_READ)), seconds):
            self._take(message)

    def sit_out(self, seconds: float, stop: threading.Event) -> None:
        """Wait and read nothing, but stay in the group; ``resume`` ends it."""
        deadline = time.monotonic() + seconds
        self._consumer.pause(self._consumer.assignment())
        while (left := deadline - time.monotonic()) > 0 and not stop.is_set():
            message = self._consumer.poll(min(left, _POLL_SECONDS))
            if message is not None:
                self._take(message)

    def resume(self) -> None:
        """Read again."""
        self._consumer.resume(self._consumer.assignment())

    def batches(self) -> list[Batch]:
        """What can be inserted now, at most one batch a partition.

        Raises:
            IntentMismatch: see ``Ledger.batch``.
        """
        # A promise that is not read to its end yet must not make us try without pause.
        self.held_since = time.monotonic()
        return [batch for ledger in self._ledgers.values() if (batch := ledger.batch())]

    def commit(self, commits: Sequence[Commit]) -> None:
        """Commit all of them.

        Raises:
            KafkaException: some are not committed, or nobody knows.
        """
        offsets = [
            TopicPartition(partition.topic, partition.number, offset, metadata)
            for partition, offset, metadata in commits
        ]
        for answer in self._consumer.commit(offsets=offsets, asynchronous=False) or ():
            if answer.error is not None:
                raise KafkaException(answer.error)

    def settled(self, batch: Batch) -> None:
        """The batch is in and its settlement committed."""
        self._ledgers[batch.partition].settled(batch)
        self.held = sum(ledger.waiting for ledger in self._ledgers.values())
        self.held_bytes = 0

    def start_over(self) -> None:
        """Begin from what is committed, after a commit that may or may not have arrived."""
        self._forget()

    @property
    def caught_up(self) -> bool:
        """Everything there was to read is settled."""
        return bool(self._ledgers) and not self.held and self._at_end >= self._ledgers.keys()

    @property
    def lag(self) -> int:
        """Records of our partitions not settled yet; before their end transaction markers count too."""
        return self.held + sum(self._unread(ledger) for ledger in self._ledgers.values())

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """The first offset of each of our partitions that is not settled."""
        return {(ledger.partition.topic, ledger.partition.number): ledger.position for ledger in self._ledgers.values()}

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _unread(self, ledger: Ledger) -> int:
        if ledger.partition in self._at_end:
            return 0
        marks = self._consumer.get_watermark_offsets(TopicPartition(*ledger.partition), cached=True)
        return max(0, marks[1] - ledger.next_offset) if marks else 0

    # -- records --------------------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        partition = Partition(message.topic() or "", message.partition() or 0)
        if (error := message.error()) is not None:
            self._take_error(partition, error)
            return
        ledger = self._ledgers.get(partition)
        if ledger is None:
            return
        record = Record(message.offset() or 0, message.timestamp()[1], message.key(), message.value())
        if ledger.take(record):
            if not self.held:
                self.held_since = time.monotonic()
            self.held += 1
            self.held_bytes += len(record.key or b"") + len(record.value or b"")
            self._at_end.discard(partition)

    def _take_error(self, partition: Partition, error: KafkaError) -> None:
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            self._at_end.add(partition)
        elif code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise OffsetGone(
                f"{partition.topic}[{partition.number}]: the log no longer holds what comes next ({error.str()})",
                "retention ran over the loader or the topic was made anew; to go on without the gap reset the"
                " group's offset with `kafka-consumer-groups --reset-offsets --to-earliest`",
            )
        elif error.fatal():
            raise KafkaException(error)
        else:
            self._tell_once(error)

    def _tell_once(self, error: KafkaError) -> None:
        if error.str() not in self._told_errors:
            self._told_errors.add(error.str())
            log.warning("Kafka reports an error; the loader goes on trying", error=error.str())

    # -- partitions -----------------------------------------------------------------------------

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._forget()
        self._owned = partitions
        consumer.assign([])  # the next read gives each its start

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._forget()
        self._owned = []

    def _forget(self) -> None:
        self.deals += 1
        self.held = self.held_bytes = 0
        self._begun = False
        self._ledgers.clear()
        self._at_end.clear()

    def _begin(self) -> None:
        """Read on from what is committed; when Kafka does not tell, the next read asks again."""
        try:
            ledgers = [self._ledger(position) for position in self._committed()]
        except KafkaException as error:
            if error.args[0].fatal():
                raise
            self._tell_once(error.args[0])
            return
        starts = [TopicPartition(*ledger.partition, ledger.next_offset) for ledger in ledgers]
        self._ledgers = {ledger.partition: ledger for ledger in ledgers}
        self._consumer.assign(starts)
        self._consumer.resume(starts)
        self._begun = True
        resending = sum(ledger.resending for ledger in ledgers)
        log.info("the loader owns partitions", partitions=len(starts), batches_to_send_again=resending)

    def _committed(self) -> list[TopicPartition]:
        positions = self._consumer.committed(self._owned, timeout=_KAFKA_SECONDS)
        for position in positions:
            if position.error is not None:
                raise KafkaException(position.error)
        return positions

    def _ledger(self, position: TopicPartition) -> Ledger:
        marks = self._consumer.get_watermark_offsets(position, timeout=_KAFKA_SECONDS)
        if marks is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        committed = position.offset if position.offset >= 0 else None
        return Ledger(Partition(position.topic, position.partition), committed, position.metadata or "", *marks)


def _config(settings: Settings, instance: str) -> dict[str, Any]:
    return consumer_config(
        settings,
        **{
            "group.id": f"{settings.app_id}-loader",
            "session.timeout.ms": settings.session_timeout_ms,
            "heartbeat.interval.ms": max(100, settings.session_timeout_ms // 4),
            # We give every start offset; a position outside the log must not be mended silently.
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "queued.max.messages.kbytes": _QUEUE_KILOBYTES,
            "topic.metadata.refresh.interval.ms": 10_000,
            **({"group.instance.id": instance} if instance else {}),
        },
    )
