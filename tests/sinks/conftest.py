"""A ClickHouse that all tests of this folder share; each has a database of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from sinks import connect
from streams.settings import Settings
from tests.sinks.service import Service


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The embedded service, never to be stopped by a test."""
    service = Service(tmp_path_factory.mktemp("clickhouse") / "data")
    service.start()
    yield service
    service.stop()


@pytest.fixture
def ours(clickhouse: Service) -> Settings:
    """Settings with a database name that nobody else has; Kafka is not set."""
    return Settings(clickhouse_url=clickhouse.url, clickhouse_database=f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def client(ours: Settings) -> Iterator[Client]:
    """A client whose database exists and is empty."""
    made = connect(ours)
    made.command(f"CREATE DATABASE {ours.clickhouse_database}", use_database=False)
    yield made
    made.command(f"DROP DATABASE {ours.clickhouse_database}", use_database=False)
    made.close()


@pytest.fixture
def loading(topics: Settings, ours: Settings) -> Iterator[Settings]:
    """Settings with topics on a real broker and a database of this test alone."""
    made = msgspec.structs.replace(
        topics,
        clickhouse_url=ours.clickhouse_url,
        clickhouse_database=ours.clickhouse_database,
        session_timeout_ms=2000,
        loader_batch_ms=100,
    )
    yield made
    last = connect(made)
    last.command(f"DROP DATABASE IF EXISTS {ours.clickhouse_database}", use_database=False)
    last.close()
