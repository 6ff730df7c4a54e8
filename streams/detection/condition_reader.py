"""Conditions and clauses as they stand in a rule file."""

from __future__ import annotations

from typing import Literal

from streams.detection.clause import Clause
from streams.detection.conditions import (
    MODIFIERS,
    NUMBER_MODIFIERS,
    TEXT_MODIFIERS,
    All,
    AnyOf,
    Compare,
    Condition,
    Modifier,
    Not,
    Reference,
    Test,
)
from streams.detection.document import Listing, Mapping, Node, Scalar
from streams.detection.fields import Field
from streams.detection.reader import Reader, Section, described, did_you_mean

MAX_VALUES = 100
_EXAMPLE = "write fields like {type: queue.abandoned, wait_seconds|gte: 5}"


def read_condition(reader: Reader, node: Node, what: str) -> Condition | None:
    """A mapping of field tests, all of which must hold; ``any``, ``all`` and ``not`` join others."""
    if not isinstance(node, Mapping) or not node.entries:
        reader.note(node, f"{what} is {'empty' if isinstance(node, Mapping) else described(node)}", _EXAMPLE)
        return None
    parts = [_part(reader, key, value) for key, value in node.entries]
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        return None
    return found[0] if len(found) == 1 else All(found)


def required_condition(section: Section, name: str) -> Condition | None:
    """The condition under a key that must be there."""
    node = section.required(name, f"write '{name}: {{type: ...}}'")
    return None if node is None else read_condition(section.reader, node, f"'{name}'")


def optional_condition(section: Section, name: str) -> Condition | None:
    """The condition under a key that may be missing."""
    node = section.value(name)
    return None if node is None else read_condition(section.reader, node, f"'{name}'")


def _part(reader: Reader, key: Scalar, value: Node) -> Condition | None:
    if key.text == "not":
        inner = read_condition(reader, value, "'not'")
        return None if inner is None else Not(inner)
    if key.text in ("any", "all"):
        if not isinstance(value, Listing) or not value.items:
            shown = "empty" if isinstance(value, Listing) else described(value)
            reader.note(value, f"'{key.text}' is {shown}", "write a list of conditions")
            return None
        parts = [read_condition(reader, item, f"a part of '{key.text}'") for item in value.items]
        found = tuple(part for part in parts if part is not None)
        if len(found) < len(parts):
            return None
        return AnyOf(found) if key.text == "any" else All(found)
    return _test(reader, key, value)


def _test(reader: Reader, key: Scalar, value: Node) -> Test | Compare | None:
    name, _, modifier = key.text.partition("|")
    modifier = modifier if "|" in key.text else "eq"
    known = next((known for known in MODIFIERS if known == modifier), None)
    if known is None:
        reader.note(key, f"unknown modifier '{modifier}'", did_you_mean(modifier, MODIFIERS))
    try:
        field = Field.parse(name)
    except ValueError as error:
        reader.note(key, str(error), "write a name like wait_seconds, with a modifier like wait_seconds|gte")
        return None
    if known is None:
        return None
    if isinstance(value, Mapping) and reader.steps is not None:
        return _compare(reader, key, field, known, value)
    if known == "exists":
        wanted = reader.flag(value, f"'{key.text}'")
        return None if wanted is None else Test(field, known, (wanted,))
    if known in NUMBER_MODIFIERS:
        bound = reader.number(value, f"'{key.text}'")
        return None if bound is None else Test(field, known, (bound,))

    def read(node: Node, what: str) -> bool | int | float | str | None:
        return reader.text(node, what) if known in TEXT_MODIFIERS else _value(reader, node, what)

    values: tuple[bool | int | float | str, ...] | None = reader.listing(value, f"'{key.text}'", read, MAX_VALUES, 1)
    return None if values is None else Test(field, known, values)


def _compare(reader: Reader, key: Scalar, field: Field, modifier: Modifier, value: Mapping) -> Compare | None:
    """``{first: step}`` or ``{last: step}``, with ``field`` where it is another than the one compared."""
    what = f"'{key.text}'"
    section = reader.section(value, what, ("first", "last", "field"))
    if section is None:
        return None
    which: Literal["first", "last"] = "first" if section.has("first") else "last"
    named = section.required(which, "name a step before this one, like {last: start}")
    step = reader.text(named, f"'{which}'") if named is not None else None
    if named is not None and step is not None and step not in (reader.steps or ()):
        known = ", ".join(reader.steps or ()) or "none; give the step a name, like name: first_bill"
        reader.note(named, f"no step before this one is called '{step}'", f"known are {known}")
        return None
    other = section.value("field")
    there = reader.field(other, "'field'") if other is not None else field
    if modifier == "exists":
        reader.note(key, f"{what} compares with a step", "leave the modifier out, or take eq, ne, gt, gte, lt or lte")
        return None
    return Compare(field, modifier, Reference(step, which, there)) if step is not None and there is not None else None


def _value(reader: Reader, node: Node, what: str) -> bool | int | float | str | None:
    if isinstance(node, Scalar) and node.value is not None:
        return node.value if isinstance(node.value, bool | str) else reader.number(node, what)
    remedy = "write a value, or a list of values; for a missing field |exists: false"
    reader.note(node, f"{what} is {described(node)}", remedy)
    return None


def read_clauses(reader: Reader, node: Node, what: str, by: tuple[Field, ...]) -> tuple[Clause, ...] | None:
    """A clause or a list of clauses."""
    return reader.listing(node, what, lambda item, name: read_clause(reader, item, name, by), least=1)


def read_clause(reader: Reader, node: Node, what: str, by: tuple[Field, ...]) -> Clause | None:
    """A condition, or ``{event: condition, same: [...], other: [...]}``."""
    if not isinstance(node, Mapping) or not any(key.text == "event" for key, _ in node.entries):
        condition = read_condition(reader, node, what)
        return None if condition is None else Clause(condition)
    section = reader.section(node, what, ("event", "same", "other"))
    event = section.value("event") if section is not None else None
    if section is None or event is None:
        return None
    condition = read_condition(reader, event, f"'event' of {what}")
    same = read_correlation(reader, section.value("same"), "'same'", by)
    other = read_correlation(reader, section.value("other"), "'other'", by)
    return None if condition is None else Clause(condition, same, other or ())


def read_correlation(reader: Reader, node: Node | None, what: str, by: tuple[Field, ...]) -> tuple[Field, ...] | None:
    """Fields out of ``by``; None when nothing is written there."""
    if node is None:
        return None
    fields = reader.listing(node, what, reader.field)
    for field in fields or ():
        if field not in by:
            known = ", ".join(one.text for one in by) or "nothing"
            reader.note(node, f"{what} names '{field.text}', which is not in 'by'", f"'by' has {known}; add it there")
            return None
    return fields
