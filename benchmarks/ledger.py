"""How far a worker has come, read from what it wrote, not from what it says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # re-exported implicitly

from benchmarks.stage import Process
from streams.customer.ledger import PARTITION_KEY, PartitionRecord, decode_partition
from streams.kafka import client_config, consumer_config
from streams.settings import Settings
from streams.topics import CHANGELOG, TOUCHPOINTS

LEADERS_S = 30.0
"""How long a new topic's leaders may take to serve."""


class Commit(NamedTuple):
    """One committed transaction: when the broker got its partition record (ms UTC), and that record."""

    at: int
    partition: int
    record: PartitionRecord


def ends(settings: Settings, topic: str = TOUCHPOINTS) -> dict[int, int]:
    """The end offset of every partition of ``topic`` (short name)."""
    admin = AdminClient({**client_config(settings), "log_level": 0})
    wanted = [TopicPartition(settings.topic(topic), number) for number in range(settings.partitions)]
    deadline = time.monotonic() + LEADERS_S
    while True:
        asked = admin.list_offsets({tp: OffsetSpec.latest() for tp in wanted})  # type: ignore[no-untyped-call]
        try:
            return {tp.partition: future.result(30).offset for tp, future in asked.items()}
        except KafkaException as error:
            # A new topic's leaders are announced before they serve.
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def wait_applied(settings: Settings, worker: Process, until: Mapping[int, int], timeout_s: float) -> None:
    """Wait until the worker's group has committed all of ``until`` (partition to end offset).

    The group's offset follows the transactions by up to a second; asking for it costs the broker
    next to nothing, so that watching does not slow what is watched.

    Raises:
        RuntimeError: the worker ended, or did not get there in time; with the end of its log.
    """
    # It never subscribes, so it asks for the group's offsets without joining the group.
    consumer = Consumer(consumer_config(settings, **{"group.id": settings.app_id}))
    wanted = [TopicPartition(settings.topic(TOUCHPOINTS), number) for number in until]
    deadline = time.monotonic() + timeout_s
    reached: dict[int, int] = {}
    try:
        while any(reached.get(number, -1) < end for number, end in until.items()):
            if not worker.is_running:
                raise RuntimeError(f"the worker ended:\n{worker.log_end()}")
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"after {timeout_s:.0f} s the worker was at {reached} of {dict(until)}:\n{worker.log_end()}"
                )
            time.sleep(0.2)
            with suppress(KafkaException):  # the group's coordinator is not there at once
                reached = {tp.partition: tp.offset for tp in consumer.committed(wanted, timeout=5)}
    finally:
        consumer.close()


def commits(settings: Settings) -> list[Commit]:
    """Every committed partition record, by time."""
    more = {"group.id": "bench-ledger", "enable.partition.eof": True}
    consumer = Consumer(consumer_config(settings, **more))
    found = []
    try:
        name = settings.topic(CHANGELOG)
        open_partitions = set(range(settings.partitions))
        consumer.assign([TopicPartition(name, number, 0) for number in open_partitions])
        while open_partitions:
            for message in consumer.consume(10_000, 0.1):
                error = message.error()
                if error is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    open_partitions.discard(message.partition())
                elif message.key() == PARTITION_KEY and (value := message.value()) is not None:
                    found.append(Commit(message.timestamp()[1], message.partition() or 0, decode_partition(value)))
    finally:
        consumer.close()
    return sorted(found, key=lambda commit: commit.at)


def rate_after_first(found: list[Commit], records: int, warm_up: int = 1) -> float:
    """Records a second from the first commit that counted ``warm_up`` of them to the last needed.

    Args:
        found: as :func:`commits` gives them.
        records: how many were published; what was counted must come to that.
        warm_up: what comes before is not measured.
    """
    counted: dict[int, int] = {}
    first: tuple[int, int] | None = None
    for commit in found:
        counted[commit.partition] = commit.record.counters.get("in", 0)
        total = sum(counted.values())
        if first is None and total >= warm_up:
            first = (commit.at, total)
        if first is not None and total == records:
            if commit.at == first[0] or total == first[1]:
                raise RuntimeError(f"{records} records are too few to measure: one commit took them all")
            return (total - first[1]) * 1000 / (commit.at - first[0])
    raise RuntimeError(f"{records} records published, {sum(counted.values())} counted")
