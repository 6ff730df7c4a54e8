"""A ClickHouse for the page, as the sinks' tests have it."""

from tests.sinks.conftest import clickhouse, client, ours

__all__ = ["clickhouse", "client", "ours"]
