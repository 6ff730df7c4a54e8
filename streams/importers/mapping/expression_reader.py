"""Reads expressions and conditions of a mapping; every column they name is remembered with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.detection.document import Listing, Node, Scalar
from streams.detection.document import Mapping as Tree
from streams.detection.reader import Reader, Section, described, did_you_mean
from streams.importers.mapping.expression import REFUSE, Expression, Outcome
from streams.importers.mapping.mapping import Reference
from streams.importers.mapping.numbers import NumberFormat
from streams.importers.mapping.row_condition import MODIFIERS, NUMBER_MODIFIERS, ColumnTest, Modifier, RowCondition
from streams.importers.mapping.template import Template
from streams.importers.mapping.time_format import AMBIGUOUS, ISO, NONEXISTENT, TimeFormat

EXPRESSION_KEYS = ("from", "pattern", "values", "cases", "otherwise")
TIME_KEYS = ("format", "zone", "ambiguous", "nonexistent")
_TEMPLATE_REMEDY = "write a text with columns in braces, like '{column}'"


class ExpressionReader:
    """Reads what stands in a mapping for a value."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.references: list[Reference] = []
        self.templates: list[tuple[Template, Node]] = []
        """Every template read so far, and where it stands."""
        self.numbers = NumberFormat()

    def expression(self, node: Node, what: str, more_keys: Iterable[str] = ()) -> Expression | None:
        """A template, or a section with ``from`` or ``cases``; ``more_keys`` are read by the caller."""
        if not isinstance(node, Tree):
            template = self.template(node, f"'{what}'")
            return None if template is None else Expression(what, template)
        section = self.reader.section(node, f"'{what}'", (*EXPRESSION_KEYS, *more_keys))
        return None if section is None else self.expression_of(section, what)

    def expression_of(self, section: Section, what: str) -> Expression | None:
        """The expression of a section whose keys have been checked."""
        cases_node, from_node = section.value("cases"), section.value("from")
        if (cases_node is None) == (from_node is None):
            self.reader.note(section.node, f"'{what}' needs either 'from' or 'cases'", "write from: '{column}'")
            return None
        if from_node is None:
            for key in ("pattern", "values"):
                if section.has(key):
                    self.reader.note(section.key(key), f"'{key}' beside 'cases'", "put it beside a 'from'")
        elif section.has("otherwise") and not section.has("values"):
            self.reader.note(section.key("otherwise"), "'otherwise' without 'values' or 'cases'", "leave it out")
        template = self.template(from_node, "'from'") if from_node is not None else None
        pattern = self._pattern(section.value("pattern"))
        values = self._lookup(section.value("values"))
        cases = self._cases(cases_node) if cases_node is not None else ()
        otherwise: Outcome | None = REFUSE
        if (otherwise_node := section.value("otherwise")) is not None:
            otherwise = self.outcome(otherwise_node, "'otherwise'")
        return Expression(what, template, pattern, values, cases, otherwise)

    def template(self, node: Node, what: str) -> Template | None:
        """A text with columns; a bare number or flag is a text too."""
        if not isinstance(node, Scalar) or node.value is None:
            self.reader.note(node, f"{what} is {described(node)}", _TEMPLATE_REMEDY)
            return None
        try:
            template = Template.parse(node.text)
        except ValueError as error:
            self.reader.note(node, f"{what}: {error}", f"{_TEMPLATE_REMEDY}; {{{{ and }}}} are braces")
            return None
        self.references += [Reference(name, node.line, node.column) for name in template.columns]
        self.templates.append((template, node))
        return template

    def outcome(self, node: Node, what: str) -> Outcome:
        """A template, ``refuse``, or null for a missing value."""
        if isinstance(node, Scalar) and node.value is None:
            return None
        if isinstance(node, Scalar) and node.text == "refuse":
            return REFUSE
        return self.template(node, what)

    def column_names(self, node: Node, what: str) -> tuple[str, ...] | None:
        """A column, or a list of them."""
        names = self.reader.listing(node, what, self.reader.text, most=100, least=1)
        items = node.items if isinstance(node, Listing) else [node]
        for name, item in zip(names or (), items, strict=True):
            self.references.append(Reference(name, item.line, item.column))
        return names

    def condition(self, node: Node, what: str) -> RowCondition | None:
        """Tests of columns, ``column|modifier: text`` or a list of texts."""
        if not isinstance(node, Tree) or not node.entries:
            self.reader.note(node, f"{what} is {described(node)}", "write tests of columns, like {status: done}")
            return None
        tests = [self._test(key, value) for key, value in node.entries]
        return RowCondition(tuple(test for test in tests if test is not None))

    def time_format(self, section: Section) -> TimeFormat | None:
        """How a time is written, of a section whose keys have been checked."""
        reader = self.reader
        form_node, zone_node = section.value("format"), section.value("zone")
        form = reader.text(form_node, "'format'") if form_node is not None else ISO
        zone = self._zone(zone_node) if zone_node is not None else None
        ambiguous_node, nonexistent_node = section.value("ambiguous"), section.value("nonexistent")
        ambiguous = reader.choice(ambiguous_node, "ambiguous", AMBIGUOUS) if ambiguous_node is not None else "earlier"
        nonexistent = (
            reader.choice(nonexistent_node, "nonexistent", NONEXISTENT) if nonexistent_node is not None else "shift"
        )
        if form is None:
            return None
        try:
            times = TimeFormat(form, zone, ambiguous or "earlier", nonexistent or "shift")
        except ValueError as error:
            at = form_node if form_node is not None else section.node
            reader.note(at, f"'format': {error}", "iso, epoch_s, epoch_ms or a pattern like '%d.%m.%Y %H:%M'")
            return None
        if times.needs_zone and zone_node is None:
            reader.note(section.node, f"times like {form} have no zone", "write zone: Europe/London, or zone: UTC")
        return times

    def _zone(self, node: Node) -> ZoneInfo | None:
        name = self.reader.text(node, "'zone'")
        if name is None:
            return None
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.reader.note(node, f"unknown zone '{name}'", "a name of the IANA list, like Europe/London, or UTC")
            return None

    def _pattern(self, node: Node | None) -> re.Pattern[str] | None:
        text = self.reader.text(node, "'pattern'") if node is not None else None
        if text is None or node is None:
            return None
        try:
            pattern = re.compile(text)
        except re.error as error:
            self.reader.note(node, f"'pattern' is no regular expression ({error})", "mend it, or leave it out")
            return None
        if pattern.groups > 1:
            self.reader.note(node, f"'pattern' has {pattern.groups} groups", "use one; (?:...) is no group")
        return pattern

    def _lookup(self, node: Node | None) -> dict[str, Outcome] | None:
        if node is None:
            return None
        if not isinstance(node, Tree) or not node.entries:
            self.reader.note(node, f"'values' is {described(node)}", "write 'text in the file: value' lines")
            return None
        return {key.text: self.outcome(value, f"'{key.text}'") for key, value in node.entries}

    def _cases(self, node: Node) -> tuple[tuple[RowCondition, Outcome], ...]:
        def read(item: Node, what: str) -> tuple[RowCondition, Outcome] | None:
            section = self.reader.section(item, "a case", ("when", "value"))
            if section is None:
                return None
            when_node = section.required("when", "write tests of columns, like when: {status: done}")
            value_node = section.required("value", "write a text, refuse, or ~ for none")
            when = self.condition(when_node, "'when'") if when_node is not None else None
            return None if when is None or value_node is None else (when, self.outcome(value_node, "'value'"))

        return self.reader.listing(node, "'cases'", read, most=100, least=1) or ()

    def _test(self, key: Scalar, node: Node) -> ColumnTest | None:
        column, bar, word = key.text.rpartition("|")
        if not bar:
            column, word = key.text, "eq"
        modifier = next((known for known in MODIFIERS if known == word), None)
        if modifier is None:
            self.reader.note(key, f"unknown modifier '{word}'", did_you_mean(word, MODIFIERS))
            return None
        self.references.append(Reference(column, key.line, key.column))
        if modifier == "exists":
            there = self.reader.flag(node, f"'{key.text}'")
            return None if there is None else ColumnTest(column, modifier, there=there)
        if modifier in NUMBER_MODIFIERS:
            bound = self.reader.number(node, f"'{key.text}'")
            exact = NumberFormat().number(bound) if bound is not None else None
            return None if exact is None else ColumnTest(column, modifier, bound=exact, numbers=self.numbers)
        texts = self._texts(node, key.text, modifier)
        return ColumnTest(column, modifier, texts) if texts else None

    def _texts(self, node: Node, name: str, modifier: Modifier) -> tuple[str, ...] | None:
        items = node.items if isinstance(node, Listing) else [node]
        texts = []
        for item in items:
            if not isinstance(item, Scalar) or item.value is None:
                self.reader.note(item, f"'{name}' is {described(item)}", "write a text or a list of texts")
                return None
            if modifier == "matches":
                try:
                    re.compile(item.text)
                except re.error as error:
                    self.reader.note(item, f"'{name}' is no regular expression ({error})", "mend it")
                    return None
            texts.append(item.text)
        if not texts:
            self.reader.note(node, f"'{name}' is an empty list", "write a text or a list of texts")
        return tuple(texts)
