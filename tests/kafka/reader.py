"""Reads a topic from its start to its end, as a checker must: nothing skipped, nothing waited for."""

from __future__ import annotations

import time
import uuid
from typing import Any, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from streams.kafka import consumer_config
from streams.settings import Settings

_BATCH = 10_000


class Record(NamedTuple):
    """One Kafka record; ``timestamp`` in ms UTC."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def read(
    settings: Settings,
    topic: str,
    partition: int | None = None,
    *,
    isolation: str = "read_committed",
    timeout_seconds: float = 60.0,
) -> list[Record]:
    """All records of ``topic`` (short name) or of one partition, in (partition, offset) order.

    The end is where it lies when the reader comes to it: with ``read_committed`` the first open
    transaction, with ``read_uncommitted`` the high watermark.

    Raises:
        TimeoutError: the end was not reached in time.
        KafkaException: the topic does not exist, or the broker is away.
    """
    group = f"reader-{uuid.uuid4().hex}"
    more = {
        "group.id": group,
        "isolation.level": isolation,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 10,
    }
    consumer = Consumer(consumer_config(settings, **more))
    try:
        return sorted(_drain(consumer, settings.topic(topic), partition, timeout_seconds), key=lambda r: r[:2])
    finally:
        consumer.close()


def _drain(consumer: Consumer, topic: str, partition: int | None, timeout_seconds: float) -> list[Record]:
    open_partitions = {partition} if partition is not None else _partitions(consumer, topic)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in sorted(open_partitions)])
    deadline = time.monotonic() + timeout_seconds
    records: list[Record] = []
    while open_partitions:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{topic}: no end of partitions {sorted(open_partitions)} after {timeout_seconds} s")
        for message in consumer.consume(_BATCH, timeout=0.02):
            error = message.error()
            if error is None:
                records.append(_record(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
            else:
                raise KafkaException(error)
    return records


def _record(message: Any) -> Record:
    headers = list(message.headers() or [])
    return Record(
        message.partition(), message.offset(), message.timestamp()[1], message.key(), message.value(), headers
    )


def _partitions(consumer: Consumer, topic: str) -> set[int]:
    metadata = consumer.list_topics(topic, timeout=10).topics[topic]
    if metadata.error is not None:
        raise KafkaException(metadata.error)
    return set(metadata.partitions)
