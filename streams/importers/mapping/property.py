"""One property of a touchpoint: where its value comes from and of what type it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from schemas.types import Value
from streams.importers.mapping.expression import Expression
from streams.importers.mapping.numbers import NumberFormat, double_of, long_of, shown
from streams.importers.mapping.template import Values, text_of
from streams.importers.mapping.time_format import TimeFormat
from streams.importers.refusal import RowRefused

Kind = Literal["string", "long", "double", "boolean", "time", "as_is"]
KINDS: tuple[Kind, ...] = ("string", "long", "double", "boolean", "time", "as_is")
WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
"""What a boolean may read unless the mapping says otherwise; capitals do not matter then."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property: of an expression, a sum over the rows of the touchpoint, or their number.

    Attributes:
        kind: ``as_is`` keeps the type that JSON gives it; a time becomes ms UTC (a long).
        factors: columns whose product is summed up over the rows.
        counts_rows: it is the number of rows.
        words: what stands for true and false; None: ``WORDS``.
    """

    name: str
    kind: Kind
    expression: Expression | None = None
    factors: tuple[str, ...] = ()
    counts_rows: bool = False
    times: TimeFormat | None = None
    words: Mapping[str, bool] | None = None
    numbers: NumberFormat = field(default_factory=NumberFormat)

    def value(self, row: Values, rows: Sequence[Values]) -> Value:
        """The value for a touchpoint made of ``rows``, which together read as ``row``.

        Raises:
            RowRefused: it is not of its type.
        """
        if self.counts_rows:
            return len(rows)
        try:
            if self.factors:
                return self._number(self._sum(rows))
            assert self.expression is not None
            value = self.expression.value(row)
            return None if value is None else self._typed(value)
        except RowRefused:
            raise
        except ValueError as error:
            raise RowRefused(f"{self.name}: {error}") from None

    def _sum(self, rows: Sequence[Values]) -> Decimal:
        total = Decimal(0)
        for row in rows:
            product = Decimal(1)
            for column in self.factors:
                value = row.get(column)
                if value is None:
                    raise ValueError(f"{column} is empty, and it is summed up")
                product *= self.numbers.number(value)
            total += product
        return total

    def _typed(self, value: Value) -> Value:
        if self.kind == "string":
            return text_of(value)
        if self.kind in ("long", "double"):
            return self._number(self.numbers.number(value))
        if self.kind == "boolean":
            return self._flag(value)
        if self.kind == "time":
            assert self.times is not None
            return self.times.milliseconds(value)
        return value

    def _number(self, number: Decimal) -> int | float:
        return long_of(number) if self.kind == "long" else double_of(number)

    def _flag(self, value: Value) -> bool:
        if isinstance(value, bool):
            return value
        text = text_of(value) or ""
        found = self.words.get(text) if self.words is not None else WORDS.get(text.lower())
        if found is None:
            words = self.words if self.words is not None else WORDS
            raise ValueError(f"{shown(value)} is neither true nor false, which are {', '.join(words)} here")
        return found
