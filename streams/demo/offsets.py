"""How far worker and loader are, asked of Kafka."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.customer.ledger import PARTITION_KEY, PartitionRecord, decode_partition
from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import CHANGELOG, DEAD_DELIVERIES, TOPICS, TOUCHPOINTS

_TIMEOUT_SECONDS = 5.0
_TAIL = 20
"""The partition record is the last of a transaction; behind it comes at most a marker."""


class Work(NamedTuple):
    """What the worker says of itself, in its changelog."""

    applied: list[int]
    """Next touchpoints offset of each partition."""
    counters: Counter[str]
    """What became of the records, over all partitions."""


class Offsets:
    """Committed offsets, ends and partition records; a context manager.

    Every method raises KafkaException when the broker does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker = self._consumer(settings.app_id)
        self._loader = self._consumer(f"{settings.app_id}-loader")
        self._reader = self._consumer(
            f"{settings.app_id}-demo", **{"enable.partition.eof": True, "fetch.wait.max.ms": 5}
        )

    def worker(self) -> list[int]:
        """The worker group's next touchpoints offsets."""
        return self._committed(self._worker, TOUCHPOINTS)

    def loader(self, topic: str = TOUCHPOINTS) -> list[int]:
        """The loader group's next offsets of a topic."""
        return self._committed(self._loader, topic)

    def ends(self, topic: str = TOUCHPOINTS) -> list[int]:
        """Offsets behind the last record of each partition."""
        return [self._bounds(topic, partition)[1] for partition in range(self._settings.partitions)]

    def work(self) -> Work:
        """The newest partition record of each partition, summed."""
        records = [self._partition_record(partition) for partition in range(self._settings.partitions)]
        counters: Counter[str] = Counter()
        for record in records:
            counters.update(record.counters)
        return Work([record.applied + 1 for record in records], counters)

    def all_loaded(self) -> bool:
        """Whether the loader has settled every record of every topic that it reads."""
        return all(self._is_loaded(topic.name) for topic in TOPICS if topic.name not in (CHANGELOG, DEAD_DELIVERIES))

    def unread_outputs(self) -> int:
        """Most records of one topic and partition of the worker's outputs that the loader has not settled."""
        others = (CHANGELOG, TOUCHPOINTS, DEAD_DELIVERIES)
        outputs = [topic.name for topic in TOPICS if topic.name not in others]
        return max(
            end - committed
            for topic in outputs
            for committed, end in zip(self.loader(topic), self.ends(topic), strict=True)
        )

    def close(self) -> None:
        """Let go of the broker."""
        for consumer in (self._worker, self._loader, self._reader):
            consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _consumer(self, group: str, **more: object) -> Consumer:
        return Consumer(consumer_config(self._settings, **{"group.id": group, "log_level": 0, **more}))

    def _committed(self, consumer: Consumer, topic: str) -> list[int]:
        places = [TopicPartition(self._settings.topic(topic), number) for number in range(self._settings.partitions)]
        return [max(0, place.offset) for place in consumer.committed(places, timeout=_TIMEOUT_SECONDS)]

    def _bounds(self, topic: str, partition: int) -> tuple[int, int]:
        place = TopicPartition(self._settings.topic(topic), partition)
        low, high = self._reader.get_watermark_offsets(place, timeout=_TIMEOUT_SECONDS)
        return low, high

    def _is_loaded(self, topic: str) -> bool:
        """No record lies behind what the loader has committed; a transaction's marker may."""
        for partition, (committed, end) in enumerate(zip(self.loader(topic), self.ends(topic), strict=True)):
            if committed < end and self._read(topic, partition, committed, stop_at_first=True):
                return False
        return True

    def _partition_record(self, partition: int) -> PartitionRecord:
        low, high = self._bounds(CHANGELOG, partition)
        for start in (max(low, high - _TAIL), low):
            for key, value in reversed(self._read(CHANGELOG, partition, start)):
                if key == PARTITION_KEY and value is not None:
                    return decode_partition(value)
        return PartitionRecord()

    def _read(
        self, topic: str, partition: int, start: int, *, stop_at_first: bool = False
    ) -> list[tuple[bytes | None, bytes | None]]:
        """Keys and values from ``start`` to the end, or to the first one."""
        self._reader.assign([TopicPartition(self._settings.topic(topic), partition, start)])
        found: list[tuple[bytes | None, bytes | None]] = []
        while True:
            message = self._reader.poll(_TIMEOUT_SECONDS)
            if message is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            error = message.error()
            if error is None:
                found.append((message.key(), message.value()))
                if stop_at_first:
                    return found
            elif error.code() == KafkaError._PARTITION_EOF:
                return found
            else:
                raise KafkaException(error)
