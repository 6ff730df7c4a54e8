"""The embedded ClickHouse of ``tests/sinks``, for the dashboard's queries."""

from tests.sinks.conftest import clickhouse

__all__ = ["clickhouse"]
