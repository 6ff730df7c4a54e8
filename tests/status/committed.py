"""What workers and loaders would have committed, without one that runs."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, Producer, TopicPartition

from streams.controls import throw_switch
from streams.kafka import consumer_config, producer_config
from streams.outreach import Pause
from streams.settings import Settings
from streams.topics import CHANGELOG, TOUCHPOINTS
from tests.customer.log import HUNG_UP, POLICY, Log, changes, played

IN_PARTITION_0 = "c1"


def put(settings: Settings, topic: str, *records: tuple[bytes | None, bytes | None]) -> None:
    """Records into partition 0."""
    producer = Producer(producer_config(settings))
    for key, value in records:
        producer.produce(settings.topic(topic), value, key, 0)
    assert producer.flush(30) == 0


def run_log(settings: Settings, unread: int, *switches: Pause) -> None:
    """A log in partition 0, begun a minute ago, of which all but the last ``unread`` records are applied: two
    definitions, the switches, three moments, one record that nobody can read."""
    log = Log()
    at = int(time.time() * 1000) - 60_000
    log.rule(at, HUNG_UP, POLICY)
    for switch in switches:
        log.control(at, throw_switch(switch))
    for _ in range(3):
        log.touchpoint(at, "queue.abandoned", IN_PARTITION_0)
    log.raw(at, b"?")
    applied = len(log.records)
    for _ in range(unread):
        log.touchpoint(at, "page.viewed", IN_PARTITION_0)
    put(settings, TOUCHPOINTS, *((record.key, record.value) for record in log.records))
    del log.records[applied:]
    put(settings, CHANGELOG, *changes(played(log).partition))


def load(settings: Settings, offset: int, metadata: str = "") -> None:
    """The loader has settled everything below ``offset`` of partition 0; ``metadata`` is a promise."""
    consumer = Consumer(consumer_config(settings, **{"group.id": f"{settings.app_id}-loader"}))
    where = TopicPartition(settings.topic(TOUCHPOINTS), 0, offset, metadata)
    consumer.commit(offsets=[where], asynchronous=False)
    consumer.close()
