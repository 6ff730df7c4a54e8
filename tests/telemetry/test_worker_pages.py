"""A worker's pages on a real broker that is put to sleep: idle is well, standing still is not."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Producer

from schemas import Codec
from streams.controls import throw_switch
from streams.kafka import producer_config
from streams.outreach import ALL, Pause
from streams.publishing import activate
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import TOUCHPOINTS
from tests.conftest import settings_for
from tests.customer.log import HUNG_UP, POLICY, Log, touchpoint
from tests.kafka.broker import Broker
from tests.reliability.running import running_worker, wait_for, wait_until_applied

CODEC = Codec()
STALL_MS = 2_000


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body; status 0 when nobody listens yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, ""


def health(port: int, path: str = "/health") -> tuple[int, dict[str, Any]]:
    status, body = get(port, path)
    return status, json.loads(body) if body else {}


def value(text: str, series: str) -> float:
    """The value of one series of the exposition."""
    return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(series + " "))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def publish(settings: Settings, first: int, count: int) -> None:
    """Customers who consent and hang up, all in partition 0's topic under their own partitions."""
    producer = Producer(producer_config(settings))
    topic, now = settings.topic(TOUCHPOINTS), time.time_ns() // 1_000_000
    if not first:
        log = Log()
        log.rule(0, HUNG_UP, POLICY)
        for record in log.records:
            producer.produce(topic, record.value, None, 0)
    for number in range(first, first + count):
        consent = {"purpose": "care", "channel": "sms"}
        for kind, properties in (("consent.given", consent), ("queue.abandoned", {})):
            made = touchpoint(2 * number + (kind != "consent.given"), now, kind, f"c{number}", properties=properties)
            producer.produce(topic, CODEC.encode("Touchpoint", made), made["customer_id"].encode(), 0)
    assert producer.flush(30) == 0


def test_a_worker_tells_its_progress_is_well_while_idle_and_ill_while_the_broker_sleeps(
    own_kafka: Broker, tmp_path: Path
) -> None:
    port = free_port()
    settings = msgspec.structs.replace(
        settings_for(own_kafka.bootstrap, tmp_path),
        partitions=1,
        worker_web_port=port,
        web_bind="127.0.0.1",
        health_stall_ms=STALL_MS,
    )
    create_topics(settings)
    publish(settings, 0, 20)
    with running_worker(settings, tmp_path):
        wait_until_applied(settings)
        wait_for(lambda: get(port, "/health/ready")[0] == 200, "ready", 20)
        # 1. idle for longer than what counts as standing still: well
        time.sleep(STALL_MS / 1000 + 1)
        status, body = health(port)
        assert (status, body["reasons"], body["partitions"]["0"]["phase"]) == (200, [], "running")
        # 2. what it has done
        text = get(port, "/metrics")[1]
        told = {
            "in": value(text, "momentous_worker_records_in_total"),
            "accepted": value(text, 'momentous_worker_records_total{outcome="accepted"}'),
            "moments": value(text, 'momentous_worker_moments_total{phase="detected",rule="queue.abandoned"}'),
            "triggered": value(text, 'momentous_worker_decisions_total{reason="ok",status="triggered"}'),
            "to trigger": value(text, "momentous_worker_event_to_trigger_seconds_count"),
            "lag": value(text, 'momentous_worker_lag_records{partition="0"}'),
            "lag seconds": value(text, 'momentous_worker_lag_seconds{partition="0"}'),
            "customers": value(text, 'momentous_worker_customers{partition="0"}'),
            "running": value(text, 'momentous_worker_lane_phase{partition="0",phase="running"}'),
        }
        assert told == {
            "in": 40,
            "accepted": 40,
            "moments": 20,
            "triggered": 20,
            "to trigger": 20,
            "lag": 0,
            "lag seconds": 0,
            "customers": 20,
            "running": 1,
        }
        # 3. the kill switch, as the command line throws it
        activate(settings, CODEC, [throw_switch(Pause(id=ALL, paused=True, at=1))])
        publish(settings, 20, 5)
        paused = 'momentous_worker_decisions_total{reason="paused",status="refused"} 5.0'
        wait_for(lambda: paused in get(port, "/metrics")[1], "five refusals", 20)
        assert 'momentous_worker_outreach_paused{action="*"} 1.0' in get(port, "/metrics")[1]
        # 4. the broker sleeps: ill, though a restart would not help
        own_kafka.pause()
        try:
            wait_for(lambda: health(port)[0] == 503, "ill", 20)
            assert "Kafka has not answered for" in health(port)[1]["reasons"][0]
            assert (health(port, "/health/ready")[0], health(port, "/health/live")[0]) == (503, 200)
        finally:
            own_kafka.resume()
        # 5. and well again
        wait_for(lambda: health(port)[0] == 200, "well", 30)
