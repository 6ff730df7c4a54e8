"""Rules that can never fire, though they can be read."""

from __future__ import annotations

from collections.abc import Iterator

from streams.authoring.contradiction import implies, impossible
from streams.authoring.finding import Finding, at
from streams.detection import Rule
from streams.detection.clause import Clause
from streams.detection.condition_reader import read_condition
from streams.detection.conditions import Condition
from streams.detection.document import Listing, Mapping, Node
from streams.detection.fields import Field
from streams.detection.operators import Cleared, Day, Event, Pattern, Score, Sequence, Series, Window
from streams.detection.reader import Reader
from streams.detection.rule import DAY_MS

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
    for what, remedy in _reasons(rule):
        yield at(place, filename, "error", f"it can never fire: {what}", remedy)


def _contradictions(node: Node, filename: str, path: tuple[str, ...]) -> Iterator[Finding]:
    """Every mapping that reads as a condition and cannot hold; of nested ones the outermost."""
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


def _reasons(rule: Rule) -> Iterator[tuple[str, str]]:
    detect = rule.detect
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
    if Field(("event_id",)) in rule.by and not _single(rule):
        yield "by 'event_id' no two touchpoints agree", "correlate by something that they share"


def _single(rule: Rule) -> bool:
    """Whether one touchpoint alone can be the moment."""
    detect = rule.detect
    if isinstance(detect, Sequence):
        return not detect.steps
    return isinstance(detect, Event | Pattern | Score | Series)


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
