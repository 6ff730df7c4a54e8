"""A real Kafka with the compose file's settings does what the product needs of it."""

from __future__ import annotations

import random
import re
import time

import msgspec
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its names are re-exported implicitly
    AdminClient,
    ConfigResource,
    ResourceType,
)

from streams.kafka import consumer_config, producer_config
from streams.settings import Settings, load_settings
from streams.topic_admin import check_topics, create_topics
from streams.topics import CHANGELOG, DEAD, TOPICS, TOUCHPOINTS
from tests.deploy.compose import compose
from tests.deploy.compose_broker import ComposeBroker
from tests.deploy.files import read_text

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def deployed(compose_kafka: ComposeBroker) -> Settings:
    """Settings of worker-1 as the file has them, at that broker; topics of this module alone."""
    environment = compose().services["worker-1"].environment
    settings = load_settings({name: str(value) for name, value in environment.items()})
    settings = msgspec.structs.replace(
        settings, kafka_bootstrap=compose_kafka.bootstrap, topic_prefix="limits.", app_id="limits"
    )
    assert len(create_topics(settings)) == len(TOPICS)
    return settings


def test_the_version_is_the_one_that_all_tests_run_on() -> None:
    (tested,) = re.findall(r"<artifactId>kafka_2\.13</artifactId>\s*<version>([^<]+)", read_text("tests/kafka/pom.xml"))
    assert compose().services["kafka"].image == f"apache/kafka:{tested}"


def test_the_topics_are_as_the_contract_needs_them(deployed: Settings) -> None:
    check_topics(deployed)


@pytest.mark.parametrize(("topic", "size"), [(TOUCHPOINTS, 1_000_000), (DEAD, 3_000_000), (CHANGELOG, 3_000_000)])
def test_the_largest_records_fit_in_a_transaction_and_are_read_back(deployed: Settings, topic: str, size: int) -> None:
    producer = Producer(
        producer_config(
            deployed,
            **{
                "transactional.id": f"{deployed.app_id}-{topic}",
                "transaction.timeout.ms": deployed.transaction_timeout_ms,
                "message.max.bytes": 4_194_304,
            },
        )
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    # Bytes that do not shrink: a limit that compression would hide must show.
    value = random.Random(1).randbytes(size)
    producer.produce(deployed.topic(topic), key=b"c1", value=value, partition=0)
    producer.commit_transaction(30)
    consumer = Consumer(consumer_config(deployed, **{"group.id": f"reads-{topic}", "session.timeout.ms": 6000}))
    consumer.subscribe([deployed.topic(topic)])
    assert _read(consumer) == [value]
    consumer.close()


def test_a_static_member_with_the_files_session_timeout_is_let_in(deployed: Settings) -> None:
    consumer = Consumer(
        consumer_config(
            deployed,
            **{
                "group.id": deployed.app_id,
                "group.instance.id": deployed.worker_instance,
                "session.timeout.ms": deployed.session_timeout_ms,
            },
        )
    )
    consumer.subscribe([deployed.topic(TOUCHPOINTS)])
    deadline = time.monotonic() + 30
    while not consumer.assignment() and time.monotonic() < deadline:
        consumer.poll(0.2)
    assert len(consumer.assignment()) == deployed.partitions
    consumer.close()


def test_offsets_outlive_what_they_point_at(deployed: Settings) -> None:
    minutes = int(_broker_setting(deployed, "offsets.retention.minutes"))
    assert minutes * 60_000 > max(int(topic.config.get("retention.ms", 0)) for topic in TOPICS)


def test_nobody_makes_topics_by_asking_for_them(deployed: Settings) -> None:
    assert _broker_setting(deployed, "auto.create.topics.enable") == "false"


def test_a_worker_may_ask_for_its_transaction_timeout(deployed: Settings) -> None:
    assert deployed.transaction_timeout_ms <= int(_broker_setting(deployed, "transaction.max.timeout.ms"))


def _broker_setting(settings: Settings, name: str) -> str:
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0})
    resource = ConfigResource(ResourceType.BROKER, "1")
    value: str = admin.describe_configs([resource])[resource].result(10)[name].value
    return value


def _read(consumer: Consumer) -> list[bytes]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            return [message.value() or b""]
    return []
