"""Reading a partition's changelog back: the state as of the last committed transaction."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import CHANGELOG, TOUCHPOINTS

_CHUNK = 10_000
_CHUNK_TIMEOUT_S = 0.05
_TIMEOUT_S = 30.0


class ChangelogReader:
    """Reads one changelog partition, read committed, and the bounds of its touchpoints partition."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self._settings = settings
        self._partition = partition

    def read(
        self,
        start: int | None,
        take: Callable[[bytes | None, bytes | None], None],
        tell: Callable[[int], None] = lambda records: None,
    ) -> int:
        """Hand every record from ``start`` (None: the beginning) to the end to ``take``.

        ``tell`` is told how many came, a chunk at a time.

        Call it after the partition's producer was initialised: then no transaction is open and the
        end stands still.

        Returns:
            Where to go on reading next time.

        Raises:
            KafkaException: the broker did not answer.
        """
        topic = self._settings.topic(CHANGELOG)
        consumer = Consumer(
            consumer_config(
                self._settings,
                **{
                    "group.id": f"{self._settings.app_id}-restore",
                    "enable.partition.eof": True,
                    "fetch.max.bytes": 16_777_216,
                    "max.partition.fetch.bytes": 8_388_608,
                    "fetch.wait.max.ms": 10,
                    "queued.max.messages.kbytes": 65_536,
                },
            )
        )
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, self._partition), timeout=_TIMEOUT_S)
            position = low if start is None else max(start, low)
            if position >= high:
                return position
            consumer.assign([TopicPartition(topic, self._partition, position)])
            gives_up = monotonic() + _TIMEOUT_S
            while True:
                # consume() waits for a full chunk: the short timeout is what the last one costs.
                messages = consumer.consume(_CHUNK, timeout=_CHUNK_TIMEOUT_S)
                if messages:
                    gives_up = monotonic() + _TIMEOUT_S
                    tell(len(messages))
                elif monotonic() > gives_up:
                    raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer while reading the changelog"))
                for message in messages:
                    error = message.error()
                    if error is None:
                        take(message.key(), message.value())
                        position = (message.offset() or 0) + 1
                    elif error.code() == KafkaError._PARTITION_EOF:
                        return max(position, message.offset() or 0)
                    else:
                        raise KafkaException(error)
        finally:
            consumer.close()

    def touchpoint_bounds(self) -> tuple[int, int]:
        """First offset and end offset of the touchpoints partition."""
        consumer = Consumer(consumer_config(self._settings, **{"group.id": f"{self._settings.app_id}-restore"}))
        try:
            topic = self._settings.topic(TOUCHPOINTS)
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, self._partition), timeout=_TIMEOUT_S)
            return int(low), int(high)
        finally:
            consumer.close()
