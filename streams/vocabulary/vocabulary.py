"""The vocabulary, and how a touchpoint is held against it: leniently, and cheaply where it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from schemas import Properties, Touchpoint
from streams.vocabulary.property import NUMERIC, Property
from streams.vocabulary.touchpoint_type import TouchpointType

UNKNOWN_TYPE = "unknown_type"
UNKNOWN_PROPERTY = "unknown_property"
MISSING_PROPERTY = "missing_property"
MISSING_FIELD = "missing_field"
WRONG_TYPE = "wrong_type"
OUT_OF_RANGE = "out_of_range"

KINDS = (UNKNOWN_TYPE, UNKNOWN_PROPERTY, MISSING_PROPERTY, MISSING_FIELD, WRONG_TYPE, OUT_OF_RANGE)
"""What can be wrong with a touchpoint."""

OWN_TYPE = "x."
"""Types that begin so are a firm's own; nothing is said about them."""

OWN_PROPERTY = "x_"
"""Properties that begin so are a firm's own; any type may carry them."""


class Violation(NamedTuple):
    """One thing that does not fit: its kind and the type, property or field it is about."""

    kind: str
    subject: str
    detail: str


class _Test(NamedTuple):
    """What the quick look at a property asks: its Python types, and bounds or values, if any."""

    types: frozenset[type]
    least: float | None
    greatest: float
    values: frozenset[str] | None


class _Form(NamedTuple):
    """What the quick look at a touchpoint of one type asks.

    ``plain`` has the Python type of each property of which nothing else is asked.
    """

    plain: dict[str, type]
    tests: dict[str, _Test]
    required: tuple[str, ...]
    one_of: tuple[str, ...]
    needs: tuple[str, ...]


_PYTHON_TYPES: dict[str, frozenset[type]] = {
    "text": frozenset({str}),
    "flag": frozenset({bool}),
    "whole": frozenset({int}),
    "time": frozenset({int}),
    "number": frozenset({int, float}),
}


class Vocabulary:
    """Types and properties by name, in the order of the file.

    Attributes:
        types: what may happen.
        properties: what may be said about it.
        anywhere: names of the properties that every type may carry.
    """

    def __init__(
        self, types: Mapping[str, TouchpointType], properties: Mapping[str, Property], anywhere: tuple[str, ...] = ()
    ) -> None:
        self.types = dict(types)
        self.properties = dict(properties)
        self.anywhere = anywhere
        self._own = {name: frozenset((*known.properties, *anywhere)) for name, known in self.types.items()}
        self._quick = {
            name: self._form(known) for name, known in self.types.items() if not (known.is_open or known.within)
        }

    def kinds(self, touchpoint: Touchpoint) -> tuple[str, ...]:
        """What is wrong with a touchpoint, each kind once, in the order of :data:`KINDS`; mostly nothing.

        This runs for every accepted touchpoint. A null property counts as missing.
        """
        form = self._quick.get(touchpoint["type"])
        if form is None:
            return self._careful(touchpoint)
        plain, tests, required, one_of, needs = form
        properties = touchpoint["properties"]
        for name, value in properties.items():
            if type(value) is plain.get(name):
                continue
            if name not in tests:
                return self._careful(touchpoint)
            types, least, greatest, values = tests[name]
            if type(value) not in types:
                return self._careful(touchpoint)
            if least is not None:
                if not least <= value <= greatest:  # type: ignore[operator]
                    return self._careful(touchpoint)
            elif values is not None and value not in values:
                return self._careful(touchpoint)
        for name in needs:
            if not touchpoint[name]:  # type: ignore[literal-required]
                return self._careful(touchpoint)
        for name in required:
            if name not in properties:
                return self._careful(touchpoint)
        if one_of and properties.keys().isdisjoint(one_of):
            return self._careful(touchpoint)
        return ()

    def _careful(self, touchpoint: Touchpoint) -> tuple[str, ...]:
        """The same without haste: what the quick look cannot judge ends here."""
        found = {violation.kind for violation in self.violations(touchpoint)}
        return tuple(kind for kind in KINDS if kind in found) if found else ()

    def violations(self, touchpoint: Touchpoint) -> Iterator[Violation]:
        """Everything that is wrong with a touchpoint, for people. No value is repeated: it may be personal."""
        name, properties = touchpoint["type"], touchpoint["properties"]
        known = self.types.get(name)
        if known is None:
            if not name.startswith(OWN_TYPE):
                yield Violation(UNKNOWN_TYPE, name, f"type {name} is not in the vocabulary")
            return
        for field in known.needs:
            if not touchpoint[field]:  # type: ignore[literal-required]
                yield Violation(MISSING_FIELD, field, f"{field} is missing")
        for wanted in known.required:
            if properties.get(wanted) is None:
                yield Violation(MISSING_PROPERTY, wanted, f"property {wanted} is missing")
        if known.one_of and all(properties.get(wanted) is None for wanted in known.one_of):
            names = " or ".join(known.one_of)
            yield Violation(MISSING_PROPERTY, known.one_of[0], f"property {names} is missing")
        yield from self._property_violations(known, properties)

    def _property_violations(self, known: TouchpointType, properties: Properties) -> Iterator[Violation]:
        own = self._own[known.name]
        for name, value in properties.items():
            if value is None:
                continue
            if name not in own:
                if not known.is_open and not name.startswith(OWN_PROPERTY):
                    yield Violation(UNKNOWN_PROPERTY, name, f"property {name} is not one of {known.name}")
                continue
            meant = self.properties[name]
            if not meant.has_type(value):
                yield Violation(WRONG_TYPE, name, f"property {name} is not of type {meant.type}")
            elif not meant.is_in_range(value):
                yield Violation(OUT_OF_RANGE, name, f"property {name} is not {range_text(meant)}")
        for name, low, high in known.within:
            value, least, greatest = _number(properties, name), _number(properties, low), _number(properties, high)
            if value is None or least is None or greatest is None:
                continue
            if not least <= value <= greatest:
                yield Violation(OUT_OF_RANGE, name, f"property {name} is not from {low} to {high}")

    def _form(self, known: TouchpointType) -> _Form:
        own = {name: _test(self.properties[name]) for name in self._own[known.name]}
        plain = {name: kind for name in own if (kind := _plain_type(self.properties[name])) is not None}
        return _Form(plain, own, known.required, known.one_of, known.needs)


def range_text(known: Property) -> str:
    """The bounds or the values of a property, for people; empty where there are none."""
    if known.values:
        return "one of " + ", ".join(known.values)
    if known.type not in NUMERIC:
        return ""
    least, greatest = known.least, known.greatest
    if least is None and greatest is None:
        return "finite"
    if greatest is None:
        return f"at least {least:g}"
    return f"at most {greatest:g}" if least is None else f"from {least:g} to {greatest:g}"


def _test(known: Property) -> _Test:
    values = frozenset(known.values) if known.values else None
    if known.type in NUMERIC:
        return _Test(_PYTHON_TYPES[known.type], *known.bounds, values)
    return _Test(_PYTHON_TYPES[known.type], None, 0, values)


def _plain_type(known: Property) -> type | None:
    """The Python type of a property without bounds and values; None where more than its type is asked."""
    if known.values or known.least is not None or known.greatest is not None or known.type == "number":
        return None
    (plain,) = _PYTHON_TYPES[known.type]
    return plain


def _number(properties: Properties, name: str) -> float | None:
    value = properties.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
