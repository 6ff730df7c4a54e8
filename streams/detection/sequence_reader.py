"""The steps of a sequence as they stand in a rule file."""

from __future__ import annotations

from dataclasses import dataclass

from streams.detection.clause import Clause
from streams.detection.condition_reader import read_clause, read_clauses, read_condition, read_correlation
from streams.detection.conditions import Condition
from streams.detection.document import Listing, Mapping, Node
from streams.detection.fields import Field
from streams.detection.operators import Absence, Sequence, Step
from streams.detection.reader import NO_BOUND, Reader, Section, described, did_you_mean

SEQUENCE_KEYS = ("sequence", "within", "inclusive", "cancelled_by", "progress")
MAX_STEPS = 16
_STEP_KEYS = {
    "start": ("start",),
    "followed_by": ("followed_by", "same", "other"),
    "next": ("next", "same", "other"),
    "not_followed_by": ("not_followed_by", "same", "other", "for"),
    "silent_for": ("silent_for",),
}
_NEGATED = ("not_followed_by", "silent_for")


@dataclass(slots=True)
class _Item:
    """One entry of the list, as far as it could be read."""

    node: Node
    word: str
    condition: Condition | None = None
    clause: Clause | None = None
    for_ms: int | None = None


def read_sequence(section: Section, by: tuple[Field, ...]) -> Sequence | None:
    """The sequence; None when something is wrong in it."""
    reader = section.reader
    node = section.value("sequence")
    if not isinstance(node, Listing) or not 2 <= len(node.items) <= MAX_STEPS:
        if node is not None:
            shown = f"{len(node.items)} steps" if isinstance(node, Listing) else described(node)
            reader.note(node, f"'sequence' has {shown}", f"write a list of 2 to {MAX_STEPS} steps")
        return None
    known = len(reader.mistakes)
    items = [_item(reader, entry, by) for entry in node.items]
    cancelled, progressed = section.value("cancelled_by"), section.value("progress")
    cancels = read_clauses(reader, cancelled, "'cancelled_by'", by) if cancelled is not None else ()
    progress = read_clause(reader, progressed, "'progress'", by) if progressed is not None else None
    within_ms, inclusive = section.duration("within"), section.flag("inclusive")
    if not all(item is not None for item in items):
        return None
    found = [item for item in items if item is not None]
    _check_order(reader, found, section)
    if len(reader.mistakes) > known or found[0].condition is None or cancels is None:
        return None
    steps, absence = _assembled(found[1:])
    return Sequence(found[0].condition, steps, absence, within_ms, cancels, progress, inclusive)


def _item(reader: Reader, node: Node, by: tuple[Field, ...]) -> _Item | None:
    words = [key for key, _ in node.entries if key.text in _STEP_KEYS] if isinstance(node, Mapping) else []
    if not isinstance(node, Mapping) or not words:
        place = node.entries[0][0] if isinstance(node, Mapping) and node.entries else node
        word = getattr(place, "text", "")
        reader.note(place, f"'{word}' is no step" if word else "no step", did_you_mean(word, _STEP_KEYS))
        return None
    if len(words) > 1:
        reader.note(words[1], f"'{words[1].text}' in the step '{words[0].text}'", "begin a new list entry with it")
        return None
    word = words[0].text
    section = reader.section(node, f"step '{word}'", _STEP_KEYS[word])
    value = section.value(word) if section is not None else None
    if section is None or value is None:
        return None
    if word == "silent_for":
        return _Item(words[0], word, for_ms=reader.duration(value, "'silent_for'"))
    condition = read_condition(reader, value, f"'{word}'")
    same = read_correlation(reader, section.value("same"), "'same'", by)
    other = read_correlation(reader, section.value("other"), "'other'", by)
    clause = Clause(condition, same, other or ()) if condition is not None else None
    return _Item(words[0], word, condition, clause, section.duration("for"))


def _check_order(reader: Reader, items: list[_Item], section: Section) -> None:
    positive = [place for place, item in enumerate(items) if item.word not in _NEGATED]
    last = positive[-1] if positive else -1
    if items[0].word != "start":
        reader.note(items[0].node, f"the first step is '{items[0].word}'", "begin with '- start: {type: ...}'")
    bounds = 0
    for place, item in enumerate(items):
        if item.word == "start" and place:
            reader.note(item.node, "a second 'start'", "write followed_by")
        if item.for_ms is not None:
            bounds += 1
            if place < last:
                reader.note(item.node, "an absence with a time between two steps", "put it last, or leave 'for' out")
            if bounds == 2:
                reader.note(item.node, "a second time for the absence", "keep one")
        if item.word == "silent_for" and not section.has("cancelled_by"):
            reader.note(
                item.node, "'silent_for' without 'cancelled_by'", "say in 'cancelled_by' what breaks the silence"
            )
    if not section.has("within") and (len(positive) > 1 or not bounds):
        reader.note(section.key("sequence"), "'sequence' has no 'within'", NO_BOUND)
    if section.has("within") and len(positive) == 1 and bounds:
        reader.note(section.key("within"), "'within' has nothing to bound", "leave it out: 'for' bounds the absence")


def _assembled(items: list[_Item]) -> tuple[tuple[Step, ...], Absence | None]:
    steps: list[Step] = []
    negated: list[_Item] = []
    for item in items:
        if item.word in _NEGATED:
            negated.append(item)
        elif item.clause is not None:
            guards = tuple(guard.clause for guard in negated if guard.clause is not None)
            steps.append(Step(item.clause, item.word == "next", guards))
            negated = []
    if not negated:
        return tuple(steps), None
    for_ms = next((item.for_ms for item in negated if item.for_ms is not None), None)
    return tuple(steps), Absence(tuple(item.clause for item in negated if item.clause is not None), for_ms)
