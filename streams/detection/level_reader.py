"""``levels`` as it stands in a rule file."""

from __future__ import annotations

from streams.detection.document import Node
from streams.detection.felt import EMOTIONS
from streams.detection.operators import Level
from streams.detection.reader import Section

LEVEL_KEYS = ("levels", "above", "again_below")


def read_level(section: Section) -> Level | None:
    """The level; None when something is wrong in it."""
    reader = section.reader

    def place(item: Node, _: str) -> int | None:
        emotion = reader.choice(item, "emotion", EMOTIONS)
        return None if emotion is None else EMOTIONS.index(emotion)

    node = section.required("levels", "name the emotions, like levels: [stressed, frustrated]")
    emotions = reader.listing(node, "'levels'", place, len(EMOTIONS), 1) if node is not None else None
    if node is not None and emotions is not None and len(set(emotions)) < len(emotions):
        reader.note(node, "'levels' has an emotion twice", "name each once")
    limit = section.required("above", "say what the levels must reach together, like above: 3")
    above = reader.number(limit, "'above'", 0.01, 1_000) if limit is not None else None
    again = section.value("again_below")
    again_below = reader.number(again, "'again_below'", 0.01, 1_000) if again is not None else above
    if again is not None and above is not None and again_below is not None and again_below > above:
        reader.note(again, "'again_below' is higher than 'above'", "write a lower number")
    if emotions is None or above is None or again_below is None:
        return None
    return Level(tuple(sorted(emotions)), float(above), float(again_below))
