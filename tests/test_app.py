"""The worker as a process: how it stops, comes back, shares, and what it tells Kafka about itself."""

from __future__ import annotations

import re
import time
from pathlib import Path

import msgspec
import pytest
from aiokafka.helpers import create_ssl_context
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from schemas import Codec
from streams.app import make_app
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.customer.log import HUNG_UP, POLICY, Log, touchpoint
from tests.reliability.oracle import compare, partition_records
from tests.reliability.running import running_worker, wait_for, wait_until_applied
from tests.test_lane import recreate

CODEC = Codec()


def publish(settings: Settings, first: int, count: int, customers: int = 1_000) -> None:
    """Touchpoints to their customers' partitions; the rules before the first."""
    producer = Producer(producer_config(settings, **{"linger.ms": 20}))
    topic = settings.topic(TOUCHPOINTS)
    if not first:
        log = Log()
        log.rule(0, HUNG_UP, POLICY)
        for record in log.records:
            for partition in range(settings.partitions):
                producer.produce(topic, record.value, None, partition)
        producer.flush(30)
    now = time.time_ns() // 1_000_000
    for number in range(first, first + count):
        kind = "queue.abandoned" if number % 10 == 0 else "page.viewed"
        made = touchpoint(number, now, kind, f"c{number % customers}")
        value, key = CODEC.encode("Touchpoint", made), made["customer_id"].encode()
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0


# -- stopping -----------------------------------------------------------------------------------


def test_told_to_stop_it_finishes_and_ends_with_0(topics: Settings, tmp_path: Path) -> None:
    publish(topics, 0, 2_000)
    with running_worker(topics, tmp_path) as worker:
        wait_until_applied(topics)
        assert worker.stop() == 0
    assert compare(topics).holds


def test_when_the_topic_was_made_anew_it_says_so_and_ends_with_4(topics: Settings, tmp_path: Path) -> None:
    publish(topics, 0, 2_000)
    with running_worker(topics, tmp_path):
        wait_until_applied(topics)
    recreate(topics, TOUCHPOINTS)
    with running_worker(topics, tmp_path) as worker:
        assert worker.wait(60) == 4
    log = (tmp_path / "w1.log").read_text()
    assert "but the log ends at 0; the touchpoints topic was made anew; delete the changelog topic too" in log


def test_when_the_topic_is_made_anew_while_it_runs_it_says_so_and_ends_with_4(topics: Settings, tmp_path: Path) -> None:
    publish(topics, 0, 2_000)
    with running_worker(topics, tmp_path) as worker:
        wait_until_applied(topics)
        worker.pause()
        recreate(topics, TOUCHPOINTS)
        publish(topics, 2_000, 400)
        worker.resume()
        assert worker.wait(60) == 4
    assert "the touchpoints topic was made anew; delete the changelog topic too" in (tmp_path / "w1.log").read_text()


def test_when_records_are_deleted_before_it_read_them_it_says_so_and_ends_with_4(
    topics: Settings, tmp_path: Path
) -> None:
    publish(topics, 0, 2_000)
    with running_worker(topics, tmp_path) as worker:
        wait_until_applied(topics)
        worker.pause()
        publish(topics, 2_000, 1_000)
        admin = AdminClient({"bootstrap.servers": topics.kafka_bootstrap})
        everything = [TopicPartition(topics.topic(TOUCHPOINTS), number, -1) for number in range(4)]
        for future in admin.delete_records(everything).values():
            future.result(10)
        publish(topics, 3_000, 100)
        worker.resume()
        assert worker.wait(60) == 4
    log = (tmp_path / "w1.log").read_text()
    assert re.search(r"applied to offset \d+, but the log begins at \d+; records were deleted unread", log)


# -- coming back and sharing --------------------------------------------------------------------


def test_a_killed_worker_with_an_instance_of_its_own_is_soon_back(topics: Settings, tmp_path: Path) -> None:
    """A static member takes its place again without waiting for its own session to end."""
    settings = msgspec.structs.replace(topics, session_timeout_ms=60_000)
    publish(settings, 0, 1_000)
    with running_worker(settings, tmp_path) as worker:
        wait_until_applied(settings)
        worker.kill()
        publish(settings, 1_000, 1_000)
        worker.start()
        wait_until_applied(settings, 30)
    assert compare(settings).counters["accepted"] == 2_000


@pytest.mark.chaos
def test_partitions_move_to_a_second_worker_and_back_and_nothing_is_lost_or_twice(
    topics: Settings, tmp_path: Path
) -> None:
    publish(topics, 0, 10_000)
    with running_worker(topics, tmp_path, "w1"):
        wait_for(lambda: bool(partition_records(topics)), "the first transaction")
        with running_worker(topics, tmp_path, "w2") as second:
            publish(topics, 10_000, 10_000)
            wait_for(lambda: "lane runs" in (tmp_path / "w2.log").read_text(), "a partition of the second worker")
            publish(topics, 20_000, 10_000)
            wait_until_applied(topics)
            publish(topics, 30_000, 10_000)
            assert second.stop() == 0
        wait_until_applied(topics)
    result = compare(topics)
    assert result.holds, result
    assert result.counters["accepted"] == 40_000


# -- memory -------------------------------------------------------------------------------------


BOUND_MB = 220
"""Measured 131 MB, and 356 MB after eight seconds with lanes that never ask for a pause. A worker starts at 80 MB."""


@pytest.fixture
def backlog(topics: Settings) -> Settings:
    """200,000 records of 1 KB: with all else some 350 MB, if a worker took them in at once."""
    settings = msgspec.structs.replace(topics, fetch_records=1_000)
    producer = Producer(producer_config(settings, **{"linger.ms": 50}))
    now = time.time_ns() // 1_000_000
    for number in range(200_000):
        made = touchpoint(number, now, "page.viewed", f"c{number % 1_000}", note="x" * 900)
        while True:
            try:
                producer.produce(settings.topic(TOUCHPOINTS), CODEC.encode("Touchpoint", made), made["customer_id"])
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0
    return settings


@pytest.mark.chaos
def test_a_backlog_behind_slow_lanes_does_not_fill_the_workers_memory(backlog: Settings, tmp_path: Path) -> None:
    assert 0 < _most_mb(backlog, tmp_path, "slow_commits", 8) < BOUND_MB


@pytest.mark.chaos
def test_sabotaged_it_does(backlog: Settings, tmp_path: Path) -> None:
    assert _most_mb(backlog, tmp_path, "slow_commits never_pause", 40) > BOUND_MB


def _most_mb(settings: Settings, folder: Path, faults: str, seconds: float) -> int:
    """The most memory that the worker holds during its first seconds of work, or as soon as it is too much."""
    with running_worker(settings, folder, sabotage=faults) as worker:
        wait_for(lambda: "lane runs" in (folder / "w1.log").read_text(), "a lane that runs")
        ends_at, most = time.monotonic() + seconds, 0
        while time.monotonic() < ends_at and most <= BOUND_MB:
            most = max(most, worker.resident_mb())
            time.sleep(0.1)
    return most


# -- what Kafka is told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("PLAINTEXT", {"security_protocol": "PLAINTEXT"}),
        (
            "SASL_PLAINTEXT",
            {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-256",
                "sasl_plain_username": "me",
                "sasl_plain_password": "swordfish",
            },
        ),
        (
            "SASL_SSL",
            {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": "SCRAM-SHA-256",
                "sasl_plain_username": "me",
                "sasl_plain_password": "swordfish",
            },
        ),
        ("SSL", {"security_protocol": "SSL"}),
    ],
)
def test_the_consumer_gets_the_same_security_as_the_producers(
    tmp_path: Path, protocol: str, expected: dict[str, str]
) -> None:
    settings = Settings(
        kafka_security_protocol=protocol,
        kafka_sasl_mechanism="SCRAM-SHA-256",
        kafka_sasl_username="me",
        kafka_sasl_password="swordfish",
        data_dir=str(tmp_path),
    )
    app, _ = make_app(settings)
    found = dict(credentials_to_aiokafka_auth(app.conf.broker_credentials, app.conf.ssl_context))
    context = found.pop("ssl_context", None)
    assert {name: str(getattr(value, "value", value)) for name, value in found.items()} == expected
    assert (context is not None) is ("SSL" in protocol)
    if context is not None:
        assert context.verify_mode == create_ssl_context().verify_mode


def test_a_worker_without_a_name_is_a_dynamic_member(tmp_path: Path) -> None:
    app, _ = make_app(Settings(data_dir=str(tmp_path)))
    assert app.conf.consumer_group_instance_id is None


def test_a_worker_with_a_name_is_a_static_member(tmp_path: Path) -> None:
    app, _ = make_app(Settings(data_dir=str(tmp_path), worker_instance="w7"))
    assert (app.conf.consumer_group_instance_id, app.conf.broker_session_timeout) == ("w7", 6.0)
