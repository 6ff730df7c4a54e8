"""A mapping: what each part of a touchpoint is made of. It holds for one kind of file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from schemas import Touchpoint
from schemas.types import Value
from streams.importers.channels import CHANNELS
from streams.importers.mapping.expression import Expression
from streams.importers.mapping.numbers import shown
from streams.importers.mapping.property import Property
from streams.importers.mapping.row_condition import RowCondition
from streams.importers.mapping.template import Template, Values
from streams.importers.mapping.time_format import TimeFormat
from streams.importers.refusal import RowRefused

Format = Literal["csv", "json_lines"]
FORMATS: tuple[Format, ...] = ("csv", "json_lines")
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV file is written.

    Attributes:
        quote: the character around texts; None where there is none.
        columns: names of the columns of a file without a header; None: the first line names them.
        skip_lines: lines before the header or the first row that mean nothing.
        trim: whether blanks around a value go.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str | None = '"'
    columns: tuple[str, ...] | None = None
    skip_lines: int = 0
    trim: bool = True


@dataclass(frozen=True, slots=True)
class Join:
    """A second, small CSV file whose columns are added to each row with the same value in one column.

    Attributes:
        file: its name in the folder of the data; plain or gzip, with or without ``.gz``.
        on: the column that both files have; in the second file each value stands once.
    """

    file: str
    on: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that the mapping names, and where; line and column of the mapping count from 1."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows that are left out on purpose."""

    when: RowCondition
    reason: str


@dataclass(frozen=True, slots=True)
class Hash:
    """An event id made of a row's content: of some columns, or of all of it (None)."""

    columns: tuple[str, ...] | None = None

    def text(self, row: Values, content: Any) -> str:
        """32 hex digits: the first 128 bits of SHA-256 over the values as JSON."""
        values = content if self.columns is None else [row.get(name) for name in self.columns]
        encoded = msgspec.json.encode(values, order="sorted")
        return hashlib.sha256(encoded).digest()[:_DIGEST_BYTES].hex()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When it happened: of several rows the earliest."""

    expression: Expression
    times: TimeFormat

    def milliseconds(self, rows: Sequence[Values]) -> int:
        """Milliseconds UTC.

        Raises:
            RowRefused: missing, or no time.
        """
        found = []
        for value in self.expression.values(rows):
            if value is None:
                raise RowRefused("occurred_at is empty")
            try:
                found.append(self.times.milliseconds(value))
            except ValueError as error:
                raise RowRefused(f"occurred_at: {error}") from None
        return min(found)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Everything a mapping file says.

    Attributes:
        filename: as messages name it.
        references: every column that is named anywhere in it.
        empty: texts that mean that a value is missing; of a CSV also the empty text.
        group_by: rows with the same text here make one touchpoint.
        anonymous: what stands in for a customer who is not known, behind ``anon:``.
        identified: False where ids are no customers'; a condition where it depends on the row.
    """

    filename: str
    id: str
    format: Format
    csv: CsvForm
    join: Join | None
    references: tuple[Reference, ...]
    empty: frozenset[str]
    skip: tuple[Skip, ...]
    group_by: Template | None
    source: Expression
    event_id: Expression | Hash
    customer_id: Expression
    anonymous: Expression | None
    identified: bool | RowCondition
    channel: Expression
    type: Expression
    occurred_at: Occurrence
    correlation_id: Expression | None = None
    session_id: Expression | None = None
    identities: Dict[str, Expression] = field(default_factory=dict)
    properties: tuple[Property, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names, each once."""
        return tuple(dict.fromkeys(reference.name for reference in self.references))

    def reason_to_skip(self, row: Values) -> str | None:
        """Why the row is left out on purpose, if it is."""
        for skip in self.skip:
            if skip.when.holds(row):
                return skip.reason
        return None

    def touchpoint(self, rows: Sequence[Values], content: Any = None) -> Touchpoint:
        """The touchpoint that the rows make together.

        Args:
            rows: in the order of the file; a column's value is the first that is there.
            content: the whole row, for an event id that is its hash.

        Raises:
            RowRefused: something needed is missing, or does not fit.
        """
        row = rows[0] if len(rows) == 1 else _together(rows)
        correlation_id = self.correlation_id.text(row) if self.correlation_id is not None else None
        customer_id, identified = self._customer(row, rows, correlation_id)
        # Null means missing, so what is empty is left out: one mapping serves types with different properties.
        properties: dict[str, Value] = {
            prop.name: value for prop in self.properties if (value := prop.value(row, rows)) is not None
        }
        identities = {name: text for name, part in self.identities.items() if (text := part.text(row)) is not None}
        return {
            "event_id": self._event_id(row, content),
            "source": _needed(self.source, row),
            "customer_id": customer_id,
            "identified": identified,
            "channel": self._channel(row),
            "type": _needed(self.type, row),
            "occurred_at": self.occurred_at.milliseconds(rows),
            "correlation_id": correlation_id,
            "session_id": self.session_id.text(row) if self.session_id is not None else None,
            "identities": dict(sorted(identities.items())),
            "properties": dict(sorted(properties.items())),
        }

    def _event_id(self, row: Values, content: Any) -> str:
        if isinstance(self.event_id, Hash):
            return self.event_id.text(row, content)
        return _needed(self.event_id, row)

    def _channel(self, row: Values) -> str:
        channel = _needed(self.channel, row)
        if channel not in CHANNELS:
            raise RowRefused(f"channel {shown(channel)}, expected one of {', '.join(CHANNELS)}")
        return channel

    def _customer(self, row: Values, rows: Sequence[Values], correlation_id: str | None) -> tuple[str, bool]:
        customer_id = self.customer_id.text(row)
        if len(rows) > 1 and len([other for other in self.customer_id.values(rows) if other is not None]) > 1:
            raise RowRefused("rows that make one touchpoint name different customers")
        known = self.identified if isinstance(self.identified, bool) else self.identified.holds(row)
        if customer_id is not None and known:
            return customer_id, True
        stand_in = (self.anonymous.text(row) if self.anonymous is not None else None) or customer_id or correlation_id
        if stand_in is None:
            raise RowRefused("neither a customer_id nor anything to stand in for it (anonymous, correlation_id)")
        return f"anon:{stand_in}", False


def _together(rows: Sequence[Values]) -> Values:
    merged: dict[str, Value] = {}
    for row in rows:
        for name, value in row.items():
            if merged.get(name) is None:
                merged[name] = value
    return merged


def _needed(expression: Expression, row: Values) -> str:
    text = expression.text(row)
    if text is None:
        raise RowRefused(f"{expression.what} is empty")
    return text
