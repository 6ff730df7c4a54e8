"""A mapping file, read: from text to ``Mapping``, or to everything that is wrong with it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import replace

from streams.detection import RuleFileError
from streams.detection.document import Listing, Node, Scalar, read_document
from streams.detection.document import Mapping as Tree
from streams.detection.reader import Reader, Section, described
from streams.importers.channels import CHANNELS
from streams.importers.mapping.errors import MappingFileError
from streams.importers.mapping.expression import Expression, Outcome
from streams.importers.mapping.expression_reader import EXPRESSION_KEYS, TIME_KEYS, ExpressionReader
from streams.importers.mapping.mapping import FORMATS, CsvForm, Format, Hash, Join, Mapping, Occurrence, Reference, Skip
from streams.importers.mapping.numbers import NumberFormat
from streams.importers.mapping.property import KINDS, Kind, Property
from streams.importers.mapping.row_condition import RowCondition
from streams.importers.mapping.time_format import TimeFormat

MAPPING_KEYS = (
    *("id", "description", "format", "csv", "join", "empty", "numbers", "skip", "group_by"),
    *("source", "event_id", "customer_id", "anonymous", "identified", "channel", "type", "occurred_at"),
    *("correlation_id", "session_id", "identities", "properties"),
)
CSV_KEYS = ("encoding", "delimiter", "quote", "header", "columns", "skip_lines", "trim")
PROPERTY_KEYS = (*EXPRESSION_KEYS, *TIME_KEYS, "type", "true", "false", "sum", "count")
_ID = r"[a-z][a-z0-9_]*([.-][a-z0-9_]+)*"
_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_TYPE_REMEDY = "family.event in lower case, like order.completed"
_DELIMITERS = {"tab": "\t", "\\t": "\t"}


def parse_mapping(text: str, filename: str) -> Mapping:
    """The mapping of a file.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.

    Raises:
        MappingFileError: with every mistake in the file.
    """
    reader = Reader()
    try:
        section = reader.section(read_document(text, filename), "a mapping", MAPPING_KEYS)
    except RuleFileError as error:
        raise MappingFileError(filename, error.mistakes) from None
    mapping = _MappingReader(section, filename).mapping() if section is not None else None
    if mapping is None or reader.mistakes:
        raise MappingFileError(filename, reader.mistakes)
    return mapping


class _MappingReader:
    """Reads the top level of one file."""

    def __init__(self, section: Section, filename: str) -> None:
        self._section = section
        self._filename = filename
        self._reader = section.reader
        self._parts = ExpressionReader(section.reader)

    def mapping(self) -> Mapping | None:
        section, reader = self._section, self._reader
        id_node = section.required("id", "write a name for this kind of file, like id: shop_orders")
        name = reader.matching(id_node, "'id'", _ID, "lower-case words, like shop_orders") if id_node else None
        if (description := section.value("description")) is not None:
            reader.text(description, "'description'")
        format_node = section.required("format", f"one of {', '.join(FORMATS)}")
        form: Format | None = reader.choice(format_node, "format", FORMATS) if format_node is not None else None
        self._parts.numbers = self._numbers()
        csv_form = self._csv(form)
        join = self._join(form)
        empty = self._texts("empty")
        skip = self._skip()
        group_node = section.value("group_by")
        group_by = self._parts.template(group_node, "'group_by'") if group_node is not None else None
        source = self._required("source", "the system that wrote the file, like source: shop")
        event_id = self._event_id(grouped=group_node is not None)
        customer_id = self._required("customer_id", "the column with the customer, like customer_id: '{customer}'")
        anonymous = self._optional("anonymous")
        identified = self._identified()
        channel = self._required("channel", f"one of {', '.join(CHANNELS)}, or an expression")
        kind = self._required("type", _TYPE_REMEDY)
        self._check_words(channel, "channel", lambda word: word in CHANNELS, f"one of {', '.join(CHANNELS)}")
        self._check_words(kind, "type", lambda word: _TYPE.fullmatch(word) is not None, _TYPE_REMEDY)
        occurred_at = self._occurred_at()
        correlation_id, session_id = self._optional("correlation_id"), self._optional("session_id")
        identities = self._identities()
        properties = self._properties(grouped=group_node is not None, form=form)
        if name is None or form is None or source is None or event_id is None or customer_id is None:
            return None
        if channel is None or kind is None or occurred_at is None or identified is None:
            return None
        return Mapping(
            filename=self._filename,
            id=name,
            format=form,
            csv=csv_form,
            join=join,
            references=tuple(self._parts.references),
            empty=frozenset(empty),
            skip=skip,
            group_by=group_by,
            source=source,
            event_id=event_id,
            customer_id=customer_id,
            anonymous=anonymous,
            identified=identified,
            channel=channel,
            type=kind,
            occurred_at=occurred_at,
            correlation_id=correlation_id,
            session_id=session_id,
            identities=identities,
            properties=properties,
        )

    # -- the file -----------------------------------------------------------------------------------

    def _csv(self, form: Format | None) -> CsvForm:
        node = self._section.value("csv")
        if node is None:
            return CsvForm()
        if form == "json_lines":
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
        text = _DELIMITERS.get(text, text)
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

    def _join(self, form: Format | None) -> Join | None:
        node = self._section.value("join")
        section = self._reader.section(node, "'join'", ("file", "on")) if node is not None else None
        if section is None:
            return None
        if form == "json_lines":
            self._reader.note(self._section.key("join"), "'join' in a mapping of JSON lines", "join before importing")
        file_node = section.required("file", "the name of a CSV file in the folder of the data")
        on_node = section.required("on", "the column that both files have")
        file = self._reader.text(file_node, "'file'") if file_node is not None else None
        on = self._reader.text(on_node, "'on'") if on_node is not None else None
        if file is None or on is None or on_node is None:
            return None
        self._parts.references.append(Reference(on, on_node.line, on_node.column))
        return Join(file, on, on_node.line, on_node.column)

    def _numbers(self) -> NumberFormat:
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

    def _texts(self, key: str) -> tuple[str, ...]:
        node = self._section.value(key)
        items = node.items if isinstance(node, Listing) else [node] if node is not None else []
        for item in items:
            if not isinstance(item, Scalar):
                self._reader.note(item, f"'{key}' has {described(item)}", "write texts, like [NULL, n/a]")
        return tuple(item.text for item in items if isinstance(item, Scalar))

    def _skip(self) -> tuple[Skip, ...]:
        def read(item: Node, what: str) -> Skip | None:
            section = self._reader.section(item, "a 'skip'", ("when", "reason"))
            if section is None:
                return None
            when_node = section.required("when", "write tests of columns, like when: {status: test}")
            reason_node = section.required("reason", "say why such rows are no touchpoints")
            when = self._parts.condition(when_node, "'when'") if when_node is not None else None
            reason = self._reader.text(reason_node, "'reason'") if reason_node is not None else None
            return None if when is None or reason is None else Skip(when, reason)

        node = self._section.value("skip")
        return (self._reader.listing(node, "'skip'", read, most=100) or ()) if node is not None else ()

    # -- the touchpoint -----------------------------------------------------------------------------

    def _required(self, key: str, remedy: str) -> Expression | None:
        node = self._section.required(key, remedy)
        return self._parts.expression(node, key) if node is not None else None

    def _optional(self, key: str) -> Expression | None:
        node = self._section.value(key)
        return self._parts.expression(node, key) if node is not None else None

    def _event_id(self, grouped: bool) -> Expression | Hash | None:
        node = self._section.required("event_id", "a column, like '{id}', or {hash: row}")
        if not isinstance(node, Tree) or not any(key.text == "hash" for key, _ in node.entries):
            return self._parts.expression(node, "event_id", ("hash",)) if node is not None else None
        section = self._reader.section(node, "'event_id' by hash", ("hash",))
        assert section is not None
        hashed = section.value("hash")
        if isinstance(hashed, Scalar) and hashed.text == "row":
            if grouped:
                self._reader.note(hashed, "the hash of a row, and several rows make one", "hash: [columns]")
            return Hash()
        assert hashed is not None
        columns = self._column_names(hashed, "'hash'")
        return None if columns is None else Hash(columns)

    def _column_names(self, node: Node, what: str) -> tuple[str, ...] | None:
        names = self._reader.listing(node, what, self._reader.text, most=100, least=1)
        items = node.items if isinstance(node, Listing) else [node]
        for name, item in zip(names or (), items, strict=True):
            self._parts.references.append(Reference(name, item.line, item.column))
        return names

    def _identified(self) -> bool | RowCondition | None:
        node = self._section.value("identified")
        if not isinstance(node, Tree):
            return self._reader.flag(node, "'identified'") if node is not None else True
        section = self._reader.section(node, "'identified'", ("when",))
        when = section.required("when", "write tests of columns") if section is not None else None
        return self._parts.condition(when, "'when'") if when is not None else None

    def _check_words(self, found: Expression | None, what: str, fits: Callable[[str], bool], remedy: str) -> None:
        """Note constant outcomes that can never be right."""
        if found is None:
            return
        outcomes: list[Outcome] = [found.template] if found.lookup is None else []
        outcomes += [*(found.lookup or {}).values(), *(outcome for _, outcome in found.cases), found.otherwise]
        for template, node in self._parts.templates:
            wrong = not template.columns and not fits(template.text)
            if wrong and any(outcome is template for outcome in outcomes):
                self._reader.note(node, f"unknown {what} '{template.text}'", remedy)

    def _occurred_at(self) -> Occurrence | None:
        node = self._section.required("occurred_at", "when it happened, like {from: '{time}', zone: Europe/London}")
        if node is None:
            return None
        if not isinstance(node, Tree):
            found = self._parts.expression(node, "occurred_at")
            return None if found is None else Occurrence(found, TimeFormat())
        section = self._reader.section(node, "'occurred_at'", (*EXPRESSION_KEYS, *TIME_KEYS))
        if section is None:
            return None
        found, times = self._parts.expression_of(section, "occurred_at"), self._parts.time_format(section)
        return None if found is None or times is None else Occurrence(found, times)

    def _named(self, key: str) -> list[tuple[str, Node]]:
        node = self._section.value(key)
        if node is None:
            return []
        if not isinstance(node, Tree):
            self._reader.note(node, f"'{key}' is {described(node)}", "write 'name: {column}' lines")
            return []
        return [(name.text, value) for name, value in node.entries]

    def _identities(self) -> dict[str, Expression]:
        found = {name: self._parts.expression(node, name) for name, node in self._named("identities")}
        return {name: part for name, part in found.items() if part is not None}

    def _properties(self, grouped: bool, form: Format | None) -> tuple[Property, ...]:
        default: Kind = "as_is" if form == "json_lines" else "string"
        found = [self._property(name, node, default, grouped) for name, node in self._named("properties")]
        return tuple(prop for prop in found if prop is not None)

    def _property(self, name: str, node: Node, default: Kind, grouped: bool) -> Property | None:
        if not isinstance(node, Tree):
            part = self._parts.expression(node, name)
            return None if part is None else Property(name, default, part)
        section = self._reader.section(node, f"'{name}'", PROPERTY_KEYS)
        if section is None:
            return None
        if section.has("count") or section.has("sum"):
            return self._total(name, section, grouped)
        part = self._parts.expression_of(section, name)
        kind_node = section.value("type")
        kind = self._reader.choice(kind_node, "type", KINDS) if kind_node is not None else default
        times = self._parts.time_format(section) if kind == "time" else None
        for key in TIME_KEYS:
            if kind != "time" and section.has(key):
                self._reader.note(section.key(key), f"'{key}' of a {kind}", "write type: time, or leave it out")
        words = self._words(section, kind)
        if part is None or kind is None or (kind == "time" and times is None):
            return None
        return Property(name, kind, part, times=times, words=words, numbers=self._parts.numbers)

    def _total(self, name: str, section: Section, grouped: bool) -> Property | None:
        reader, kind_node = self._reader, section.value("type")
        for key, _ in section.node.entries:
            if key.text in PROPERTY_KEYS and key.text not in ("sum", "count", "type"):
                reader.note(key, f"'{key.text}' beside a sum or count", "leave it out")
        if (count := section.value("count")) is not None:
            if section.has("sum") or section.has("type"):
                reader.note(section.node, "'count' stands alone", "write {count: rows}")
            if not grouped:
                reader.note(section.key("count"), "a count of rows without 'group_by'", "it would always be 1")
            return Property(name, "long", counts_rows=True) if reader.choice(count, "count", ("rows",)) else None
        kinds: tuple[Kind, ...] = ("double", "long")
        kind = reader.choice(kind_node, "type of a sum", kinds) if kind_node is not None else "double"
        node = section.value("sum")
        factors = self._column_names(node, "'sum'") if node is not None else None
        if kind is None or factors is None:
            return None
        return Property(name, kind, factors=factors, numbers=self._parts.numbers)

    def _words(self, section: Section, kind: Kind | None) -> dict[str, bool] | None:
        if not (section.has("true") or section.has("false")):
            return None
        if kind != "boolean":
            self._reader.note(section.node, f"'true' and 'false' of a {kind}", "write type: boolean")
        found: dict[str, bool] = {}
        for key, flag in (("true", True), ("false", False)):
            node = section.required(key, f"the words that mean {key}")
            for item in node.items if isinstance(node, Listing) else [node] if node is not None else []:
                if not isinstance(item, Scalar):
                    self._reader.note(item, f"'{key}' has {described(item)}", "write words")
                elif item.text in found:
                    self._reader.note(item, f"'{item.text}' means both", "let it mean one")
                else:
                    found[item.text] = flag
        return found
