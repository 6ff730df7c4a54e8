"""Answers of queries as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text


def answer_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str) -> Group:
    """An answer as a table for people under its title; numbers to the right."""
    rows = list(rows)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for position, column in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[position], int | float | None) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return Group(Text(title, style="bold"), table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        exact = "milliseconds" if value.microsecond else "seconds" if value.second else "minutes"
        return value.isoformat(sep=" ", timespec=exact)
    return str(value)
