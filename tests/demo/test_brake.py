from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from streams.codec import make_codec
from streams.demo.brake import OVERHEAD_BYTES, UNREAD_BYTES, UNREAD_OUTPUTS, Brake
from streams.embedded_broker import KEPT_BYTES, EmbeddedBroker
from streams.importers import read_bank
from streams.kafka import consumer_config
from streams.publishing import Publisher
from streams.settings import Settings
from streams.topic_admin import create_topics

JANUARY = Path(__file__).parents[2] / "samples" / "bank-january-1999.tsv.gz"


class Kafka:
    """Two readers that each read on whenever the brake waits."""

    def __init__(self) -> None:
        self.committed = [[0, 0, 0, 0], [0, 0, 0, 0]]
        self.flying = 0
        self.waits = 0

    def read_on(self) -> None:
        self.waits += 1
        self.flying = max(0, self.flying - 1000)
        self.committed = [[offset + 10 for offset in reader] for reader in self.committed]


def brake(kafka: Kafka, limit: int = 10_000) -> Brake:
    return Brake(lambda: kafka.committed, lambda: kafka.flying, kafka.read_on, limit)


def sent(held: Brake, partition: int, count: int, size: int = 1000) -> None:
    for offset in range(count):
        held.acknowledged(partition, offset, size - OVERHEAD_BYTES)


def test_nobody_waits_below_the_limit() -> None:
    kafka = Kafka()
    held = brake(kafka)
    sent(held, 0, 9)
    held.wait()
    assert kafka.waits == 0


def test_at_the_limit_the_publisher_waits_until_both_readers_have_read_on() -> None:
    kafka = Kafka()
    kafka.committed = [[1000] * 4, [0] * 4]
    held = brake(kafka)
    sent(held, 2, 25)
    held.wait()
    assert kafka.waits == 2  # the slower reader is at 20 then: 5 records of 1,000 bytes are left
    assert held.unread == [0, 0, 5000, 0]


def test_the_publisher_waits_for_the_loader_to_store_what_the_worker_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.demo.brake._LOOK_AT_OUTPUTS_EVERY_S", 0.0)
    kafka, left = Kafka(), [UNREAD_OUTPUTS + 1, UNREAD_OUTPUTS, UNREAD_OUTPUTS - 1]
    held = Brake(lambda: kafka.committed, lambda: 0, kafka.read_on, unread_outputs=lambda: left.pop(0))
    held.wait()
    assert (kafka.waits, left) == (2, [])


def test_one_full_partition_is_enough_to_wait() -> None:
    kafka = Kafka()
    held = brake(kafka)
    for partition in range(4):
        sent(held, partition, 10 if partition == 3 else 1)
    held.wait()
    assert kafka.waits == 1


def test_records_on_their_way_are_waited_for_too() -> None:
    kafka = Kafka()
    kafka.flying = 4000
    brake(kafka).wait()
    assert kafka.waits == 3  # 3,000, 2,000, 1,000: below the 2,000 allowed


@pytest.mark.parametrize("readers", [[[0] * 4, [5] * 4], [[5] * 4, [0] * 4]])
def test_the_slower_of_two_readers_counts_whichever_it_is(readers: list[list[int]]) -> None:
    kafka = Kafka()
    kafka.committed = readers
    held = brake(kafka)
    sent(held, 0, 14)
    held.wait()
    assert kafka.waits == 1


def test_the_limit_is_less_than_two_megabytes_in_the_broker() -> None:
    sizes = [0] * 4

    def note(partition: int, offset: int, size: int) -> None:
        sizes[partition] += size + OVERHEAD_BYTES

    with EmbeddedBroker() as broker:
        settings = Settings(kafka_bootstrap=broker.bootstrap)
        create_topics(settings)
        touchpoints = read_bank(JANUARY).touchpoints
        with Publisher(settings, make_codec(settings), note) as publisher:
            for touchpoint in touchpoints + touchpoints[:40_000]:
                publisher.publish(touchpoint)
        reader = Consumer(consumer_config(settings, **{"group.id": "g"}))
        lows = [reader.get_watermark_offsets(TopicPartition("touchpoints", p), timeout=5)[0] for p in range(4)]
    assert lows == [0, 0, 0, 0]  # nothing was dropped, so all of it takes less than the broker keeps
    assert min(sizes) > 3 * KEPT_BYTES  # hence it is at least three times smaller there
    assert UNREAD_BYTES / 3 <= 2 * 1_048_576
