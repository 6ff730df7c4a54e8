"""Every materialized view, computed anew from the raw tables and compared with what it holds."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from clickhouse_connect.driver.client import Client

from sinks.tables import statements

_VIEW = re.compile(r"CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+) TO (\w+) AS\n(.*)", re.DOTALL)


def views() -> dict[str, dict[str, str]]:
    """The SELECT of each materialized view, by target table and view name."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for statement in statements():
        if view := _VIEW.search(statement):
            found[view[2]][view[1]] = view[3]
    return dict(found)


def disagreements(client: Client) -> list[str]:
    """A line for each row of a view's target that is not as its raw tables say."""
    found: list[str] = []
    for target, selects in views().items():
        keys, sums = _columns(client, target)
        recomputed = _sums(client, keys, sums, _all_of(selects, keys, sums))
        stored = _sums(client, keys, sums, f"SELECT {', '.join([*keys, *sums])} FROM {target}")
        found += [
            f"{target} {key}: holds {stored.get(key)}, the raw tables say {recomputed.get(key)}"
            for key in sorted(recomputed.keys() | stored.keys())
            if recomputed.get(key) != stored.get(key)
        ]
    return found


def _all_of(selects: dict[str, str], keys: list[str], sums: list[str]) -> str:
    columns = ", ".join([*keys, *sums])
    return "\nUNION ALL\n".join(f"SELECT {columns} FROM ({select})" for select in selects.values())


def _sums(client: Client, keys: list[str], sums: list[str], rows: str) -> dict[Any, Any]:
    # Rows whose sums are all zero may or may not be there: a SummingMergeTree drops them when it merges.
    totals = ", ".join(f"sum(line.{name}) AS total_{name}" for name in sums)
    some = " OR ".join(f"total_{name} != 0" for name in sums)
    sql = f"SELECT {', '.join(keys)}, {totals} FROM ({rows}) AS line GROUP BY {', '.join(keys)} HAVING {some}"
    return {tuple(map(str, row[: len(keys)])): row[len(keys) :] for row in client.query(sql).result_rows}


def _columns(client: Client, target: str) -> tuple[list[str], list[str]]:
    described = client.query(
        "SELECT name, is_in_sorting_key FROM system.columns"
        " WHERE database = currentDatabase() AND table = {table:String} ORDER BY position",
        parameters={"table": target},
    ).result_rows
    return [name for name, is_key in described if is_key], [name for name, is_key in described if not is_key]
