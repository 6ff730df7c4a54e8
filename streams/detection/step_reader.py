"""One entry of a sequence as it stands in a rule file."""

from __future__ import annotations

from dataclasses import dataclass

from streams.detection.clause import Clause
from streams.detection.condition_reader import optional_condition, read_condition, read_correlation
from streams.detection.conditions import AnyOf, Condition, references
from streams.detection.document import Mapping, Node, Scalar
from streams.detection.fields import Field
from streams.detection.operators.automaton import ONE, Contiguity, Part
from streams.detection.reader import Reader, Section, did_you_mean

MAX_TIMES = 50
MAX_REPEAT = 100
NEGATED = ("not_before", "not_next", "not_followed_by", "silent_for")
_QUANTIFIER = ("times", "optional", "greedy", "consecutive", "combinations", "until")
_POSITIVE = ("same", "other", "name", "within", *_QUANTIFIER)
STEP_KEYS = {
    "start": ("start", "name", "within", *_QUANTIFIER),
    "followed_by": ("followed_by", *_POSITIVE),
    "next": ("next", *_POSITIVE),
    "followed_by_any": ("followed_by_any", *_POSITIVE),
    "not_followed_by": ("not_followed_by", "same", "other", "for", "repeat"),
    "not_next": ("not_next", "same", "other"),
    "not_before": ("not_before", "for"),
    "silent_for": ("silent_for", "repeat"),
}
NEVER = AnyOf(())
"""A condition that no touchpoint meets."""


@dataclass(slots=True)
class Item:
    """One entry of the list, as far as it could be read."""

    node: Scalar
    word: str
    name: str
    condition: Condition | None = None
    clause: Clause | None = None
    for_ms: int | None = None
    within_ms: int | None = None
    repeat: int = 1
    part: Part = ONE
    until: Condition | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the simple sequence can carry it."""
        conditions = [one for one in (self.condition, self.until) if one is not None]
        return (
            self.word not in ("followed_by_any", "not_next", "not_before")
            and self.part == Part(self.part.contiguity, self.part.negated)
            and self.repeat == 1
            and (self.within_ms is None and self.until is None)
            and not any(references(condition) for condition in conditions)
        )


def read_item(reader: Reader, node: Node, place: int, by: tuple[Field, ...]) -> Item | None:
    """The entry; None when something is wrong in it."""
    words = [key for key, _ in node.entries if key.text in STEP_KEYS] if isinstance(node, Mapping) else []
    if not isinstance(node, Mapping) or not words:
        at = node.entries[0][0] if isinstance(node, Mapping) and node.entries else node
        word = getattr(at, "text", "")
        reader.note(at, f"'{word}' is no step" if word else "no step", did_you_mean(word, STEP_KEYS))
        return None
    if len(words) > 1:
        reader.note(words[1], f"'{words[1].text}' in the step '{words[0].text}'", "begin a new list entry with it")
        return None
    word = words[0].text
    section = reader.section(node, f"step '{word}'", STEP_KEYS[word])
    value = section.value(word) if section is not None else None
    if section is None or value is None:
        return None
    repeated = section.value("repeat")
    repeat = reader.whole(repeated, "'repeat'", 2, MAX_REPEAT) if repeated is not None else 1
    if word == "silent_for":
        part = Part(negated="not_followed_by")
        for_ms = reader.duration(value, "'silent_for'")
        return Item(words[0], word, word, None, Clause(NEVER), for_ms, None, repeat or 1, part)
    name = _name(section, word, place)
    if reader.steps is not None and word not in NEGATED:
        reader.steps.append(name)
    condition = read_condition(reader, value, f"'{word}'")
    same = read_correlation(reader, section.value("same"), "'same'", by)
    other = read_correlation(reader, section.value("other"), "'other'", by)
    clause = Clause(condition, same, other or ()) if condition is not None else None
    until = optional_condition(section, "until")
    part = _part(section, word)
    for_ms, within_ms = section.duration("for"), section.duration("within")
    return Item(words[0], word, name, condition, clause, for_ms, within_ms, repeat or 1, part, until)


def _name(section: Section, word: str, place: int) -> str:
    node = section.value("name")
    if node is None:
        return "start" if word == "start" else f"step {place + 1}"
    name = section.reader.matching(node, "'name'", r"[a-z][a-z0-9_]{0,39}", "write lower case letters, digits and _")
    if name is not None and name in (section.reader.steps or ()):
        section.reader.note(node, f"a second step called '{name}'", "give each its own name")
    return name or ""


def _part(section: Section, word: str) -> Part:
    if word in NEGATED:
        return Part(negated="not_next" if word == "not_next" else "not_followed_by")
    contiguity: Contiguity = (
        "next" if word == "next" else "followed_by_any" if word == "followed_by_any" else "followed_by"
    )
    least, most = _times(section)
    optional, greedy = section.flag("optional") or least == 0, section.flag("greedy")
    consecutive, combinations = section.flag("consecutive"), section.flag("combinations")
    reader = section.reader
    if consecutive and combinations:
        reader.note(section.key("combinations"), "'combinations' of consecutive touchpoints", "keep one of the two")
    for word_ in ("consecutive", "combinations", "until"):
        if section.has(word_) and most == 1:
            reader.note(section.key(word_), f"'{word_}' without 'times'", "say how often, like times: {at_least: 1}")
    if greedy and least == most and not optional:
        reader.note(section.key("greedy"), "'greedy' with a fixed number", "leave it out")
    inner: Contiguity = "next" if consecutive else "followed_by_any" if combinations else "followed_by"
    return Part(contiguity, "", max(least, 1), most, optional, greedy, inner, section.has("until"))


def _times(section: Section) -> tuple[int, int | None]:
    """How often: ``3``, ``{at_least: 2}`` or ``{at_least: 0, at_most: 5}``."""
    node, reader = section.value("times"), section.reader
    if node is None:
        return 1, 1
    if not isinstance(node, Mapping):
        number = reader.whole(node, "'times'", 1, MAX_TIMES) or 1
        return number, number
    inner = reader.section(node, "'times'", ("at_least", "at_most"))
    if inner is None:
        return 1, 1
    low, high = inner.value("at_least"), inner.value("at_most")
    least = reader.whole(low, "'at_least'", 0, MAX_TIMES) if low is not None else 0
    most = reader.whole(high, "'at_most'", max(least or 1, 1), MAX_TIMES) if high is not None else None
    return least or 0, most
