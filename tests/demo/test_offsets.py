from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.customer.ledger import PARTITION_KEY, PartitionRecord, encode_partition
from streams.demo.offsets import Offsets
from streams.embedded_broker import EmbeddedBroker
from streams.kafka import consumer_config, producer_config
from streams.settings import Settings
from streams.topic_admin import create_topics


@pytest.fixture
def embedded() -> Iterator[Settings]:
    with EmbeddedBroker() as broker:
        made = Settings(kafka_bootstrap=broker.bootstrap, app_id="demo")
        create_topics(made)
        yield made


def in_transaction(settings: Settings, topic: str, partition: int, *records: tuple[bytes, bytes]) -> None:
    producer = Producer(producer_config(settings, **{"transactional.id": f"demo-{partition}", "log_level": 0}))
    producer.init_transactions(10)
    producer.begin_transaction()
    for key, value in records:
        producer.produce(topic, value, key, partition)
    producer.commit_transaction(10)


def commit(settings: Settings, group: str, topic: str, partition: int, offset: int) -> None:
    consumer = Consumer(consumer_config(settings, **{"group.id": group}))
    consumer.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)
    consumer.close()


def test_a_group_that_committed_nothing_is_at_zero(embedded: Settings) -> None:
    with Offsets(embedded) as offsets:
        assert (offsets.worker(), offsets.loader()) == ([0, 0, 0, 0], [0, 0, 0, 0])


def test_the_groups_are_the_workers_and_the_loaders(embedded: Settings) -> None:
    commit(embedded, "demo", "touchpoints", 1, 7)
    commit(embedded, "demo-loader", "touchpoints", 2, 9)
    with Offsets(embedded) as offsets:
        assert (offsets.worker(), offsets.loader()) == ([0, 7, 0, 0], [0, 0, 9, 0])


def test_work_sums_the_newest_partition_records(embedded: Settings) -> None:
    for partition, counters in ((0, [{"in": 1}, {"in": 5, "accepted": 4, "late": 1}]), (3, [{"in": 2, "accepted": 2}])):
        for number, found in enumerate(counters):
            record = PartitionRecord(applied=10 * number + partition, counters=found)
            in_transaction(
                embedded, "customers-changelog", partition, (b"c", b"x"), (PARTITION_KEY, encode_partition(record))
            )
    with Offsets(embedded) as offsets:
        work = offsets.work()
    assert work.applied == [11, 0, 0, 4]
    assert work.counters == {"in": 7, "accepted": 6, "late": 1}


def test_a_record_behind_the_loaders_commit_is_not_loaded(embedded: Settings) -> None:
    in_transaction(embedded, "moments", 0, (b"c", b"1"), (b"c", b"2"))
    commit(embedded, "demo-loader", "moments", 0, 1)
    with Offsets(embedded) as offsets:
        assert not offsets.all_loaded()


def test_a_transactions_marker_behind_the_commit_needs_no_loading(embedded: Settings) -> None:
    in_transaction(embedded, "moments", 0, (b"c", b"1"), (b"c", b"2"))
    commit(embedded, "demo-loader", "moments", 0, 2)
    with Offsets(embedded) as offsets:
        assert offsets.ends("moments") == [3, 0, 0, 0]
        assert offsets.all_loaded()


def test_outputs_that_the_loader_has_not_settled_are_counted_where_there_are_most(embedded: Settings) -> None:
    in_transaction(embedded, "moments", 2, *[(b"c", b"v")] * 3)
    in_transaction(embedded, "decisions", 1, *[(b"c", b"v")] * 5)
    commit(embedded, "demo-loader", "decisions", 1, 4)
    with Offsets(embedded) as offsets:
        unread = offsets.unread_outputs()
    assert unread == 4  # of moments: three and their transaction's marker
