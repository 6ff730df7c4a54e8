"""Conditions on a row: tests of columns, all of which must hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from schemas.types import Value
from streams.importers.mapping.numbers import NumberFormat
from streams.importers.mapping.template import Values, text_of

Modifier = Literal["eq", "ne", "contains", "startswith", "endswith", "matches", "gt", "gte", "lt", "lte", "exists"]
MODIFIERS: tuple[Modifier, ...] = (
    *("eq", "ne", "contains", "startswith", "endswith", "matches"),
    *("gt", "gte", "lt", "lte", "exists"),
)
NUMBER_MODIFIERS = ("gt", "gte", "lt", "lte")


@dataclass(frozen=True, slots=True)
class ColumnTest:
    """One column against a text, or several of which any may do (``ne``: none may).

    A missing column makes every test false but ``exists: false``.
    """

    column: str
    modifier: Modifier
    texts: tuple[str, ...] = ()
    bound: Decimal = Decimal(0)
    there: bool = True
    numbers: NumberFormat = field(default_factory=NumberFormat)

    def holds(self, row: Values) -> bool:
        """Whether the row passes."""
        value = row.get(self.column)
        if self.modifier == "exists":
            return (value is not None) == self.there
        if value is None:
            return False
        if self.modifier in NUMBER_MODIFIERS:
            return self._compares(value)
        return _TEXT_TESTS[self.modifier](text_of(value) or "", self.texts)

    def _compares(self, value: Value) -> bool:
        try:
            number = self.numbers.number(value)
        except ValueError:
            return False
        if self.modifier in ("gt", "gte"):
            return number > self.bound or (self.modifier == "gte" and number == self.bound)
        return number < self.bound or (self.modifier == "lte" and number == self.bound)


@dataclass(frozen=True, slots=True)
class RowCondition:
    """Tests that must all hold."""

    tests: tuple[ColumnTest, ...]

    def holds(self, row: Values) -> bool:
        """Whether the row passes all of them."""
        return all(test.holds(row) for test in self.tests)


_TEXT_TESTS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "eq": lambda text, wanted: text in wanted,
    "ne": lambda text, wanted: text not in wanted,
    "contains": lambda text, wanted: any(part in text for part in wanted),
    "startswith": lambda text, wanted: text.startswith(wanted),
    "endswith": lambda text, wanted: text.endswith(wanted),
    "matches": lambda text, wanted: any(re.fullmatch(pattern, text) for pattern in wanted),
}
