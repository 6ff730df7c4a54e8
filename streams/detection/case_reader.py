"""The cases of a rule-test file."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from schemas.types import Touchpoint, Value
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.durations import duration_ms
from streams.detection.errors import RuleFileError
from streams.detection.fields import TOUCHPOINT_FIELDS
from streams.detection.reader import Reader, Section, described

START = "2026-01-05T09:00:00Z"
"""When a case begins unless it says otherwise."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_CASES = 200
_MAX_EACH = 50
_MAX_TOUCHPOINTS = 500
_EACH = "$each"
_OFFSET_REMEDY = "write the time since the start, like 0s, 30m or 7d-1ms"
_DEFAULTS: dict[str, Any] = {
    "source": "test",
    "customer_id": "customer",
    "identified": True,
    "channel": "web",
    "correlation_id": None,
    "session_id": None,
}


@dataclass(frozen=True, slots=True)
class Expected:
    """A moment that a case expects; what is None is not compared."""

    at: int
    evidence: tuple[str, ...]
    context: AbstractMapping[str, Value] | None
    resolved: int | Literal["never"] | None
    """When a later touchpoint resolved it."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A touchpoint of a case, and the clock (ms UTC) at which it arrives; None: in the order of the list."""

    touchpoint: Touchpoint
    clock: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case. Times in ms UTC."""

    name: str
    line: int
    start: int
    arrivals: tuple[Arriving, ...]
    until: int | None
    moments: tuple[Expected, ...]


def parse_cases(text: str, filename: str, rule_id: str) -> list[Case]:
    """The cases of a test file for that rule.

    Raises:
        RuleFileError: with every mistake in the file.
    """
    reader = Reader()
    cases: list[Case | None] = []
    section = reader.section(read_document(text, filename), "a rule test", ("rule", "defaults", "cases"))
    if section is not None:
        named = section.required("rule", "write the id of the rule that is tested")
        if named is not None and reader.text(named, "'rule'") not in (None, rule_id):
            reader.note(named, f"the tests are for '{getattr(named, 'text', '')}'", f"the rule is '{rule_id}'")
        defaults = _fields(reader, section.value("defaults"), _DEFAULTS)
        listed = section.required("cases", "write a list of cases, each with name, touchpoints and moments")
        if listed is not None:
            if not isinstance(listed, Listing) or not 1 <= len(listed.items) <= _MAX_CASES:
                reader.note(listed, f"'cases' is {described(listed)}", f"write a list of 1 to {_MAX_CASES} cases")
            else:
                cases = [case for node in listed.items for case in _cases(reader, node, defaults)]
    if reader.mistakes:
        raise RuleFileError(filename, reader.mistakes)
    return [case for case in cases if case is not None]


def _cases(reader: Reader, node: Node, defaults: AbstractMapping[str, Any]) -> list[Case | None]:
    """The case; with ``each`` one for every value listed there, which stands wherever ``$each`` is written."""
    values = {key.text: value for key, value in node.entries}.get("each") if isinstance(node, Mapping) else None
    if values is None:
        return [_case(reader, node, defaults)]
    if not isinstance(values, Listing) or not 1 <= len(values.items) <= _MAX_EACH:
        reader.note(values, f"'each' is {described(values)}", f"write a list of 1 to {_MAX_EACH} values")
        return []
    known, cases = len(reader.mistakes), []
    for value in values.items:
        if not isinstance(value, Scalar):
            reader.note(value, f"'each' has {described(value)}", "write single values")
        elif not any(True for _ in _places(node)):
            reader.note(values, f"'each' without {_EACH}", f"write {_EACH} where the values go, like type: {_EACH}")
        else:
            cases.append(_case(reader, _filled(node, value), defaults, f": {value.text}"))
        if len(reader.mistakes) > known:
            break  # the others would say the same
    return cases


def _places(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield from [node] if node.value == _EACH else []
    else:
        inner = node.items if isinstance(node, Listing) else [value for _, value in node.entries]
        for one in inner:
            yield from _places(one)


def _filled(node: Node, value: Scalar) -> Node:
    if isinstance(node, Scalar):
        return Scalar(node.line, node.column, value.value, value.text) if node.value == _EACH else node
    if isinstance(node, Listing):
        return Listing(node.line, node.column, [_filled(item, value) for item in node.items])
    return Mapping(node.line, node.column, [(key, _filled(inner, value)) for key, inner in node.entries])


def _case(reader: Reader, node: Node, defaults: AbstractMapping[str, Any], ending: str = "") -> Case | None:
    section = reader.section(node, "a case", ("name", "each", "start", "defaults", "touchpoints", "until", "moments"))
    if section is None:
        return None
    title = section.required("name", "say what the case shows, as a sentence")
    name = reader.text(title, "'name'") if title is not None else None
    start = _start(reader, section.value("start"))
    fields = _fields(reader, section.value("defaults"), defaults)
    arrivals = [_arriving(reader, item, fields, start) for item in _items(section, "touchpoints")]
    known = [arriving.touchpoint["event_id"] for arriving in arrivals if arriving is not None]
    if len(set(known)) < len(known):
        reader.note(node, "two touchpoints have the same id", "give each its own")
    moments = [_expected(reader, item, start, known) for item in _items(section, "moments")]
    until = section.value("until")
    closing = _offset(reader, until, "'until'") if until is not None else None
    return Case(
        (name or "") + ending,
        node.line,
        start,
        tuple(arriving for arriving in arrivals if arriving is not None),
        None if closing is None else start + closing,
        tuple(moment for moment in moments if moment is not None),
    )


def _items(section: Section, name: str) -> list[Node]:
    node = section.required(name, f"write a list; '{name}: []' for none")
    if node is None:
        return []
    if not isinstance(node, Listing) or len(node.items) > _MAX_TOUCHPOINTS:
        section.reader.note(node, f"'{name}' is {described(node)}", f"write a list of at most {_MAX_TOUCHPOINTS}")
        return []
    return node.items


def _arriving(reader: Reader, node: Node, defaults: AbstractMapping[str, Any], start: int) -> Arriving | None:
    if not isinstance(node, Mapping):
        reader.note(node, f"a touchpoint is {described(node)}", "write {at: 0s, id: a, type: ivr.entered}")
        return None
    values = {key.text: value for key, value in node.entries}
    offsets = {name: _offset(reader, values[name], f"'{name}'") for name in ("at", "arrives") if name in values}
    fields = _fields(reader, node, defaults, ("at", "arrives", "id"), start)
    for name in ("at", "id"):
        if name not in values:
            reader.note(node, f"a touchpoint has no '{name}'", "write {at: 0s, id: a, type: ivr.entered}")
    if not isinstance(fields.get("type"), str):
        reader.note(node, "a touchpoint has no 'type'", "write {at: 0s, id: a, type: ivr.entered}")
    event_id = reader.text(values["id"], "'id'") if "id" in values else None
    at = offsets.get("at")
    if at is None or event_id is None:
        return None
    own = {name: value for name, value in fields.items() if name in TOUCHPOINT_FIELDS}
    properties = {name: fields[name] for name in sorted(fields) if name not in TOUCHPOINT_FIELDS}
    own |= {"event_id": event_id, "occurred_at": start + at, "identities": {}, "properties": properties}
    arrives = offsets.get("arrives")
    return Arriving(cast(Touchpoint, own), None if arrives is None else start + arrives)


def _expected(reader: Reader, node: Node, start: int, known: list[str]) -> Expected | None:
    section = reader.section(node, "a moment", ("at", "evidence", "context", "resolved"))
    if section is None:
        return None
    remedy = "write {at: 3d, evidence: [a, b]}"
    at_node, evidence_node = section.required("at", remedy), section.required("evidence", remedy)
    at = _offset(reader, at_node, "'at'") if at_node is not None else None
    evidence = reader.listing(evidence_node, "'evidence'", reader.text, 100, 1) if evidence_node is not None else None
    for event_id in evidence or ():
        if event_id not in known and evidence_node is not None:
            reader.note(
                evidence_node, f"no touchpoint has the id '{event_id}'", f"known are {', '.join(dict.fromkeys(known))}"
            )
    shown = section.value("context")
    context = _fields(reader, shown, {}, start=start) if shown is not None else None
    resolved = _resolved(reader, section.value("resolved"), start)
    return None if at is None or evidence is None else Expected(start + at, evidence, context, resolved)


def _resolved(reader: Reader, node: Node | None, start: int) -> int | Literal["never"] | None:
    if node is None or (isinstance(node, Scalar) and node.text == "never"):
        return None if node is None else "never"
    offset = _offset(reader, node, "'resolved'")
    return None if offset is None else start + offset


def _fields(
    reader: Reader,
    node: Node | None,
    defaults: AbstractMapping[str, Any],
    apart: tuple[str, ...] = (),
    start: int | None = None,
) -> dict[str, Any]:
    """Field values; ``{at: 10h}`` stands for a time since ``start``, in ms UTC."""
    fields = dict(defaults)
    if node is None:
        return fields
    if not isinstance(node, Mapping):
        reader.note(node, f"fields are {described(node)}", "write {channel: ivr, skill: billing}")
        return fields
    for key, value in node.entries:
        if key.text in apart:
            continue
        if start is not None and isinstance(value, Mapping) and [one.text for one, _ in value.entries] == ["at"]:
            offset = _offset(reader, value.entries[0][1], f"'{key.text}'")
            fields[key.text] = None if offset is None else start + offset
        elif not isinstance(value, Scalar):
            reader.note(value, f"'{key.text}' is {described(value)}", "write a single value")
        elif key.text in ("event_id", "occurred_at"):
            reader.note(key, f"'{key.text}' in a time line", "write 'id' and 'at'")
        else:
            fields[key.text] = value.value
    return fields


def _offset(reader: Reader, node: Node, what: str) -> int | None:
    text = node.text.replace(" ", "") if isinstance(node, Scalar) else ""
    first, sign, second = text.partition("-") if "-" in text else text.partition("+")
    try:
        change = duration_ms(second) if sign else 0
        return duration_ms(first) + (-change if sign == "-" else change)
    except ValueError:
        reader.note(node, f"{what} is {described(node)}", _OFFSET_REMEDY)
        return None


def _start(reader: Reader, node: Node | None) -> int:
    text = START if node is None else node.text if isinstance(node, Scalar) else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        if node is not None:
            reader.note(node, f"'start' is {described(node)}", f"write a time with its zone, like {START}")
        return 0
    return (moment - _EPOCH) // timedelta(milliseconds=1)
