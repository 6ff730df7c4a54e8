"""What the compose file starts, started: in its order, with its environment, on a Kafka with its settings."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from schemas import newest_schemas
from sinks import connect
from sinks.loader_metrics import LOADER_METRICS
from streams.codec import make_codec
from streams.delivery import DELIVERY_METRICS
from streams.preferences.serve import links_of
from streams.publishing import Publisher
from streams.telemetry.worker_metrics import WORKER_METRICS
from tests.customer.log import touchpoint
from tests.deploy.compose import compose
from tests.deploy.compose_broker import ComposeBroker
from tests.deploy.files import read_text
from tests.deploy.registry import SchemaRegistry
from tests.deploy.stack import Stack
from tests.reliability.running import wait_for
from tests.sinks.service import Service

pytestmark = pytest.mark.kafka
CUSTOMERS = 40
STAYING = ("worker-1", "worker-2", "loader", "deliver", "preferences")
METRICS = {
    "worker-1": WORKER_METRICS,
    "worker-2": WORKER_METRICS,
    "loader": LOADER_METRICS,
    "deliver": DELIVERY_METRICS,
}


@pytest.fixture(scope="module")
def registry() -> Iterator[SchemaRegistry]:
    with SchemaRegistry() as running:
        yield running


@pytest.fixture(scope="module")
def stack(
    compose_kafka: ComposeBroker, registry: SchemaRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """All services of ours, healthy, started as ``depends_on`` orders them."""
    folder = tmp_path_factory.mktemp("stack")
    clickhouse = Service(
        folder / "clickhouse", str(compose().services["clickhouse"].environment["CLICKHOUSE_PASSWORD"])
    )
    clickhouse.start()
    made = Stack(compose_kafka.bootstrap, registry.url, clickhouse.url, folder)
    try:
        made.start("bootstrap")
        assert made.ended("bootstrap", 60) == 0
        for name in (*STAYING, "receiver"):
            made.start(name)
        for name in STAYING:
            made.wait_until_healthy(name)
        yield made
    finally:
        made.kill()
        clickhouse.kill()


def test_our_schemas_are_registered_and_guarded(stack: Stack, registry: SchemaRegistry) -> None:
    names = {schema.name for schema in newest_schemas().values()}
    assert {name for name, level in registry.compatibility.items() if level == "FULL_TRANSITIVE"} == names


def test_two_workers_share_the_partitions(stack: Stack) -> None:
    owned = [_running(stack.page(name, "/metrics")[1]) for name in ("worker-1", "worker-2")]
    assert sorted(number for numbers in owned for number in numbers) == ["0", "1", "2", "3"]
    assert all(owned)


def test_a_touchpoint_becomes_a_moment_and_a_decision_in_clickhouse(stack: Stack) -> None:
    settings = stack.settings("loader")
    with Publisher(settings, make_codec(settings)) as publisher:
        for number in range(CUSTOMERS):
            more = {"event_id": f"hung-up-{number}", "properties": {"wait_seconds": 60}}
            publisher.publish(touchpoint(0, time.time_ns() // 1_000_000, "queue.abandoned", f"c{number}", **more))
    client = connect(settings)
    query = "SELECT (SELECT count() FROM touchpoints), (SELECT count() FROM moments), (SELECT count() FROM decisions)"
    try:
        wait_for(lambda: min(client.query(query).result_rows[0]) >= CUSTOMERS, "rows of every topic")
        assert client.query(query).result_rows == [(CUSTOMERS, CUSTOMERS, CUSTOMERS)]
    finally:
        client.close()


def test_the_sample_of_a_lost_card_arrives_at_the_receiver_as_a_trigger(stack: Stack) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    published = stack.run(["publish", "-"], read_text("samples/lost-card.jsonl").replace("NOW", now))
    assert published == (0, "published 3 touchpoints, refused 0 lines\n")
    wait_for(lambda: stack.log("receiver").count("\n") >= 1, "a webhook at the receiver")
    (line,) = stack.log("receiver").splitlines()
    told = json.loads(line)
    assert (told["type"], told["data"]["customer_id"], told["data"]["action"], told["data"]["channel"]) == (
        "outreach.triggered",
        f"guest-{now}",
        "card.safe",
        "sms",
    )


def test_a_key_made_for_live_state_opens_every_customer_at_every_worker(stack: Stack) -> None:
    code, said = stack.run(["state", "key", f"desk-{uuid4().hex}"], "")
    entry, _, rest = said.partition("the key, shown only now: ")
    urls = [f"http://127.0.0.1:{stack.settings(name).state_port}/customers/" for name in ("worker-1", "worker-2")]
    refused = {stack.get(f"{url}c0", rest.strip())[0] for url in urls}
    with (stack.configuration / "state-keys.toml").open("a") as keys:
        keys.write(entry)
    answered: list[tuple[int, str]] = []

    def taken() -> bool:
        answered[:] = [stack.get(f"{url}c0", rest.strip()) for url in urls]
        return {status for status, _ in answered} == {200}

    try:
        wait_for(taken, "the key being taken")
    except TimeoutError as error:
        logs = "\n".join(stack.log(name)[-3000:] for name in ("worker-1", "worker-2"))
        raise TimeoutError(f"{error}: {answered}\n{entry}\n{logs}") from error
    answers = {stack.get(f"{url}c{number}", rest.strip())[0] for url in urls for number in range(8)}
    assert (code, refused, answers) == (0, {401}, {200})


def test_a_link_opens_the_preferences_page(stack: Stack) -> None:
    settings = stack.settings("preferences")
    link = links_of(settings).preferences("c0", time.time_ns() // 1_000_000, 30)
    status, text = stack.page("preferences", link.removeprefix(settings.preferences_url))
    assert (status, "<form" in text) == (200, True)


@pytest.mark.parametrize("name", METRICS)
def test_prometheus_finds_every_metric_that_alerts_and_dashboard_may_ask_for(stack: Stack, name: str) -> None:
    status, text = stack.page(name, "/metrics")
    exposed = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    # Counters are typed with or without their ending, as the form of the exposition has it.
    assert status == 200
    assert {
        metric.name for metric in METRICS[name] if not {metric.name, metric.name.removesuffix("_total")} & exposed
    } == set()


def test_bootstrap_may_run_again(stack: Stack) -> None:
    stack.start("bootstrap")
    assert stack.ended("bootstrap", 60) == 0


def test_stopped_they_end_well_within_their_grace(stack: Stack) -> None:
    assert {name: stack.stop(name) for name in STAYING} == dict.fromkeys(STAYING, 0)


def _running(metrics: str) -> list[str]:
    """Partitions whose lane runs, by a worker's metrics."""
    found = re.findall(r"^momentous_worker_lane_phase\{([^}]*)\} 1\.0$", metrics, re.MULTILINE)
    return [re.findall(r'partition="(\d+)"', labels)[0] for labels in found if 'phase="running"' in labels]
