"""The process: from a link to a record in the customer's partition, with a real Kafka and ClickHouse."""

from __future__ import annotations

import signal
import subprocess
import sys
from urllib.parse import urlsplit

import msgspec
import pytest
import urllib3
from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from schemas import Codec
from sinks import apply_ddl
from streams.customer import partition_of
from streams.preferences import new_key
from streams.preferences.serve import Desk
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.cli.conftest import ROOT, environment
from tests.preferences.test_service import Fields, form
from tests.sinks.samples import insert, touchpoint


@pytest.fixture
def page(topics: Settings, ours: Settings, client: Client) -> Settings:
    """Settings with topics, tables and a key."""
    apply_ddl(client, ours.clickhouse_database)
    return msgspec.structs.replace(
        topics,
        clickhouse_url=ours.clickhouse_url,
        clickhouse_database=ours.clickhouse_database,
        preferences_keys=new_key("2026"),
        preferences_port=0,
    )


def published(settings: Settings, partition: int, wanted: int) -> list[tuple[bytes, dict[str, object]]]:
    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap, "group.id": "reads", "log_level": 0})
    consumer.assign([TopicPartition(settings.topic(TOUCHPOINTS), partition, 0)])
    found = []
    while len(found) < wanted:
        message = consumer.poll(10)
        assert message is not None
        found.append((message.key(), dict(Codec().decode(message.value(), "Touchpoint")[1])))
    consumer.close()
    return found


def test_what_a_customer_saves_is_in_their_partition_before_they_hear_of_it(page: Settings) -> None:
    given = touchpoint("consent.given", customer_id="zoë", purpose="care")
    given["properties"]["channel"] = "email"
    insert(page, TOUCHPOINTS, given)
    command = [sys.executable, "-m", "streams.cli", "preferences"]
    env = environment(page, PYTHONPATH=str(ROOT))
    link = subprocess.run([*command, "link", "zoë"], env=env, capture_output=True, timeout=60, check=True)
    path = urlsplit(link.stdout.decode().strip()).path
    service = subprocess.Popen([*command, "serve"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with service:
        try:
            assert service.stdout is not None
            address = service.stdout.readline().decode().split()[-1]
            shown = urllib3.request("GET", address + path).data.decode()
            assert Fields(shown).ticked == ["care email"]
            saved = urllib3.request(
                "POST", address + path, body=form(shown, consent=["care sms"]), redirect=False, retries=False
            )
            assert (saved.status, saved.headers["location"]) == (303, f"{path}?saved=2")
            partition = partition_of("zoë".encode(), page.partitions)
            records = published(page, partition, 2)
            assert [(key.decode(), body["type"], body["properties"]) for key, body in records] == [
                ("zoë", "consent.given", {"channel": "sms", "method": "preferences_page", "purpose": "care"}),
                ("zoë", "consent.withdrawn", {"channel": "email", "method": "preferences_page", "purpose": "care"}),
            ]
        finally:
            service.send_signal(signal.SIGTERM)
            _, told = service.communicate(timeout=20)
    assert service.returncode == 0
    assert path.rpartition("/")[2].encode() not in told
    assert "zoë".encode() not in told


def test_a_desk_publishes_one_after_the_other_under_the_ids_it_is_given(page: Settings) -> None:
    desk = Desk(page)
    one = touchpoint("consent.given", customer_id="c1", purpose="care")
    desk.publish([one])  # type: ignore[list-item]
    desk.publish([one])  # type: ignore[list-item]
    ids = [body["event_id"] for _, body in published(page, partition_of(b"c1", page.partitions), 2)]
    assert ids == [one["event_id"]] * 2
