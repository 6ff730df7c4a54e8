"""The ``detect`` section of a rule file: which operator, with which parts."""

from __future__ import annotations

from streams.detection.condition_reader import required_condition
from streams.detection.document import Mapping, Node, Scalar
from streams.detection.fields import Field
from streams.detection.operators import Event, Operator, Window
from streams.detection.promise_reader import PROMISE_KEYS, read_promise
from streams.detection.reader import NO_BOUND, Reader, Section, described, did_you_mean
from streams.detection.sequence_reader import SEQUENCE_KEYS, read_sequence
from streams.detection.state import MAX_WINDOW_ENTRIES

_WINDOW_KEYS = ("at_least", "within", "inclusive")
_KEYS = {
    "event": ("event",),
    "count": ("count", *_WINDOW_KEYS),
    "distinct": ("distinct", "of", *_WINDOW_KEYS),
    "sequence": SEQUENCE_KEYS,
    "promise": PROMISE_KEYS,
}
OPERATORS = tuple(_KEYS)


def read_detect(reader: Reader, node: Node, by: tuple[Field, ...]) -> Operator | None:
    """The operator; None when something is wrong in it."""
    if not isinstance(node, Mapping):
        reader.note(node, f"'detect' is {described(node)}", f"begin with one of {', '.join(OPERATORS)}")
        return None
    named = [key for key, _ in node.entries if key.text in OPERATORS]
    if not named:
        place = node.entries[0][0] if node.entries else node
        word = place.text if isinstance(place, Scalar) else ""
        reader.note(place, f"'{word}' is no operator" if word else "no operator", did_you_mean(word, OPERATORS))
        return None
    if len(named) > 1:
        reader.note(named[1], f"a second operator, '{named[1].text}'", f"keep '{named[0].text}', or write two rules")
        return None
    word = named[0].text
    section = reader.section(node, f"'{word}'", _KEYS[word])
    if section is None:
        return None
    if word == "event":
        condition = required_condition(section, "event")
        return None if condition is None else Event(condition)
    if word == "sequence":
        return read_sequence(section, by)
    return read_promise(section) if word == "promise" else _window(section, word)


def _window(section: Section, word: str) -> Window | None:
    reader = section.reader
    field = None
    if word == "distinct":
        node = section.value("distinct")
        field = reader.field(node, "'distinct'") if node is not None else None
    condition = required_condition(section, "of" if word == "distinct" else "count")
    number = section.required("at_least", "write how many, like at_least: 3")
    at_least = reader.whole(number, "'at_least'", 2, MAX_WINDOW_ENTRIES) if number is not None else None
    within = section.required("within", NO_BOUND)
    within_ms = reader.duration(within, "'within'") if within is not None else None
    inclusive = section.flag("inclusive")
    if condition is None or at_least is None or within_ms is None or (word == "distinct" and field is None):
        return None
    return Window(condition, field, at_least, within_ms, inclusive)
