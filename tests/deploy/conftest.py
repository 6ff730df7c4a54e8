"""A ClickHouse for the dashboard's queries, and a Kafka as the compose file sets it up."""

from collections.abc import Iterator

import pytest

from tests.deploy.compose_broker import ComposeBroker
from tests.kafka.jars import BrokerUnavailable
from tests.sinks.conftest import clickhouse
from tests.unavailable import unavailable

__all__ = ["clickhouse", "compose_kafka"]


@pytest.fixture(scope="session")
def compose_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeBroker]:
    """A real Kafka of the compose file's version, with its settings and no others; without topics at first."""
    broker = ComposeBroker(tmp_path_factory.mktemp("compose") / "kafka")
    try:
        broker.start()
    except BrokerUnavailable as error:
        unavailable("no Kafka", str(error))
    yield broker
    broker.stop()
