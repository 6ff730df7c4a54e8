"""Rows into ClickHouse, one block an insert, each with its token."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.client import Client

from sinks.rows import Rows, Table
from sinks.tables import apply_ddl

INSERT_SETTINGS = {
    "async_insert": 0,
    "wait_for_async_insert": 1,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "materialized_views_ignore_errors": 0,
    # One insert, one block: what is resent is then the same block whatever the server's defaults.
    "min_insert_block_size_rows": 10_000_000,
    "min_insert_block_size_bytes": 2_000_000_000,
    "max_partitions_per_insert_block": 0,
    "wait_end_of_query": 1,
}
"""Pinned for every insert; see docs on deduplicating inserts on retries."""


class ClickHouseStore:
    """The tables of one database.

    Args:
        connect: makes a client; called again after a failure.
        database: its name.
    """

    def __init__(self, connect: Callable[[], Client], database: str) -> None:
        self._connect = connect
        self._database = database
        self._client: Client | None = None

    def prepare(self) -> None:
        """Create the database and the tables that are missing."""
        apply_ddl(self._connected(), self._database)

    def insert(self, table: Table, rows: Rows, token: str) -> None:
        """Insert ``rows`` under ``token``.

        Raises:
            ClickHouseError, ClickHouseUnavailable: not inserted, or the answer was lost.
        """
        self._connected().insert(
            table.name,
            rows.columns,
            column_names=table.column_names,
            database=self._database,
            column_types=_types(table.column_types),
            column_oriented=True,
            settings={**INSERT_SETTINGS, "insert_deduplication_token": token},
        )

    def close(self) -> None:
        """Let go of the connection; the next call makes a new one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> Client:
        if self._client is None:
            self._client = self._connect()
        return self._client


@cache
def _types(names: tuple[str, ...]) -> list[ClickHouseType]:
    return [get_from_name(name) for name in names]
