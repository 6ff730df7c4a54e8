"""A mapping file, read: from text to ``Mapping``, or to everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable

from streams.detection.document import Mapping as Tree
from streams.detection.document import Node, Scalar
from streams.detection.reader import Section, described, read_definition
from streams.importers.channels import CHANNELS
from streams.importers.mapping.errors import MappingFileError
from streams.importers.mapping.expression import Expression, Outcome
from streams.importers.mapping.expression_reader import EXPRESSION_KEYS, TIME_KEYS, ExpressionReader
from streams.importers.mapping.file_form_reader import FileFormReader
from streams.importers.mapping.mapping import FORMATS, Format, Hash, Mapping, Occurrence, Reference, Skip
from streams.importers.mapping.property import Kind
from streams.importers.mapping.property_reader import PropertyReader
from streams.importers.mapping.row_condition import RowCondition
from streams.importers.mapping.time_format import TimeFormat

MAPPING_KEYS = (
    *("id", "description", "format", "csv", "join", "empty", "numbers", "skip", "group_by"),
    *("source", "event_id", "customer_id", "anonymous", "identified", "channel", "type", "occurred_at"),
    *("correlation_id", "session_id", "identities", "properties"),
)
_ID = r"[a-z][a-z0-9_]*([.-][a-z0-9_]+)*"
_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_TYPE_REMEDY = "family.event in lower case, like order.completed"


def parse_mapping(text: str, filename: str) -> Mapping:
    """The mapping of a file.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.

    Raises:
        MappingFileError: with every mistake in the file.
    """

    def read(section: Section) -> Mapping | None:
        return _MappingReader(section, filename).mapping()

    return read_definition(text, filename, "a mapping", MAPPING_KEYS, read, MappingFileError)


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
        file = FileFormReader(section, form)
        self._parts.numbers, csv_form, join, empty = file.numbers(), file.csv(), file.join(), file.empty()
        if join is not None:
            self._parts.references.append(Reference(join.on, join.line, join.column))
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
        default: Kind = "as_is" if form == "json_lines" else "string"
        reads = PropertyReader(self._parts, default, grouped=group_node is not None)
        properties = [reads.property(name, node) for name, node in self._named("properties")]
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
            empty=empty,
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
            properties=tuple(prop for prop in properties if prop is not None),
        )

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
        columns = self._parts.column_names(hashed, "'hash'")
        return None if columns is None else Hash(columns)

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
