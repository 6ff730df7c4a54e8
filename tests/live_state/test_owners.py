"""Who serves which partition, read from a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.kafka import consumer_config, producer_config
from streams.live_state.owners import Owners, owners_group
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from streams.transactions import PartitionProducer

pytestmark = pytest.mark.kafka


@pytest.fixture
def moving(topics: Settings) -> Iterator[Producer]:
    """A lane that has written where partition 1 is, and not yet committed it."""
    producer = Producer(producer_config(topics, **{"transactional.id": f"{topics.app_id}-moving"}))
    producer.init_transactions(30.0)
    producer.begin_transaction()
    group = Consumer(consumer_config(topics, **{"group.id": owners_group(topics)}))
    said = TopicPartition(topics.topic(TOUCHPOINTS), 1, 0, "worker-9:8080")
    producer.send_offsets_to_transaction([said], group.consumer_group_metadata(), 10.0)
    group.close()
    yield producer
    producer.abort_transaction(10.0)


async def test_a_partition_that_is_moving_hides_no_other_ones_owner(topics: Settings, moving: Producer) -> None:
    lane = PartitionProducer(topics, 0)
    await lane.open()
    await lane.announce(0, "worker-1:8080")
    await lane.close()
    owners = Owners(topics)
    try:
        assert (await owners.address(0), await owners.address(1)) == ("worker-1:8080", None)
    finally:
        owners.close()
