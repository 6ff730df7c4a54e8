"""The questions that analysts ask by name: one ``.sql`` file each, with a title and parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sinks.connection import asking, first_line
from sinks.errors import QueryError

FOLDER = Path(__file__).parent / "queries"

READ_ONLY = {"readonly": 2, "max_execution_time": 60, "max_result_rows": 1_000_000, "result_overflow_mode": "throw"}
"""Settings of every named query: it changes nothing and ends."""

_LINE = re.compile(r"-- ?(?P<text>.*)")
_PARAMETER = re.compile(r"(?P<name>\w+) (?P<type>[\w()]+)(?P<default> = [^;]*)?; (?P<meaning>.+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``{name:type}`` place of a query; ``default`` None means that it must be given."""

    name: str
    type: str
    default: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query by its name.

    Attributes:
        title: one line.
        notes: what its columns mean, where that is not plain.
    """

    name: str
    title: str
    notes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's answer, rows in its order."""

    query: NamedQuery
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


@cache
def named_queries() -> Mapping[str, NamedQuery]:
    """Every named query, by name."""
    return {path.stem: _parsed(path) for path in sorted(FOLDER.glob("*.sql"))}


def run_query(client: Client, name: str, params: Mapping[str, str] | None = None) -> Answer:
    """Ask ``name`` of the client's database.

    Args:
        params: values as text; what is missing takes its default.

    Raises:
        QueryError: no such query or parameter, or a value that does not fit.
        TablesMissing: the loader has not made them.
        ClickHouseUnavailable: ClickHouse did not answer.
    """
    query, values = prepared(name, params)
    try:
        with asking(client):
            result = client.query(query.sql, parameters=values, settings=READ_ONLY)
            columns = tuple(result.column_names) or _columns(client, query, values)
    except DatabaseError as error:
        raise QueryError(f"{name} failed ({first_line(error)})", "check the parameters' types and values") from error
    return Answer(query, columns, result.result_rows)


def prepared(name: str, params: Mapping[str, str] | None = None) -> tuple[NamedQuery, dict[str, str]]:
    """The query and a value for each of its parameters; ClickHouse is not asked.

    Raises:
        QueryError: no such query or parameter, or one that has to be given is missing.
    """
    query = named_queries().get(name)
    if query is None:
        near = get_close_matches(name, named_queries(), n=1, cutoff=0.7)
        remedy = f"did you mean '{near[0]}'?" if near else f"the names are {', '.join(named_queries())}"
        raise QueryError(f"no query is named {name!r}", remedy)
    return query, _values(query, params or {})


def _columns(client: Client, query: NamedQuery, values: Mapping[str, str]) -> tuple[str, ...]:
    # An answer without rows comes without names.
    described = client.query(f"DESCRIBE ({query.sql})", parameters=dict(values), settings=READ_ONLY)
    return tuple(str(row[0]) for row in described.result_rows)


def _values(query: NamedQuery, params: Mapping[str, str]) -> dict[str, str]:
    known = {parameter.name for parameter in query.parameters}
    if unknown := sorted(params.keys() - known):
        names = ", ".join(sorted(known)) or "none"
        raise QueryError(f"{query.name} has no parameter {', '.join(unknown)}", f"it knows: {names}")
    values: dict[str, str] = {}
    for parameter in query.parameters:
        value = params.get(parameter.name, parameter.default)
        if value is None:
            raise QueryError(f"{query.name} needs {parameter.name} ({parameter.meaning})", f"give {parameter.name}=...")
        values[parameter.name] = value
    return values


def _parsed(path: Path) -> NamedQuery:
    title = ""
    notes: list[str] = []
    parameters: list[Parameter] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    while lines and (comment := _LINE.fullmatch(lines[0])):
        kind, _, rest = comment["text"].partition(": ")
        if kind == "title":
            title = rest
        elif kind == "param":
            parameters.append(_parameter(path, rest))
        else:
            notes.append(comment["text"])
        del lines[0]
    return NamedQuery(path.stem, title, tuple(notes), tuple(parameters), "\n".join(lines).strip())


def _parameter(path: Path, text: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if found is None:
        raise ValueError(f"{path.name}: '-- param: {text}' is not 'name Type = default; meaning'")
    default = found["default"]
    return Parameter(found["name"], found["type"], default and default.removeprefix(" = ").strip(), found["meaning"])
