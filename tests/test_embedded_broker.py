"""What the embedded broker does and does not do; the demo relies on each line."""

import socket
from collections.abc import Iterator

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CorruptRecordException
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from schemas import Codec
from streams.controls import activation
from streams.embedded_broker import EmbeddedBroker
from streams.errors import TopicMismatch
from streams.kafka import consumer_config, producer_config
from streams.publishing import activate
from streams.settings import Settings
from streams.topic_admin import create_topics
from tests.kafka.reader import read


@pytest.fixture
def embedded() -> Iterator[Settings]:
    with EmbeddedBroker() as broker:
        made = Settings(kafka_bootstrap=broker.bootstrap)
        create_topics(made)
        yield made


def transactional(settings: Settings) -> Producer:
    producer = Producer(producer_config(settings, **{"transactional.id": "momentous-0", "log_level": 0}))
    producer.init_transactions(10)
    return producer


def test_topics_come_into_being_once_with_four_partitions(embedded: Settings) -> None:
    assert create_topics(embedded) == []
    counts = {
        name: len(t.partitions) for name, t in Producer(producer_config(embedded)).list_topics(timeout=5).topics.items()
    }
    assert counts == dict.fromkeys(
        [
            "touchpoints",
            "moments",
            "decisions",
            "outreach.triggers",
            "verdicts",
            "emotions",
            "touchpoints.dead",
            "deliveries.dead",
            "customers-changelog",
        ],
        4,
    )


def test_another_partition_count_is_refused_with_the_setting_to_change(embedded: Settings) -> None:
    with pytest.raises(
        TopicMismatch, match=r"made touchpoints with 4 partitions, the setting says 8; set MOMENTOUS_PART"
    ):
        create_topics(msgspec.structs.replace(embedded, partitions=8))


def test_a_committed_transaction_is_read_with_the_producers_timestamps(embedded: Settings) -> None:
    producer = transactional(embedded)
    producer.begin_transaction()
    producer.produce("moments", b"first", b"c", 1, timestamp=12_345, headers=[("h", b"1")])
    producer.produce("decisions", b"second", b"c", 1, timestamp=12_346)
    producer.commit_transaction(10)
    (moment,) = read(embedded, "moments")
    assert moment[2:] == (12_345, b"c", b"first", [("h", b"1")])
    assert [r.value for r in read(embedded, "decisions")] == [b"second"]


def test_an_aborted_transaction_stays_visible(embedded: Settings) -> None:
    producer = transactional(embedded)
    producer.begin_transaction()
    producer.produce("moments", b"aborted", b"c", 0)
    producer.flush()
    producer.abort_transaction(10)
    assert [r.value for r in read(embedded, "moments")] == [b"aborted"]


async def test_a_transactions_marker_stops_a_consumer_that_checks_sums(embedded: Settings) -> None:
    producer = transactional(embedded)
    producer.begin_transaction()
    producer.produce("moments", b"good", b"c", 0)
    producer.commit_transaction(10)
    consumer = AIOKafkaConsumer("moments", bootstrap_servers=embedded.kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        assert (await consumer.getone()).value == b"good"
        with pytest.raises(CorruptRecordException):
            await consumer.getone()
    finally:
        await consumer.stop()


def test_activations_come_without_a_transaction_and_so_without_markers(embedded: Settings) -> None:
    assert activate(embedded, Codec(), [activation("rule", "a", 1, "id: a\n")]) == 4
    ends = Consumer(consumer_config(embedded, **{"group.id": "g"}))
    assert [ends.get_watermark_offsets(TopicPartition("touchpoints", p), timeout=5) for p in range(4)] == [(0, 1)] * 4


def test_a_fenced_producer_still_commits(embedded: Settings) -> None:
    old, _new = transactional(embedded), transactional(embedded)
    old.begin_transaction()
    old.produce("moments", b"from a zombie", b"c", 0)
    old.commit_transaction(10)
    assert [r.value for r in read(embedded, "moments")] == [b"from a zombie"]


def test_committed_offsets_carry_metadata_for_other_clients_of_the_group(embedded: Settings) -> None:
    intent = TopicPartition("moments", 2, 7, metadata="7-19-digest")
    Consumer(consumer_config(embedded, **{"group.id": "g"})).commit(offsets=[intent], asynchronous=False)
    other = Consumer(consumer_config(embedded, **{"group.id": "g"}))
    (answer,) = other.committed([TopicPartition("moments", 2)], timeout=5)
    assert (answer.offset, answer.metadata) == (7, "7-19-digest")


def test_a_static_member_returns_to_its_partitions_and_offsets(embedded: Settings) -> None:
    producer = Producer(producer_config(embedded))
    for number in range(6):
        producer.produce("moments", b"%d" % number, b"c", 0)
    producer.flush()

    def three() -> list[bytes | None]:
        more = {"group.id": "g", "group.instance.id": "worker-1", "session.timeout.ms": 6000}
        consumer = Consumer(consumer_config(embedded, **more))
        consumer.subscribe(["moments"])
        messages: list[Message] = []
        while len(messages) < 3:
            messages += consumer.consume(3 - len(messages), timeout=1)
        consumer.commit(message=messages[-1], asynchronous=False)
        consumer.close()
        return [message.value() for message in messages]

    assert [three(), three()] == [[b"0", b"1", b"2"], [b"3", b"4", b"5"]]


def test_a_partition_keeps_the_newest_five_megabytes(embedded: Settings) -> None:
    producer = Producer(producer_config(embedded, **{"compression.type": "none", "batch.size": 100_000}))
    for number in range(200):
        producer.produce("moments", b"%07d" % number + bytes(49_993), b"c", 3)
    producer.flush()
    kept = [int(record.value[:7]) for record in read(embedded, "moments", 3) if record.value]
    assert kept == list(range(kept[0], 200))
    assert 4_900_000 < len(kept) * 50_000 <= 5 * 1_048_576


def test_a_stopped_broker_listens_no_more() -> None:
    broker = EmbeddedBroker()
    broker.start()
    host, port = broker.bootstrap.split(":")
    broker.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)
    with pytest.raises(RuntimeError, match="does not run"):
        _ = broker.bootstrap


def test_a_client_of_a_stopped_broker_gets_an_error_not_a_hang() -> None:
    broker = EmbeddedBroker()
    broker.start()
    settings = Settings(kafka_bootstrap=broker.bootstrap)
    broker.stop()
    with pytest.raises(KafkaException):
        Producer(producer_config(settings, log_level=0)).list_topics(timeout=1)
