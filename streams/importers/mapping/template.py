"""A text with columns in it: ``order-{InvoiceNo}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.types import Value

Values = Mapping[str, Value]
"""A row: value by column (by path for JSON lines); None and a column that is not there are missing."""

ROW, FILE = "@row", "@file"
"""Columns that every row has: its line in the file, from 1, and the file's name."""

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """Literal texts and columns, one after the other."""

    text: str
    parts: tuple[tuple[str, bool], ...]
    """Each a column's name and True, or a literal and False."""

    @classmethod
    def parse(cls, text: str) -> Template:
        """The template written as ``text``; ``{{`` and ``}}`` are braces.

        Raises:
            ValueError: a brace that is alone, or an empty column name.
        """
        parts: list[tuple[str, bool]] = []
        literal, end = "", 0
        for found in _PART.finditer(text):
            literal += text[end : found.start()]
            end = found.end()
            if found[0] in ("{{", "}}"):
                literal += found[0][0]
                continue
            if found[1] is None:
                raise ValueError(f"'{text}' has a '{found[0]}' of its own")
            if not found[1].strip():
                raise ValueError(f"'{text}' has braces without a column")
            parts += [(literal, False), (found[1].strip(), True)]
            literal = ""
        parts.append((literal + text[end:], False))
        return cls(text, tuple(part for part in parts if part[0]))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names."""
        return tuple(name for name, is_column in self.parts if is_column)

    def value(self, row: Values) -> Value:
        """A column alone as it stands in the row, else the text; None where a column is missing."""
        if len(self.parts) == 1 and self.parts[0][1]:
            return row.get(self.parts[0][0])
        return self.render(row)

    def render(self, row: Values) -> str | None:
        """The text; None where a column is missing."""
        rendered = []
        for name, is_column in self.parts:
            text = text_of(row.get(name)) if is_column else name
            if text is None:
                return None
            rendered.append(text)
        return "".join(rendered)


def text_of(value: Value) -> str | None:
    """A value as text: true and false in small letters, numbers as Python writes them."""
    if type(value) is str or value is None:
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
