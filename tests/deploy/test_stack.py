"""What the compose file starts, started: in its order, with its environment, on a Kafka with its settings."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from schemas import newest_schemas
from sinks import connect
from sinks.loader_metrics import LOADER_METRICS
from streams.codec import make_codec
from streams.publishing import Publisher
from streams.telemetry.worker_metrics import WORKER_METRICS
from tests.customer.log import touchpoint
from tests.deploy.compose import compose
from tests.deploy.compose_broker import ComposeBroker
from tests.deploy.registry import SchemaRegistry
from tests.deploy.stack import Stack
from tests.reliability.running import wait_for
from tests.sinks.service import Service

pytestmark = pytest.mark.kafka
CUSTOMERS = 40


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
        for name in ("worker-1", "worker-2", "loader"):
            made.start(name)
        for name in ("worker-1", "worker-2", "loader"):
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


@pytest.mark.parametrize("name", ["worker-1", "worker-2", "loader"])
def test_prometheus_finds_every_metric_that_alerts_and_dashboard_may_ask_for(stack: Stack, name: str) -> None:
    status, text = stack.page(name, "/metrics")
    exposed = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    metrics = LOADER_METRICS if name == "loader" else WORKER_METRICS
    # Counters are typed with or without their ending, as the form of the exposition has it.
    assert status == 200
    assert {
        metric.name for metric in metrics if not {metric.name, metric.name.removesuffix("_total")} & exposed
    } == set()


def test_bootstrap_may_run_again(stack: Stack) -> None:
    stack.start("bootstrap")
    assert stack.ended("bootstrap", 60) == 0


def test_stopped_they_end_well_within_their_grace(stack: Stack) -> None:
    assert {name: stack.stop(name) for name in ("worker-1", "loader", "worker-2")} == {
        "worker-1": 0,
        "loader": 0,
        "worker-2": 0,
    }


def _running(metrics: str) -> list[str]:
    """Partitions whose lane runs, by a worker's metrics."""
    found = re.findall(r"^momentous_worker_lane_phase\{([^}]*)\} 1\.0$", metrics, re.MULTILINE)
    return [re.findall(r'partition="(\d+)"', labels)[0] for labels in found if 'phase="running"' in labels]
