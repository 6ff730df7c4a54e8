"""History in ClickHouse: the touchpoints that the worker accepted, in the order of time.

ClickHouse picks by type and customer, so what nobody listens to never leaves it. It is asked slice
by slice of time, each no larger than memory likes, on a server and on the embedded service alike.
The table keeps the properties as text: their types come from the vocabulary, or from how they look.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from schemas import Touchpoint, Value
from streams.backtest.errors import NoHistory
from streams.backtest.glance import Item, glance_at
from streams.backtest.source import EVENT, Wanted
from streams.vocabulary import Vocabulary, shipped_vocabulary

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

SLICE_ROWS = 100_000
"""Rows asked for at once, unless a single minute has more."""

MOST_CUSTOMERS = 2_000
"""So many are named to ClickHouse; of more, the others' touchpoints are left out here."""

_COLUMNS = (
    "event_id, source, customer_id, identified, channel, type, toUnixTimestamp64Milli(occurred_at), "
    "correlation_id, session_id, identities, properties"
)
_FROM = "FROM accepted_touchpoints WHERE {filter}"
_MINUTE = "intDiv(toUnixTimestamp64Milli(occurred_at), 60000) AS minute"
_COUNTS = f"SELECT {_MINUTE}, count() {_FROM} GROUP BY minute ORDER BY minute"
_ROWS = f"SELECT {_COLUMNS} {_FROM} ORDER BY occurred_at, partition, offset"
_TYPES = f"SELECT DISTINCT type {_FROM}"
_ALL = f"SELECT count(), uniqExact(customer_id) {_FROM}"
_MINUTE_MS = 60_000
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(e[+-]?[0-9]+)?")


class ClickHouseSource:
    """The view of accepted touchpoints.

    Attributes:
        left_out: at the last reading, how many touchpoints of the time were not asked for.
        customers: how many there were in that time.

    Args:
        client: connected; its database is ours.
        vocabulary: says what the values of properties are.
    """

    clock = EVENT

    def __init__(self, client: Client, vocabulary: Vocabulary | None = None) -> None:
        self.title = f"ClickHouse, database {client.database}"
        self.total: int | None = None
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.customers: int | None = None
        self._client = client
        known = vocabulary or shipped_vocabulary()
        self._types = {name: found.type for name, found in known.properties.items()}

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        """One.

        Raises:
            NoHistory: the tables hold nothing of the time.
            TablesMissing: they are not there.
        """
        time = _between(wanted)
        count, self.customers = self._query(_ALL, time, {})[0]
        if not count:
            raise NoHistory(f"{self.title} holds no touchpoints of that time", "look at --from and --to")
        where, values = self._filter(wanted, time)
        slices = list(_slices(self._query(_COUNTS, where, values)))
        self.total = sum(rows for _, _, rows in slices)
        self.left_out = count - self.total
        yield self._items(where, values, slices)

    def _items(self, where: str, values: dict[str, Any], slices: list[tuple[int, int, int]]) -> Iterator[Item]:
        for start, end, _ in slices:
            piece = f"{where} AND occurred_at >= {_moment(start)} AND occurred_at < {_moment(end)}"
            for row in self._query(_ROWS, piece, values):
                yield glance_at(self._touchpoint(row))

    def _filter(self, wanted: Wanted, time: str) -> tuple[str, dict[str, Any]]:
        types = [row[0] for row in self._query(_TYPES, time, {})]
        heard = [kind for kind in types if wanted.hears(kind)]
        standing = [kind for kind in types if wanted.is_standing(kind)]
        where, values = time, {}
        if len(heard) < len(types):
            where += " AND type IN {heard:Array(String)}"
            values["heard"] = heard
        if wanted.since is not None:
            where += f" AND (occurred_at >= {_moment(wanted.since)} OR type IN {{standing:Array(String)}})"
            values["standing"] = standing
        if wanted.customers is not None and len(wanted.customers) <= MOST_CUSTOMERS:
            where += " AND customer_id IN {customers:Array(String)}"
            values["customers"] = sorted(wanted.customers)
        return where, values

    def _query(self, statement: str, where: str, values: dict[str, Any]) -> Any:
        from sinks.connection import asking

        with asking(self._client):
            # {filter} is text of ours, never a caller's; values go as parameters.
            return self._client.query(statement.replace("{filter}", where), parameters=values or None).result_rows

    def _touchpoint(self, row: tuple[Any, ...]) -> Touchpoint:
        event_id, source, customer_id, identified, channel, kind, at, correlation, session, identities, said = row
        touchpoint: Touchpoint = {
            "event_id": event_id,
            "source": source,
            "customer_id": customer_id,
            "identified": bool(identified),
            "channel": channel,
            "type": kind,
            "occurred_at": at,
            "correlation_id": correlation,
            "session_id": session,
            "identities": dict(identities),
            "properties": {name: self._value(name, text) for name, text in sorted(said.items())},
        }
        return touchpoint

    def _value(self, name: str, text: str) -> Value:
        """What a property was before it became text."""
        return value_of(text, self._types.get(name))


def value_of(text: str, kind: str | None) -> Value:
    """The value that was written as ``text``.

    Args:
        text: from the table.
        kind: the property's type in the vocabulary; None: it is not there, and the looks decide.
    """
    if kind == "text":
        return text
    if text in ("true", "false") and kind in ("flag", None):
        return text == "true"
    if kind != "flag":
        if _WHOLE.fullmatch(text):
            return int(text)
        if kind != "whole" and _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
            return number
    return text


def _between(wanted: Wanted) -> str:
    return f"occurred_at < {_moment(wanted.until)}"


def _moment(at: int) -> str:
    return f"fromUnixTimestamp64Milli({at}, 'UTC')"


def _slices(minutes: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Start, end (ms UTC, half-open) and rows of stretches of whole minutes that follow each other."""
    start = end = rows = 0
    for minute, count in minutes:
        if rows and rows + count > SLICE_ROWS:
            yield start, end, rows
            rows = 0
        if not rows:
            start = minute * _MINUTE_MS
        end = (minute + 1) * _MINUTE_MS
        rows += count
    if rows:
        yield start, end, rows
