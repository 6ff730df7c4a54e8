"""The overview dashboard's queries as Grafana's ClickHouse datasource sends them.

The datasource replaces macros in the text and sends the rest; what each stands for is in the README of
the plugin. Only the macros that the dashboard uses are known here: another one fails the test that
meets it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DASHBOARD = Path(__file__).parents[2] / "deploy/grafana/dashboards/overview.json"
ALL = "$__all"

_MACRO = re.compile(r"\$__(\w+)(\()?")
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True, slots=True)
class View:
    """What a person looks at: a time range and a choice of rules.

    Attributes:
        start, end: ISO, UTC.
        interval_seconds: width of a bar, as Grafana works it out.
        rules: chosen values of the variable ``rule``.
    """

    start: str
    end: str
    interval_seconds: int = 3600
    rules: Sequence[str] = (ALL,)

    @property
    def start_ms(self) -> int:
        return _milliseconds(self.start)

    @property
    def end_ms(self) -> int:
        return _milliseconds(self.end)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def panels(kind: str) -> Iterator[dict[str, Any]]:
    """Panels whose datasource has that ``uid``."""
    for panel in dashboard()["panels"]:
        if panel["type"] != "row" and panel["datasource"]["uid"] == kind:
            yield panel


def expanded(sql: str, view: View) -> str:
    """``sql`` with its variables and macros replaced.

    Raises:
        ValueError: a macro or a variable that is not known.
    """
    sql = _VARIABLE.sub(lambda found: _variable(found[1], found[2], view), _conditions(sql, view))
    while found := _MACRO.search(sql):
        end, arguments = _arguments(sql, found)
        sql = sql[: found.start()] + _macro(found[1], arguments, view) + sql[end:]
    return sql


def _conditions(sql: str, view: View) -> str:
    """``$__conditionalAll(condition, $variable)`` first: it decides whether the variable is looked at."""
    while found := re.search(r"\$__(conditionalAll)(\()", sql):
        end, (condition, variable) = _arguments(sql, found)
        if variable != "$rule":
            raise ValueError(f"no variable is named {variable}")
        sql = sql[: found.start()] + ("1=1" if ALL in view.rules else condition) + sql[end:]
    return sql


def _variable(name: str, form: str, view: View) -> str:
    if (name, form) != ("rule", "singlequote"):
        raise ValueError(f"no variable is named {name} in the form {form}")
    return ",".join("'" + rule.replace("'", "\\'") + "'" for rule in view.rules)


def _macro(name: str, arguments: Sequence[str], view: View) -> str:
    start, end = view.start_ms, view.end_ms
    match name, *arguments:
        case "fromTime", *_:
            return f"toDateTime({start // 1000})"
        case "toTime", *_:
            return f"toDateTime({end // 1000})"
        case "fromTime_ms", *_:
            return f"fromUnixTimestamp64Milli({start})"
        case "toTime_ms", *_:
            return f"fromUnixTimestamp64Milli({end})"
        case "timeFilter_ms", column:
            return f"{column} >= fromUnixTimestamp64Milli({start}) AND {column} <= fromUnixTimestamp64Milli({end})"
        case "timeInterval", column:
            return f"toStartOfInterval(toDateTime({column}), INTERVAL {view.interval_seconds} second)"
    raise ValueError(f"no macro is known as $__{name} with {len(arguments)} arguments")


def _arguments(sql: str, found: re.Match[str]) -> tuple[int, list[str]]:
    """Where a macro ends, and what stands between its brackets."""
    if not found[2]:
        return found.end(), []
    depth, at, begun = 1, found.end(), found.end()
    arguments = []
    while depth:
        if sql[at] in ",)" and depth == 1:
            arguments.append(sql[begun:at].strip())
            begun = at + 1
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        at += 1
    return at, arguments


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
