"""Reads what a mapping says of the file itself: how its CSV, its numbers and its empty values are written."""

from __future__ import annotations

import codecs
from dataclasses import replace

from streams.detection.document import Listing, Scalar
from streams.detection.reader import Section, described
from streams.importers.mapping.mapping import CsvForm, Format, Join
from streams.importers.mapping.numbers import NumberFormat

CSV_KEYS = ("encoding", "delimiter", "quote", "header", "columns", "skip_lines", "trim")
_CHARACTERS = {"tab": "\t", "\\t": "\t"}


class FileFormReader:
    """Reads the keys of a mapping that are about the file, not about touchpoints.

    Args:
        section: the top level of the mapping.
        form: the format, as far as it is known.
    """

    def __init__(self, section: Section, form: Format | None) -> None:
        self._section = section
        self._reader = section.reader
        self._form = form

    def csv(self) -> CsvForm:
        node = self._section.value("csv")
        if node is None:
            return CsvForm()
        if self._form == "json_lines":
            self._reader.note(self._section.key("csv"), "'csv' in a mapping of JSON lines", "leave it out")
        section = self._reader.section(node, "'csv'", CSV_KEYS)
        if section is None:
            return CsvForm()
        found = CsvForm(trim=section.flag("trim", default=True))
        if (encoding := self._encoding(section)) is not None:
            found = replace(found, encoding=encoding)
        if (delimiter := self._character(section, "delimiter")) is not None:
            found = replace(found, delimiter=delimiter)
        quote_node = section.value("quote")
        if isinstance(quote_node, Scalar) and quote_node.text == "none":
            found = replace(found, quote=None)
        elif (quote := self._character(section, "quote")) is not None:
            found = replace(found, quote=quote)
        if found.quote == found.delimiter:
            self._reader.note(section.node, f"'{found.quote}' is delimiter and quote", "write two different characters")
        if (skipped := section.value("skip_lines")) is not None:
            found = replace(found, skip_lines=self._reader.whole(skipped, "'skip_lines'", 0, 1_000) or 0)
        return replace(found, columns=self._columns(section))

    def _encoding(self, section: Section) -> str | None:
        node = section.value("encoding")
        name = self._reader.text(node, "'encoding'") if node is not None else None
        if name is None or node is None:
            return None
        try:
            "".encode(name)  # codecs.lookup alone would also find codecs that are no texts
            return codecs.lookup(name).name
        except LookupError:
            self._reader.note(node, f"unknown encoding '{name}'", "utf-8, cp1252, iso-8859-15, utf-16 ...")
            return None

    def _character(self, section: Section, key: str) -> str | None:
        node = section.value(key)
        if node is None:
            return None
        text = node.text if isinstance(node, Scalar) else ""
        text = _CHARACTERS.get(text, text)
        if len(text) != 1 or text in "\r\n":
            self._reader.note(node, f"'{key}' is {described(node)}", "write one character in quotes, or tab")
            return None
        return text

    def _columns(self, section: Section) -> tuple[str, ...] | None:
        header = section.flag("header", default=True)
        node = section.value("columns")
        if node is None:
            if not header:
                self._reader.note(section.key("header"), "no header and no columns", "name them: columns: [a, b]")
            return None
        if header:
            self._reader.note(section.key("columns"), "'columns' of a file with a header", "write header: false too")
        return self._reader.listing(node, "'columns'", self._reader.text, most=1_000, least=1)

    def join(self) -> Join | None:
        node = self._section.value("join")
        section = self._reader.section(node, "'join'", ("file", "on")) if node is not None else None
        if section is None:
            return None
        if self._form == "json_lines":
            self._reader.note(self._section.key("join"), "'join' in a mapping of JSON lines", "join before importing")
        file_node = section.required("file", "the name of a CSV file in the folder of the data")
        on_node = section.required("on", "the column that both files have")
        file = self._reader.text(file_node, "'file'") if file_node is not None else None
        on = self._reader.text(on_node, "'on'") if on_node is not None else None
        if file is None or on is None or on_node is None:
            return None
        return Join(file, on, on_node.line, on_node.column)

    def numbers(self) -> NumberFormat:
        node = self._section.value("numbers")
        section = self._reader.section(node, "'numbers'", ("decimal", "thousands")) if node is not None else None
        if section is None:
            return NumberFormat()
        decimal = self._character(section, "decimal") or "."
        thousands = self._character(section, "thousands") or ""
        if decimal == thousands:
            self._reader.note(section.node, "decimal and thousands marks are the same", "write two different ones")
        for key, mark in (("decimal", decimal), ("thousands", thousands)):
            if mark and mark in "0123456789+-eE":
                self._reader.note(section.node, f"'{key}' cannot be {mark}", "write a mark, like a comma")
        return NumberFormat(decimal, thousands)

    def empty(self) -> frozenset[str]:
        node = self._section.value("empty")
        items = node.items if isinstance(node, Listing) else [node] if node is not None else []
        for item in items:
            if not isinstance(item, Scalar):
                self._reader.note(item, f"'empty' has {described(item)}", "write texts, like [NULL, n/a]")
        return frozenset(item.text for item in items if isinstance(item, Scalar))
