"""Fixtures that need a broker. Without one those tests are skipped; under CI=true they fail."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from streams.settings import Settings
from streams.topic_admin import create_topics
from tests.kafka.broker import Broker
from tests.kafka.jars import BrokerUnavailable
from tests.unavailable import unavailable

_BROKER_FIXTURES = {"kafka", "own_kafka", "settings", "topics"}
_SERVER_FIXTURES = {*_BROKER_FIXTURES, "clickhouse", "compose_kafka"}
_FOLDERS_WITH_SERVERS = {"demo", "deploy", "reliability", "samples"}
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class ExternalBroker:
    """The broker that ``KAFKA_BOOTSTRAP`` names."""

    bootstrap: str


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a broker is marked ``kafka``; what starts servers runs one after the other.

    With several test processes the tests with servers are one group, which keeps to one process;
    the pure ones fill the others. Where real processes did not come so far within the time given,
    as happens on a machine that others use too, there is one second chance, which the summary
    tells. A wrong result never gets one.

    First of all hooks of its kind: the groups are read by another one.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if _BROKER_FIXTURES & fixtures:
            item.add_marker(pytest.mark.kafka)
        if _SERVER_FIXTURES & fixtures or item.path.relative_to(_HERE).parts[0] in _FOLDERS_WITH_SERVERS:
            item.add_marker(pytest.mark.xdist_group("servers"))
            if item.get_closest_marker("flaky") is None:
                item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests that share servers, spread over processes, would start them twice and miss each other's doings."""
    if getattr(session.config.option, "loadgroup", False):
        spread = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group")]
        if not all(nodeid.endswith("@servers") for nodeid in spread):
            raise pytest.UsageError("this pytest-xdist does not group tests with this pytest; use what the lock names")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker | ExternalBroker]:
    """A broker that all tests share: never stop it; keep to your own topics and groups."""
    if external := os.environ.get("KAFKA_BOOTSTRAP"):
        yield ExternalBroker(external)
        return
    broker = _started(tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.stop()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test alone, to kill, pause and restart."""
    broker = _started(tmp_path / "kafka")
    yield broker
    broker.stop()


@pytest.fixture
def settings(kafka: Broker | ExternalBroker, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a topic prefix and an application id of this test alone; its topics go with it."""
    made = settings_for(kafka.bootstrap, tmp_path)
    yield made
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    ours = [name for name in admin.list_topics(timeout=10).topics if name.startswith(made.topic_prefix)]
    if ours:
        for future in admin.delete_topics(ours).values():
            future.result(10)


@pytest.fixture
def topics(settings: Settings) -> Settings:
    """The settings, with every topic of ours created."""
    create_topics(settings)
    return settings


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str], Settings]:
    """Settings for a broker at a given address, for tests with ``own_kafka``."""
    return lambda bootstrap: settings_for(bootstrap, tmp_path)


def settings_for(bootstrap: str, folder: Path) -> Settings:
    """Settings nobody else uses; a free web port and a short, allowed session timeout."""
    name = f"t{uuid.uuid4().hex[:10]}"
    return Settings(
        kafka_bootstrap=bootstrap,
        topic_prefix=f"{name}.",
        app_id=name,
        worker_web_port=0,
        loader_web_port=0,
        data_dir=str(folder / "data"),
    )


def _started(folder: Path) -> Broker:
    broker = Broker(folder)
    try:
        broker.start()
    except BrokerUnavailable as error:
        unavailable("no Kafka", str(error))
    return broker
