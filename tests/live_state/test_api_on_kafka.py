"""The live state of customers, asked of either of two workers on a real broker, also while one of them goes."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
from confluent_kafka import Producer

from schemas import Codec
from streams.customer import partition_of
from streams.kafka import producer_config
from streams.live_state.api import FORWARDED
from streams.live_state.keys import new_key
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.customer.log import HUNG_UP, POLICY, Log, touchpoint
from tests.reliability.running import running_worker, wait_for, wait_until_applied
from tests.telemetry.test_worker_pages import free_port

CODEC = Codec()
CUSTOMERS = [f"c{number}" for number in range(40)]


def publish(settings: Settings, first: int = 0) -> None:
    """Customers who consent and hang up, in their own partitions; the rules before. Events count from ``first``."""
    producer = Producer(producer_config(settings))
    topic, now = settings.topic(TOUCHPOINTS), time.time_ns() // 1_000_000
    log = Log()
    log.rule(0, HUNG_UP, POLICY)
    for record in log.records:
        for partition in range(settings.partitions):
            producer.produce(topic, record.value, None, partition)
    for number, customer in enumerate(CUSTOMERS):
        home = partition_of(customer.encode(), settings.partitions)
        consent = {"purpose": "care", "channel": "sms"}
        for kind, properties in (("consent.given", consent), ("queue.abandoned", {})):
            event = first + 2 * number + (kind != "consent.given")
            made = touchpoint(event, now, kind, customer, properties=properties)
            producer.produce(topic, CODEC.encode("Touchpoint", made), customer.encode(), home)
    assert producer.flush(30) == 0


def get(port: int, path: str, key: str, **headers: str) -> tuple[int, dict[str, Any], Any]:
    """Status, body and headers; status 0 when nobody listens."""
    asked = {"Authorization": f"Bearer {key}", **headers}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=asked)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers
    except OSError:
        return 0, {}, {}


def served_by_two(topics: Settings, folder: Path) -> tuple[str, Settings, Settings]:
    """A key, and the settings of two workers that know it."""
    key, hashed = new_key()
    keys = folder / "keys.toml"
    keys.write_text(f'[keys.desk]\nsha256 = "{hashed}"\nscopes = ["state:read"]\n')
    first, second = (
        msgspec.structs.replace(
            topics,
            state_keys=str(keys),
            state_port=port,
            state_address=f"127.0.0.1:{port}",
            web_bind="127.0.0.1",
            worker_web_port=free_port(),
        )
        for port in (free_port(), free_port())
    )
    return key, first, second


def test_either_of_two_workers_tells_the_state_of_every_customer_also_after_one_was_killed(
    topics: Settings, tmp_path: Path
) -> None:
    key, first, second = served_by_two(topics, tmp_path)
    ports = first.state_port, second.state_port
    publish(topics)

    def told(port: int) -> list[int]:
        return [get(port, f"/customers/{customer}", key)[0] for customer in CUSTOMERS]

    def own(port: int) -> int:
        """How many of the customers that worker tells of without asking another."""
        asked = (get(port, f"/customers/{customer}", key, **{FORWARDED: "1"}) for customer in CUSTOMERS)
        return sum(status == 200 for status, _, _ in asked)

    with running_worker(first, tmp_path, "w1") as left, running_worker(second, tmp_path, "w2") as other:
        wait_until_applied(topics)
        wait_for(lambda: 0 < own(ports[0]) < own(ports[0]) + own(ports[1]) == len(CUSTOMERS), "both have partitions")
        wait_for(lambda: all(status == 200 for port in ports for status in told(port)), "every customer from either")
        found = [get(port, "/customers/c7", key)[1] for port in ports]
        assert found[0]["as_of"]["applied_offset"] == found[1]["as_of"]["applied_offset"]
        assert [one["consents"][0]["status"] for one in found] == ["granted", "granted"]
        assert found[0]["open_moments"] == found[1]["open_moments"] != []
        status, body, _ = get(ports[0], "/customers/nobody-of-ours", key)
        assert (status, body["as_of"]["mode"]) == (404, "live")
        with urllib.request.urlopen(f"http://127.0.0.1:{first.worker_web_port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        counted = {name: float(value) for name, _, value in pairs}
        assert counted['momentous_worker_state_requests_total{class="2xx"}'] >= len(CUSTOMERS)
        assert counted['momentous_worker_state_requests_total{class="4xx"}'] >= 1
        assert counted["momentous_worker_state_forwarded_total"] >= own(ports[1])

        other.kill()
        moving = [get(ports[0], f"/customers/{customer}", key) for customer in CUSTOMERS]
        assert {status for status, _, _ in moving} == {200, 503}
        assert {headers["Retry-After"] for status, _, headers in moving if status == 503} == {"1"}
        wait_for(lambda: set(told(ports[0])) == {200}, "every customer from the one that is left")
        assert left.stop() == 0
    log = "".join(path.read_text(errors="replace") for path in tmp_path.glob("w*.log"))
    assert key not in log
    assert "never awaited" not in log
    assert "Traceback" not in log
    assert not [customer for customer in CUSTOMERS if f"customers/{customer}" in log]


def test_a_worker_that_was_stopped_while_another_took_over_tells_nothing_old_when_it_goes_on(
    topics: Settings, tmp_path: Path
) -> None:
    key, first, second = served_by_two(topics, tmp_path)
    publish(topics)

    def here(port: int) -> dict[str, int]:
        """Offsets of what that worker tells without asking another, by customer."""
        asked = {customer: get(port, f"/customers/{customer}", key, **{FORWARDED: "1"}) for customer in CUSTOMERS}
        return {
            customer: body["as_of"]["applied_offset"] for customer, (status, body, _) in asked.items() if status == 200
        }

    with running_worker(first, tmp_path, "w1"), running_worker(second, tmp_path, "w2") as other:
        wait_until_applied(topics)
        wait_for(lambda: here(second.state_port) != {} != here(first.state_port), "both have partitions")
        before = here(second.state_port)
        customer = next(iter(before))
        other.pause()
        wait_for(lambda: len(here(first.state_port)) == len(CUSTOMERS), "one has taken over all partitions")
        publish(topics, first=100)
        wait_until_applied(topics)
        asked: list[tuple[int, dict[str, Any], Any]] = []
        # The question waits in the stopped worker's socket: it is answered before anything else is looked at.
        asking = Thread(target=lambda: asked.append(get(second.state_port, f"/customers/{customer}", key)))
        asking.start()
        time.sleep(0.5)
        other.resume()
        asking.join(20)
        ((status, body, _),) = asked
        assert status == 503 or (status, body["as_of"]["applied_offset"] > before[customer]) == (200, True)
