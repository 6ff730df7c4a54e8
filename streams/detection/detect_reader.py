"""The ``detect`` section of a rule file: which operator, with which parts."""

from __future__ import annotations

from streams.detection.clause import Clause
from streams.detection.condition_reader import required_condition
from streams.detection.document import Listing, Mapping, Node, Scalar
from streams.detection.fields import Field
from streams.detection.level_reader import LEVEL_KEYS, read_level
from streams.detection.operators import Either, Event, Level, Operator, Pattern, PatternStep
from streams.detection.promise_reader import PROMISE_KEYS, read_promise
from streams.detection.ratio_reader import RATIO_KEYS, read_ratio
from streams.detection.reader import Reader, Section, described, did_you_mean
from streams.detection.rhythm_reader import (
    HABIT_KEYS,
    RHYTHM_KEYS,
    SCORE_KEYS,
    read_habit,
    read_rhythm,
    read_score,
)
from streams.detection.sequence_reader import SEQUENCE_KEYS, read_sequence
from streams.detection.series_reader import SERIES_KEYS, read_series

_KEYS = {
    "event": ("event", "first"),
    "count": SERIES_KEYS["count"],
    "distinct": SERIES_KEYS["distinct"],
    "sequence": SEQUENCE_KEYS,
    "promise": PROMISE_KEYS,
    **SERIES_KEYS,
    "silence": RHYTHM_KEYS,
    "habit": HABIT_KEYS,
    "score": SCORE_KEYS,
    "levels": LEVEL_KEYS,
    "ratio": RATIO_KEYS,
    "either": ("either",),
}
OPERATORS = tuple(_KEYS)
_WITHOUT_BY = ("silence", "habit", "levels", "ratio")
_MOST_PARTS = 5


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
    if by and word in _WITHOUT_BY:
        reader.note(named[0], f"'{word}' with 'by'", "leave 'by' out: it is the customer's own")
    return _read(section, word, by)


def _read(section: Section, word: str, by: tuple[Field, ...]) -> Operator | None:
    if word == "event":
        return _event(section)
    if word == "sequence":
        return read_sequence(section, by)
    if word in SERIES_KEYS:
        return read_series(section, word, by)
    if word == "promise":
        return read_promise(section)
    if word == "silence":
        return read_rhythm(section)
    if word == "levels":
        return read_level(section)
    if word == "ratio":
        return read_ratio(section)
    if word == "either":
        return _either(section, by)
    return read_habit(section) if word == "habit" else read_score(section)


def _event(section: Section) -> Event | Pattern | None:
    condition = required_condition(section, "event")
    first = section.flag("first")
    if condition is None:
        return None
    return Pattern((PatternStep("start", Clause(condition)),), every="once") if first else Event(condition)


def _either(section: Section, by: tuple[Field, ...]) -> Either | None:
    reader, node = section.reader, section.required("either", "write a list of what 'detect' may say")
    if node is None:
        return None
    if not isinstance(node, Listing) or not 2 <= len(node.items) <= _MOST_PARTS:
        shown = f"{len(node.items)} parts" if isinstance(node, Listing) else described(node)
        reader.note(node, f"'either' has {shown}", f"write a list of 2 to {_MOST_PARTS}, each as under 'detect'")
        return None
    parts = [_part(reader, item, by) for item in node.items]
    found = tuple(part for part in parts if part is not None)
    return Either(found) if len(found) == len(parts) else None


def _part(reader: Reader, node: Node, by: tuple[Field, ...]) -> Operator | None:
    part = read_detect(reader, node, by)
    if isinstance(part, Either | Level):
        word = "either" if isinstance(part, Either) else "levels"
        reader.note(node, f"'{word}' inside 'either'", "write a rule of its own for it")
        return None
    if isinstance(part, Pattern) and part.every == "once":
        reader.note(node, "what comes once in a customer's life inside 'either'", "write a rule of its own for it")
        return None
    return part
