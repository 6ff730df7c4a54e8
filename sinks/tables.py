"""Database and tables, from the ``.sql`` files of ``ddl``: the same on a server and embedded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

FOLDER = Path(__file__).parent / "ddl"


def statements() -> Iterator[str]:
    """Every DDL statement, in the order of the files' names; none names a database."""
    for path in sorted(FOLDER.glob("*.sql")):
        for statement in path.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                yield statement.strip()


def apply_ddl(client: Client, database: str) -> None:
    """Create what is missing; what is there stays as it is.

    Args:
        client: whatever its own database is.
        database: where the tables go; made if missing.

    Raises:
        DatabaseError: ClickHouse refuses a statement.
        OperationalError: it does not answer.
    """
    client.command(f"CREATE DATABASE IF NOT EXISTS `{database}`", use_database=False)
    for statement in statements():
        client.command(statement, use_database=False, settings={"database": database})
