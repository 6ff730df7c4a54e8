"""The cases of a rule-test file."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from schemas.types import Touchpoint, Value
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.errors import RuleFileError
from streams.detection.fields import TOUCHPOINT_FIELDS
from streams.detection.reader import Reader, described
from streams.detection.repetition import repeated
from streams.detection.time_line import read_fields, read_offset, read_start

_MAX_CASES = 200
_MAX_TOUCHPOINTS = 500
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
    document = read_document(text, filename, repeated=reader.mistakes)
    section = reader.section(document, "a rule test", ("rule", "defaults", "cases"))
    if section is not None:
        named = section.required("rule", "write the id of the rule that is tested")
        if named is not None and reader.text(named, "'rule'") not in (None, rule_id):
            reader.note(named, f"the tests are for '{getattr(named, 'text', '')}'", f"the rule is '{rule_id}'")
        defaults = read_fields(reader, section.value("defaults"), _DEFAULTS)
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
    known, cases = len(reader.mistakes), []
    for one, ending in repeated(reader, node):
        cases.append(_case(reader, one, defaults, ending))
        if len(reader.mistakes) > known:
            break  # the others would say the same
    return cases


def _case(reader: Reader, node: Node, defaults: AbstractMapping[str, Any], ending: str = "") -> Case | None:
    section = reader.section(node, "a case", ("name", "each", "start", "defaults", "touchpoints", "until", "moments"))
    if section is None:
        return None
    title = section.required("name", "say what the case shows, as a sentence")
    name = reader.text(title, "'name'") if title is not None else None
    start = read_start(reader, section.value("start"))
    fields = read_fields(reader, section.value("defaults"), defaults)
    arrivals = [_arriving(reader, item, fields, start) for item in section.items("touchpoints", _MAX_TOUCHPOINTS)]
    known = [arriving.touchpoint["event_id"] for arriving in arrivals if arriving is not None]
    if len(set(known)) < len(known):
        reader.note(node, "two touchpoints have the same id", "give each its own")
    moments = [_expected(reader, item, start, known) for item in section.items("moments", _MAX_TOUCHPOINTS)]
    until = section.value("until")
    closing = read_offset(reader, until, "'until'") if until is not None else None
    return Case(
        (name or "") + ending,
        node.line,
        start,
        tuple(arriving for arriving in arrivals if arriving is not None),
        None if closing is None else start + closing,
        tuple(moment for moment in moments if moment is not None),
    )


def _arriving(reader: Reader, node: Node, defaults: AbstractMapping[str, Any], start: int) -> Arriving | None:
    if not isinstance(node, Mapping):
        reader.note(node, f"a touchpoint is {described(node)}", "write {at: 0s, id: a, type: ivr.entered}")
        return None
    values = {key.text: value for key, value in node.entries}
    offsets = {name: read_offset(reader, values[name], f"'{name}'") for name in ("at", "arrives") if name in values}
    fields = read_fields(reader, node, defaults, ("at", "arrives", "id"), start)
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
    at = read_offset(reader, at_node, "'at'") if at_node is not None else None
    evidence = reader.listing(evidence_node, "'evidence'", reader.text, 100, 1) if evidence_node is not None else None
    for event_id in evidence or ():
        if event_id not in known and evidence_node is not None:
            reader.note(
                evidence_node, f"no touchpoint has the id '{event_id}'", f"known are {', '.join(dict.fromkeys(known))}"
            )
    shown = section.value("context")
    context = read_fields(reader, shown, {}, start=start) if shown is not None else None
    resolved = _resolved(reader, section.value("resolved"), start)
    return None if at is None or evidence is None else Expected(start + at, evidence, context, resolved)


def _resolved(reader: Reader, node: Node | None, start: int) -> int | Literal["never"] | None:
    if node is None or (isinstance(node, Scalar) and node.text == "never"):
        return None if node is None else "never"
    offset = read_offset(reader, node, "'resolved'")
    return None if offset is None else start + offset
