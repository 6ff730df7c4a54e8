"""Rules that can never fire, though they can be read."""

from __future__ import annotations

from collections.abc import Iterator

from streams.authoring.contradiction import implies, impossible
from streams.authoring.finding import Finding, at
from streams.detection import Rule
from streams.detection.clause import Clause
from streams.detection.condition_reader import read_condition
from streams.detection.conditions import Condition
from streams.detection.document import Listing, Mapping, Node, Scalar
from streams.detection.durations import duration_text
from streams.detection.fields import Field
from streams.detection.operators import (
    Cleared,
    Day,
    Either,
    Event,
    Level,
    Operator,
    Pattern,
    Score,
    Sequence,
    Series,
    Window,
)
from streams.detection.reader import Reader
from streams.detection.rule import DAY_MS
from streams.detection.shipped_emotions import shipped_emotions

_HARMLESS = {
    "any",
    "not",
    "cancelled_by",
    "resolved_by",
    "unless",
    "not_next",
    "not_followed_by",
    "not_before",
    "progress",
    "score",
    "until",
    "changed_by",
    "kept_by",
}
"""Below these, what can never hold makes a part idle but not the whole rule."""


def dead_parts(rule: Rule, document: Mapping, filename: str) -> Iterator[Finding]:
    """What keeps the rule, or a part of it, from ever firing."""
    entries = {key.text: (key, node) for key, node in document.entries}
    if rule.mode == "off":
        remedy = "write mode: live, mode: shadow, or take the file away"
        yield at(entries["mode"][1], filename, "warning", "the rule is off, so it never fires", remedy)
    for name in ("detect", "resolved_by"):
        if name in entries:
            yield from _contradictions(entries[name][1], filename, (name,))
    place = entries["detect"][1]
    if isinstance(rule.detect, Either):
        yield from _ways(rule, rule.detect, place, filename)
    for what, remedy in _reasons(rule, rule.detect):
        yield at(place, filename, "error", f"it can never fire: {what}", remedy)
    if isinstance(rule.detect, Level):
        yield from _out_of_reach(rule.detect, place, filename)


def _ways(rule: Rule, either: Either, detect: Node, filename: str) -> Iterator[Finding]:
    """What is wrong with one way is no more than a warning while another one is left."""
    nodes = next(value.items for _, value in _entries(detect) if isinstance(value, Listing))
    found = [
        (node, what, remedy)
        for node, way in zip(nodes, either.parts, strict=True)
        for what, remedy in _reasons(rule, way)
    ]
    dead = len({id(node) for node, _, _ in found}) == len(nodes)
    for node, what, remedy in found:
        said = f"it can never fire: {what}" if dead else f"this way it can never show: {what}"
        yield at(node, filename, "error" if dead else "warning", said, remedy)


def _entries(node: Node) -> list[tuple[Scalar, Node]]:
    return node.entries if isinstance(node, Mapping) else []


def _out_of_reach(level: Level, detect: Node, filename: str) -> Iterator[Finding]:
    """Levels read no higher than the definition's ``most``; another one than the shipped may allow more."""
    most = shipped_emotions().most * len(level.emotions)
    if level.above > most:
        what = f"by the shipped emotions these levels add up to {most:g} at most, which is less than 'above'"
        yield at(detect, filename, "warning", what, "write a lower number, or publish emotions with a higher 'most'")


def _contradictions(node: Node, filename: str, path: tuple[str, ...]) -> Iterator[Finding]:
    """Every mapping that reads as a condition and cannot hold; of nested ones the outermost."""
    if isinstance(node, Mapping) and (ways := [value for key, value in node.entries if key.text == "either"]):
        listed = ways[0].items if isinstance(ways[0], Listing) else []
        by_way = [list(_contradictions(way, filename, path)) for way in listed]
        dead = all(any(one.level == "error" for one in found) for found in by_way)
        for one in (one for found in by_way for one in found):
            yield one if dead else one._replace(level="warning", what=one.what.removeprefix("it can never fire: "))
        return
    if isinstance(node, Mapping):
        condition = _as_condition(node)
        if condition is not None and impossible(condition):
            idle = not _HARMLESS.isdisjoint(path)
            what = "this condition can never hold" if idle else "it can never fire: this condition can never hold"
            remedy = "its tests exclude each other; take one away, or write any: [...]"
            yield at(node, filename, "warning" if idle else "error", what, remedy)
            return
        for key, value in node.entries:
            yield from _contradictions(value, filename, (*path, key.text))
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _contradictions(item, filename, path)


def _as_condition(node: Mapping) -> Condition | None:
    reader = Reader()
    condition = read_condition(reader, node, "a condition")
    return None if reader.mistakes else condition


def _reasons(rule: Rule, detect: Operator) -> Iterator[tuple[str, str]]:
    inner = detect.inner if isinstance(detect, Cleared) else detect
    if isinstance(detect, Cleared) and implies(detect.inner.condition, detect.unless):
        yield "whatever it counts ends the count by 'unless'", "leave out of 'unless' what is counted"
    if isinstance(inner, Window):
        yield from _window(inner)
    if isinstance(inner, Score) and not any(weight > 0 for _, weight in inner.weights):
        yield "no weight is above 0", "give what goes wrong a weight above 0"
    if isinstance(inner, Sequence):
        yield from _sequence(inner)
    if isinstance(inner, Pattern):
        yield from _pattern(inner)
    if Field(("event_id",)) in rule.by and not _single(detect):
        yield "by 'event_id' no two touchpoints agree", "correlate by something that they share"


def _single(detect: Operator) -> bool:
    """Whether one touchpoint alone can be the moment."""
    if isinstance(detect, Sequence):
        return not detect.steps
    return isinstance(detect, Either | Event | Pattern | Score | Series)


def _window(window: Window) -> Iterator[tuple[str, str]]:
    types = window.condition.types()
    if window.field == Field(("type",)) and 0 < len(types) < window.at_least and _names_types(window.condition):
        yield f"{window.at_least} different types of {len(types)}", f"write at_least: {len(types)} or fewer"
    if isinstance(window.field, Day) and window.field.offset is None:
        most = -(-window.within_ms // DAY_MS) + 1
        if window.at_least > most:
            yield f"{window.at_least} days in a window that touches {most}", "make 'within' longer, or 'at_least' less"


def _names_types(condition: Condition) -> bool:
    """Whether it holds for the types it names only."""
    return condition.folded(None) is False


def _sequence(sequence: Sequence) -> Iterator[tuple[str, str]]:
    for place, step in enumerate(sequence.steps, 2):
        if any(_always(step.clause, cancel) for cancel in sequence.cancels):
            yield f"what step {place} waits for always meets 'cancelled_by'", "leave one of the two out"
        if any(_always(step.clause, guard) for guard in step.guards):
            yield f"what step {place} waits for must not happen before it", "leave one of the two out"


def _pattern(pattern: Pattern) -> Iterator[tuple[str, str]]:
    certain = [place for place, step in enumerate(pattern.steps) if not step.part.negated and not step.part.optional]
    waits = sum(step.for_ms or 0 for step in pattern.steps[: certain[-1]])
    bound = pattern.within_ms
    if bound is not None and waits >= bound + pattern.inclusive and pattern.report == "complete":
        what = f"its absences between two steps last {duration_text(waits)}, and 'within' is no longer than that"
        yield what, "make 'within' longer, or 'for' shorter"
    positive = [place for place, step in enumerate(pattern.steps) if not step.part.negated]
    for place in positive[1:]:
        step = pattern.steps[place]
        cancelled = any(_always(step.clause, cancel) for cancel in pattern.cancels)
        if cancelled and not step.part.optional and pattern.report == "complete":
            yield f"what step {place + 1} waits for always meets 'cancelled_by'", "leave one of the two out"


def _always(step: Clause, forbidden: Clause) -> bool:
    """Whether the touchpoint of a step always meets the other clause too."""
    related = forbidden.same in (None, (), step.same) if step.same is None else forbidden.same in ((), step.same)
    return related and not forbidden.other and not step.other and implies(step.condition, forbidden.condition)
