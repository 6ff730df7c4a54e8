"""How a value comes out of a row: a template, cut, looked up, or chosen by conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.types import Value
from streams.importers.mapping.numbers import shown
from streams.importers.mapping.row_condition import RowCondition
from streams.importers.mapping.template import Template, Values, text_of
from streams.importers.refusal import RowRefused


class Refuse:
    """Stands for an outcome: there is no value that would do."""


REFUSE: Final = Refuse()
Outcome = Template | None | Refuse
"""What a choice leads to; None is a missing value."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One value of a touchpoint.

    Attributes:
        what: how messages name the value, like ``type``.
        template: where it comes from; None where ``cases`` decide.
        pattern: what the whole text must match; its first group, or all of it, is the value.
        lookup: outcome by text; None where nothing is looked up.
        cases: outcomes by condition, the first that holds.
        otherwise: the outcome where neither lookup nor cases have one.
    """

    what: str
    template: Template | None = None
    pattern: re.Pattern[str] | None = None
    lookup: Mapping[str, Outcome] | None = None
    cases: tuple[tuple[RowCondition, Outcome], ...] = ()
    otherwise: Outcome = field(default=REFUSE)

    def value(self, row: Values) -> Value:
        """The value; None where it is missing.

        Raises:
            RowRefused: the pattern does not match, or no choice is left.
        """
        if self.template is None:
            return self._chosen(row)
        value = self.template.value(row)
        if value is None:
            return None
        if self.pattern is not None:
            value = self._cut(value)
        if self.lookup is None or value is None:
            return value
        outcome = self.lookup.get(text_of(value) or "", self.otherwise)
        return self._outcome(outcome, row, f"{self.what} cannot be looked up: {shown(value)} is not in its values")

    def text(self, row: Values) -> str | None:
        """The value as text that is not empty, else None."""
        return text_of(self.value(row)) or None

    def values(self, rows: Iterable[Values]) -> list[Value]:
        """Its values over several rows, each once; rows that agree in its columns are asked once.

        Raises:
            RowRefused: as ``value`` does, for the first row that has none.
        """
        if self.template is not None and self.lookup is None:
            columns = self.template.columns
            if len(columns) == 1:
                rows = {row.get(columns[0]): row for row in rows}.values()
        return list(dict.fromkeys(self.value(row) for row in rows))

    def _chosen(self, row: Values) -> Value:
        for condition, outcome in self.cases:
            if condition.holds(row):
                return self._outcome(outcome, row, f"{self.what}: the row is in a case that is refused")
        return self._outcome(self.otherwise, row, f"{self.what}: the row is in none of the cases")

    def _cut(self, value: Value) -> str | None:
        assert self.pattern is not None
        found = self.pattern.fullmatch(text_of(value) or "")
        if found is None:
            raise RowRefused(f"{self.what} {shown(value)} does not match {self.pattern.pattern}")
        return found[1] if self.pattern.groups else found[0]

    @staticmethod
    def _outcome(outcome: Outcome, row: Values, reason: str) -> Value:
        if isinstance(outcome, Refuse):
            raise RowRefused(reason)
        return None if outcome is None else outcome.value(row)
