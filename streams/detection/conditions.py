"""Conditions on a touchpoint: field tests with modifiers, joined by all, any and not.

A missing field makes a test false, never an exception. Numbers compare with numbers only, and a
flag (true, false) is no number. Compiling for a known touchpoint type decides every test on
``type`` beforehand, which is also how the detector learns which types a rule listens to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from streams.detection.fields import Field

Check = Callable[[Mapping[str, Any]], bool]
Predicate = Callable[[Any], bool]
Modifier = Literal["eq", "ne", "gt", "gte", "lt", "lte", "contains", "startswith", "endswith", "exists"]

MODIFIERS: tuple[Modifier, ...] = (
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "contains",
    "startswith",
    "endswith",
    "exists",
)
NUMBER_MODIFIERS = ("gt", "gte", "lt", "lte")
TEXT_MODIFIERS = ("contains", "startswith", "endswith")
_TYPE = Field(("type",))


@dataclass(frozen=True, slots=True)
class Test:
    """One field against one value, or against several of which any may do (``ne``: none may)."""

    __test__ = False

    field: Field
    modifier: Modifier
    values: tuple[bool | int | float | str, ...]

    def types(self) -> frozenset[str]:
        """Touchpoint types it names."""
        if self.field != _TYPE:
            return frozenset()
        return frozenset(value for value in self.values if type(value) is str)

    def folded(self, touchpoint_type: str | None) -> Condition | bool:
        """The test, or its outcome where the type alone decides; None is any type that no rule names."""
        if self.field != _TYPE:
            return self
        if touchpoint_type is not None:
            return self.predicate()(touchpoint_type)
        return self.modifier == "ne" if self.modifier in ("eq", "ne") else self

    def check(self) -> Check:
        """The compiled test."""
        get, holds, name = self.field.getter(), self.predicate(), self.field.property_name
        if name is not None:
            return lambda touchpoint: holds(touchpoint["properties"].get(name))
        return lambda touchpoint: holds(get(touchpoint))

    def predicate(self) -> Predicate:
        """The test of a value alone; None means missing."""
        return _PREDICATES[self.modifier](self.values)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def types(self) -> frozenset[str]:
        """Touchpoint types it names."""
        return _types(self.parts)

    def folded(self, touchpoint_type: str | None) -> Condition | bool:
        """As ``Test.folded``."""
        rest = [part.folded(touchpoint_type) for part in self.parts]
        if any(part is False for part in rest):
            return False
        open_parts = tuple(part for part in rest if not isinstance(part, bool))
        if len(open_parts) == 1:
            return open_parts[0]
        return All(open_parts) if open_parts else True

    def check(self) -> Check:
        """The compiled condition."""
        checks = tuple(part.check() for part in self.parts)
        if len(checks) == 2:
            first, second = checks
            return lambda touchpoint: first(touchpoint) and second(touchpoint)

        def every(touchpoint: Mapping[str, Any]) -> bool:
            for check in checks:  # noqa: SIM110 - a generator costs three times as much
                if not check(touchpoint):
                    return False
            return True

        return every


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def types(self) -> frozenset[str]:
        """Touchpoint types it names."""
        return _types(self.parts)

    def folded(self, touchpoint_type: str | None) -> Condition | bool:
        """As ``Test.folded``."""
        rest = [part.folded(touchpoint_type) for part in self.parts]
        if any(part is True for part in rest):
            return True
        open_parts = tuple(part for part in rest if not isinstance(part, bool))
        if len(open_parts) == 1:
            return open_parts[0]
        return AnyOf(open_parts) if open_parts else False

    def check(self) -> Check:
        """The compiled condition."""
        checks = tuple(part.check() for part in self.parts)

        def some(touchpoint: Mapping[str, Any]) -> bool:
            for check in checks:  # noqa: SIM110 - a generator costs three times as much
                if check(touchpoint):
                    return True
            return False

        return some


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; so it is true where the part's field is missing."""

    part: Condition

    def types(self) -> frozenset[str]:
        """Touchpoint types it names."""
        return self.part.types()

    def folded(self, touchpoint_type: str | None) -> Condition | bool:
        """As ``Test.folded``."""
        part = self.part.folded(touchpoint_type)
        return not part if isinstance(part, bool) else Not(part)

    def check(self) -> Check:
        """The compiled condition."""
        check = self.part.check()
        return lambda touchpoint: not check(touchpoint)


EARLIER = "\0earlier"
"""Under this key a touchpoint carries what its partial match has taken: a function from reference to value."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of a touchpoint that an earlier step took: its first one or its last."""

    step: str
    which: Literal["first", "last"]
    field: Field


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against a value of an earlier step; false where either is missing."""

    field: Field
    modifier: Modifier
    reference: Reference

    def types(self) -> frozenset[str]:
        """It names no type."""
        return frozenset()

    def folded(self, touchpoint_type: str | None) -> Condition | bool:
        """The type alone never decides it."""
        return self

    def check(self) -> Check:
        """The compiled comparison; the touchpoint must carry ``EARLIER``."""
        get, build, reference, numeric = (
            self.field.getter(),
            _PREDICATES[self.modifier],
            self.reference,
            self.modifier in NUMBER_MODIFIERS,
        )

        def compare(touchpoint: Mapping[str, Any]) -> bool:
            other = touchpoint[EARLIER](reference)
            if other is None or (numeric and not _is_number(other)):
                return False
            return build((other,))(get(touchpoint))

        return compare


Condition = Test | Compare | All | AnyOf | Not


def references(condition: Condition) -> tuple[Reference, ...]:
    """What it compares with."""
    if isinstance(condition, Compare):
        return (condition.reference,)
    if isinstance(condition, Not):
        return references(condition.part)
    if isinstance(condition, All | AnyOf):
        return tuple(reference for part in condition.parts for reference in references(part))
    return ()


def _types(parts: tuple[Condition, ...]) -> frozenset[str]:
    return frozenset().union(*(part.types() for part in parts))


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


def _equal(values: tuple[Any, ...]) -> Predicate:
    numbers = tuple(value for value in values if _is_number(value))
    others = frozenset(value for value in values if not _is_number(value))
    if not numbers and len(values) == 1 and type(values[0]) is str:
        only = values[0]
        return lambda value: bool(value == only)

    def equal(value: Any) -> bool:
        return value in numbers if _is_number(value) else value in others

    return equal


def _not_equal(values: tuple[Any, ...]) -> Predicate:
    equal = _equal(values)
    return lambda value: value is not None and not equal(value)


def _greater(values: tuple[Any, ...]) -> Predicate:
    bound = values[0]
    return lambda value: (type(value) is int or type(value) is float) and value > bound


def _greater_or_equal(values: tuple[Any, ...]) -> Predicate:
    bound = values[0]
    return lambda value: (type(value) is int or type(value) is float) and value >= bound


def _less(values: tuple[Any, ...]) -> Predicate:
    bound = values[0]
    return lambda value: (type(value) is int or type(value) is float) and value < bound


def _less_or_equal(values: tuple[Any, ...]) -> Predicate:
    bound = values[0]
    return lambda value: (type(value) is int or type(value) is float) and value <= bound


def _text(holds: Callable[[str, str], bool]) -> Callable[[tuple[Any, ...]], Predicate]:
    def build(values: tuple[Any, ...]) -> Predicate:
        return lambda value: type(value) is str and any(holds(value, wanted) for wanted in values)

    return build


def _exists(values: tuple[Any, ...]) -> Predicate:
    wanted = values[0]
    return lambda value: (value is not None) is wanted


_PREDICATES: dict[Modifier, Callable[[tuple[Any, ...]], Predicate]] = {
    "eq": _equal,
    "ne": _not_equal,
    "gt": _greater,
    "gte": _greater_or_equal,
    "lt": _less,
    "lte": _less_or_equal,
    "contains": _text(lambda value, wanted: wanted in value),
    "startswith": _text(str.startswith),
    "endswith": _text(str.endswith),
    "exists": _exists,
}
