"""Reads the properties of a mapping."""

from __future__ import annotations

from streams.detection.document import Listing, Node, Scalar
from streams.detection.document import Mapping as Tree
from streams.detection.reader import Section, described
from streams.importers.mapping.expression_reader import EXPRESSION_KEYS, TIME_KEYS, ExpressionReader
from streams.importers.mapping.property import KINDS, Kind, Property

PROPERTY_KEYS = (*EXPRESSION_KEYS, *TIME_KEYS, "type", "true", "false", "sum", "count")


class PropertyReader:
    """Reads one property after the other.

    Args:
        parts: reads the expressions in them.
        default: the type of properties that name none.
        grouped: whether several rows make one touchpoint.
    """

    def __init__(self, parts: ExpressionReader, default: Kind, grouped: bool) -> None:
        self._parts = parts
        self._reader = parts.reader
        self._default = default
        self._grouped = grouped

    def property(self, name: str, node: Node) -> Property | None:
        """The property of that name; None when it cannot be used."""
        if not isinstance(node, Tree):
            part = self._parts.expression(node, name)
            return None if part is None else Property(name, self._default, part)
        section = self._reader.section(node, f"'{name}'", PROPERTY_KEYS)
        if section is None:
            return None
        if section.has("count") or section.has("sum"):
            return self._total(name, section)
        part = self._parts.expression_of(section, name)
        kind_node = section.value("type")
        kind = self._reader.choice(kind_node, "type", KINDS) if kind_node is not None else self._default
        times = self._parts.time_format(section) if kind == "time" else None
        for key in TIME_KEYS:
            if kind != "time" and section.has(key):
                self._reader.note(section.key(key), f"'{key}' of a {kind}", "write type: time, or leave it out")
        words = self._words(section, kind)
        if part is None or kind is None or (kind == "time" and times is None):
            return None
        return Property(name, kind, part, times=times, words=words, numbers=self._parts.numbers)

    def _total(self, name: str, section: Section) -> Property | None:
        reader, kind_node = self._reader, section.value("type")
        for key, _ in section.node.entries:
            if key.text in PROPERTY_KEYS and key.text not in ("sum", "count", "type"):
                reader.note(key, f"'{key.text}' beside a sum or count", "leave it out")
        if (count := section.value("count")) is not None:
            if section.has("sum") or section.has("type"):
                reader.note(section.node, "'count' stands alone", "write {count: rows}")
            if not self._grouped:
                reader.note(section.key("count"), "a count of rows without 'group_by'", "it would always be 1")
            return Property(name, "long", counts_rows=True) if reader.choice(count, "count", ("rows",)) else None
        kinds: tuple[Kind, ...] = ("double", "long")
        kind = reader.choice(kind_node, "type of a sum", kinds) if kind_node is not None else "double"
        node = section.value("sum")
        factors = self._parts.column_names(node, "'sum'") if node is not None else None
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
