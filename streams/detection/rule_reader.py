"""A rule file, read: from text to ``Rule``, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from streams.detection.clause import Clause
from streams.detection.condition_reader import read_clauses, read_correlation
from streams.detection.detect_reader import read_detect
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.fields import Field
from streams.detection.moment_types import MOMENT_DETECTED, MOMENT_FAMILY, MOMENT_TYPES
from streams.detection.operators import Late, Level
from streams.detection.reader import Section, read_definition
from streams.detection.rule import DAY_MS, DOMINANT, EMOTIONS, MODES, ON_CHANGE, CoolDown, Emotion, Rule

RULE_ID = r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+"
RULE_KEYS = (
    "id",
    "version",
    "title",
    "description",
    "emotion",
    "intensity",
    "mode",
    "detect",
    "by",
    "late",
    "identified_only",
    "cool_down",
    "expires_after",
    "resolved_by",
    "keep",
    "references",
    "false_positives",
    "on_change",
)
_CORRELATION = (Field(("correlation_id",)),)


def parse_rule(text: str, filename: str) -> Rule:
    """The rule of a file.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.

    Raises:
        RuleFileError: with every mistake in the file.
    """
    return read_definition(text, filename, "a rule", RULE_KEYS, _rule)


def _rule(section: Section) -> Rule | None:
    reader = section.reader
    by = _fields(section, "by")
    rule_id = _required_text(section, "id", "write id: family.moment", RULE_ID)
    number = section.version()
    title = _required_text(section, "title", "write a few words for lists and reports")
    description = _required_text(section, "description", "say in a sentence what the customer went through")
    feeling = section.required("emotion", f"one of {', '.join(EMOTIONS)}")
    emotion = _emotion(section, feeling) if feeling is not None else None
    intensity = section.value("intensity")
    strength = reader.number(intensity, "'intensity'", 0, 1) if intensity is not None else 0.5
    mode = section.value("mode")
    chosen_mode = reader.choice(mode, "mode", MODES) if mode is not None else "live"
    body = section.required("detect", "say what to look for, like detect: {event: {type: queue.abandoned}}")
    detect = read_detect(reader, body, by) if body is not None else None
    on_change = section.value("on_change")
    chosen_change = reader.choice(on_change, "on_change", ON_CHANGE) if on_change is not None else "drain"
    if feeling is not None and emotion == DOMINANT and detect is not None and not isinstance(detect, Level):
        reader.note(feeling, "'dominant' without 'levels'", f"name the emotion: {', '.join(EMOTIONS)}")
    late = section.value("late")
    chosen_late: Late | None = reader.choice(late, "late", get_args(Late)) if late is not None else None
    if late is not None and detect is not None and detect.default_late is None:
        reader.note(section.key("late"), "'late' has no meaning here", "leave it out")
    cool_down = _cool_down(section, by)
    expires_after = section.duration("expires_after")
    resolved_by = _resolved_by(section)
    keep = _fields(section, "keep")
    identified_only = section.flag("identified_only")
    references, false_positives = _texts(section, "references"), _texts(section, "false_positives")
    _refuse_loops(section, resolved_by)
    if reader.mistakes or detect is None or emotion is None or strength is None or chosen_mode is None:
        return None
    if rule_id is None or number is None or title is None or description is None:
        return None
    return Rule(
        id=rule_id,
        version=number,
        title=title,
        description=description,
        emotion=emotion,
        detect=detect,
        intensity=float(strength),
        mode=chosen_mode,
        by=by,
        late=chosen_late or detect.default_late or "apply",
        identified_only=identified_only,
        cool_down=cool_down,
        expires_after_ms=expires_after or DAY_MS,
        resolved_by=resolved_by,
        keep=keep,
        references=references,
        false_positives=false_positives,
        on_change=chosen_change or "drain",
    )


def _emotion(section: Section, node: Node) -> Emotion | Literal["dominant"] | None:
    if isinstance(node, Scalar) and node.text == DOMINANT:
        return DOMINANT
    return section.reader.choice(node, "emotion", EMOTIONS)


def _refuse_loops(section: Section, resolved_by: tuple[Clause, ...]) -> None:
    """Note where a rule would hear what nobody makes, or itself."""
    reader, name = section.reader, section.value("id")
    own = name.text if isinstance(name, Scalar) else ""
    if any(clause.condition.types() & MOMENT_TYPES for clause in resolved_by):
        reader.note(section.key("resolved_by"), "'resolved_by' names a moment", "name the touchpoints that solve it")
    detect = section.value("detect")
    for key, value in _entries(detect) if detect is not None else ():
        named = value.items if isinstance(value, Listing) else [value]
        for node in named:
            text = node.text if isinstance(node, Scalar) else ""
            if key == "type" and text.startswith(MOMENT_FAMILY) and text not in MOMENT_TYPES:
                reader.note(node, f"no rule hears '{text}'", f"moments are heard as {MOMENT_DETECTED}")
            elif key == "rule" and text == own:
                reader.note(node, "a rule cannot hear itself", "name other rules, or leave 'rule' out")


def _entries(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Mapping):
        for key, value in node.entries:
            yield key.text, value
            yield from _entries(value)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _entries(item)


def rules_named(text: str, filename: str) -> list[Scalar]:
    """Where a valid rule of the second stratum names the rules whose moments it hears."""
    return [
        node
        for key, value in _entries(read_document(text, filename))
        if key == "rule"
        for node in (value.items if isinstance(value, Listing) else [value])
        if isinstance(node, Scalar)
    ]


def _required_text(section: Section, name: str, remedy: str, pattern: str | None = None) -> str | None:
    node = section.required(name, remedy)
    if node is None:
        return None
    if pattern is not None:
        return section.reader.matching(node, f"'{name}'", pattern, remedy)
    return section.reader.text(node, f"'{name}'")


def _fields(section: Section, name: str) -> tuple[Field, ...]:
    node = section.value(name)
    if node is None:
        return ()
    fields = section.reader.listing(node, f"'{name}'", section.reader.field) or ()
    names = [field.key for field in fields]
    for field in fields:
        if names.count(field.key) > 1:
            section.reader.note(node, f"'{name}' has '{field.key}' twice", "keep one of them")
            break
    return fields


def _texts(section: Section, name: str) -> tuple[str, ...]:
    node = section.value(name)
    return (section.reader.listing(node, f"'{name}'", section.reader.text) or ()) if node is not None else ()


def _cool_down(section: Section, by: tuple[Field, ...]) -> CoolDown | None:
    node = section.value("cool_down")
    if node is None:
        return None
    if not isinstance(node, Mapping):
        milliseconds = section.duration("cool_down")
        return None if milliseconds is None else CoolDown(milliseconds, by)
    inner = section.reader.section(node, "'cool_down'", ("for", "by"))
    if inner is None or inner.required("for", "write how long, like for: 7d") is None:
        return None
    milliseconds = inner.duration("for")
    fields = read_correlation(section.reader, inner.value("by"), "'by' of 'cool_down'", by)
    return None if milliseconds is None else CoolDown(milliseconds, by if fields is None else fields)


def _resolved_by(section: Section) -> tuple[Clause, ...]:
    node: Node | None = section.value("resolved_by")
    if node is None:
        return ()
    clauses = read_clauses(section.reader, node, "'resolved_by'", _CORRELATION) or ()
    return tuple(Clause(clause.condition, clause.same or (), clause.other) for clause in clauses)
