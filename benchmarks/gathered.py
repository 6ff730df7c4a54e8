"""A changelog of many customers, as lanes write it, without meeting each of them first.

The core takes in the calls of some tens of thousands of customers under all shipped rules; their
records, by the product's own encoder, then go out again and again under new customer ids, in
transactions like a lane's, each with a partition record at its end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import msgspec
from confluent_kafka import Producer

from benchmarks.definitions import shipped
from benchmarks.traffic import calls
from schemas import Codec
from streams.customer import Partition, process_all
from streams.customer.ledger import PARTITION_KEY, decode_partition, encode_partition
from streams.customer.partitioner import partition_of
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import CHANGELOG

SAMPLE_CUSTOMERS = 20_000
SAMPLE_TOUCHPOINTS = 120_000
TIMEOUT_S = 60.0


class _Entry(NamedTuple):
    """A record of the log that never was in Kafka."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class Gathered(NamedTuple):
    """What the core remembered: records of identified customers, definitions, the partition record."""

    customers: list[bytes]
    definitions: list[tuple[bytes, bytes]]
    record: bytes

    @property
    def mean_bytes(self) -> float:
        """Of a customer's record."""
        return sum(map(len, self.customers)) / len(self.customers)


def gather(codec: Codec) -> Gathered:
    """Process an hour's calls of the sample, now."""
    hour_ms = 3_600_000
    start = time.time_ns() // 1_000_000 - hour_ms
    partition = Partition(0, 1, codec)
    values = [codec.encode("Control", control) for control in shipped()]
    log = [_Entry(number, start, None, value, []) for number, value in enumerate(values)]
    per_second = SAMPLE_TOUCHPOINTS / (hour_ms / 1000)
    for touchpoint in calls(SAMPLE_TOUCHPOINTS, SAMPLE_CUSTOMERS, start, per_second):
        key, value = touchpoint["customer_id"].encode(), codec.encode("Touchpoint", touchpoint)
        log.append(_Entry(len(log), touchpoint["occurred_at"], key, value, []))
    process_all(partition, log)
    partition.take_outputs()
    customers, definitions = [], []
    for key, state in partition.take_changes():
        if state is None or key.startswith(b"anon:"):
            continue
        if key.startswith(b"\0"):
            definitions.append((key, state))
        else:
            customers.append(state)
    # Nothing of it lies in the touchpoints topic: as if the lane stood before its first record.
    record = msgspec.structs.replace(decode_partition(partition.record()[1]), applied=-1)
    return Gathered(customers, definitions, encode_partition(record))


def write_changelog(settings: Settings, gathered: Gathered, customers: int) -> None:
    """Write the records of ``customers`` to the changelog, each to its customer's partition."""
    keys: list[list[bytes]] = [[] for _ in range(settings.partitions)]
    for number in range(customers):
        key = f"customer-{number:07d}".encode()
        keys[partition_of(key, settings.partitions)].append(key)
    for partition, mine in enumerate(keys):
        _write(settings, partition, mine, gathered)


def _write(settings: Settings, partition: int, keys: list[bytes], gathered: Gathered) -> None:
    topic = settings.topic(CHANGELOG)
    # As a lane configures it; see streams/transactions.py.
    producer = Producer(
        producer_config(
            settings,
            **{
                "transactional.id": f"{settings.app_id}-gathered-{partition}",
                "linger.ms": 2,
                "queue.buffering.max.messages": 500_000,
                "queue.buffering.max.kbytes": 65_536,
                "batch.num.messages": 10_000,
                "message.max.bytes": 4_194_304,
            },
        )
    )
    producer.init_transactions(TIMEOUT_S)
    states = _repeated(gathered.customers, partition)
    left = iter(keys)
    definitions = gathered.definitions
    while batch := list(islice(left, settings.fetch_records)):
        producer.begin_transaction()
        for key, state in [*definitions, *zip(batch, states, strict=False), (PARTITION_KEY, gathered.record)]:
            while True:
                try:
                    producer.produce(topic, state, key, partition)
                    break
                except BufferError:
                    producer.poll(0.05)
        definitions = []
        producer.commit_transaction(TIMEOUT_S)


def _repeated(states: list[bytes], first: int) -> Iterator[bytes]:
    """The records over and over, beginning somewhere else for each partition."""
    at = first * 1009
    while True:
        yield states[at % len(states)]
        at += 1
