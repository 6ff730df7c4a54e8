"""murmur2 as Java's, librdkafka's and aiokafka's clients compute it."""

from __future__ import annotations

import random

import pytest
from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from streams.customer import partition_of
from streams.kafka import PARTITIONER
from streams.settings import Settings
from tests.kafka.reader import read


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        # org.apache.kafka.common.utils.UtilsTest.testMurmur2, made positive
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_it_gives_the_values_of_kafkas_own_test(key: bytes, hashed: int) -> None:
    assert partition_of(key, 2**31) == hashed & 0x7FFFFFFF


@given(st.binary(max_size=64), st.integers(1, 1000))
def test_it_agrees_with_aiokafka(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, every, every)


def test_it_agrees_with_librdkafka_on_a_broker(topics: Settings) -> None:
    pick = random.Random(7)
    keys = [pick.randbytes(pick.randrange(1, 40)) for _ in range(1_000)]
    producer = Producer({"bootstrap.servers": topics.kafka_bootstrap, "partitioner": PARTITIONER, "linger.ms": 20})
    for key in keys:
        producer.produce(topics.topic("moments"), b"x", key)
    producer.flush(30)
    found = {record.key: record.partition for record in read(topics, "moments")}
    assert found == {key: partition_of(key, topics.partitions) for key in keys}
