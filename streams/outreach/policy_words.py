"""What the sections of a policy file have in common: names, channels, classes, shares, times of day."""

from __future__ import annotations

import re

from streams.detection.document import Mapping, Node, Scalar
from streams.detection.reader import Reader, Section, described

ACTION_CLASSES = ("service", "promotional")
CHANNELS = ("web", "app", "email", "sms", "push", "chat", "ivr", "voice", "contact_centre", "social", "post")

NAME = r"[a-z][a-z0-9_]*([.-][a-z0-9_]+)*"
NAME_REMEDY = "write lower-case words joined by dots, like call.back"

_PERCENT = re.compile(r"([0-9]{1,3}(\.[0-9]{1,6})?)%")
_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_MINUTES_OF_A_DAY = 24 * 60


def read_name(section: Section, key: str, remedy: str = NAME_REMEDY) -> str | None:
    """The name that must stand under ``key``."""
    node = section.required(key, remedy)
    return section.reader.matching(node, f"'{key}'", NAME, NAME_REMEDY) if node is not None else None


def optional_name(section: Section, key: str) -> str | None:
    """The name under ``key``, if it is there."""
    node = section.value(key)
    return section.reader.matching(node, f"'{key}'", NAME, NAME_REMEDY) if node is not None else None


def read_names(section: Section, key: str, remedy: str) -> tuple[str, ...] | None:
    """The names that must stand under ``key``, at least one."""
    node = section.required(key, remedy)
    if node is None:
        return None
    reader = section.reader
    return reader.listing(
        node, f"'{key}'", lambda item, what: reader.matching(item, what, NAME, NAME_REMEDY), most=500, least=1
    )


def read_choices(section: Section, key: str, what: str, options: tuple[str, ...]) -> tuple[str, ...] | None:
    """Words out of ``options`` under a key that may be missing (then none), each once."""
    node = section.value(key)
    if node is None:
        return ()
    reader = section.reader
    chosen = reader.listing(node, f"'{key}'", lambda item, _: reader.choice(item, what, options), least=1)
    if chosen is not None:
        note_repeated(reader, node, what, chosen)
    return chosen


def optional_choice(section: Section, key: str, what: str, options: tuple[str, ...]) -> str | None:
    """One word out of ``options`` under a key that may be missing."""
    node = section.value(key)
    return section.reader.choice(node, what, options) if node is not None else None


def note_repeated(reader: Reader, node: Node, what: str, names: tuple[str, ...], remedy: str = "keep one") -> None:
    """A mistake for each name that stands there more than once."""
    for name in dict.fromkeys(names):
        if (count := names.count(name)) > 1:
            reader.note(node, f"{what} '{name}' is there {count} times", remedy)


def read_entry(reader: Reader, node: Node, what: str, example: str) -> Mapping | None:
    """An entry of a list, which must be a mapping."""
    if isinstance(node, Mapping):
        return node
    reader.note(node, f"an entry of {what} is {described(node)}", f"write {example}")
    return None


def read_percent(reader: Reader, node: Node, what: str) -> float | None:
    """0 to 100, of ``5``, ``2.5`` or ``5%``."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        found = _PERCENT.fullmatch(node.value.replace(" ", ""))
        if found is not None and float(found[1]) <= 100:
            return float(found[1])
    elif isinstance(node, Scalar) and type(node.value) in (int, float):
        value = node.value
        if isinstance(value, int | float) and 0 <= value <= 100:
            return float(value)
    reader.note(node, f"{what} is {described(node)}", "write a share of 0% to 100%, like 5%")
    return None


def read_share(reader: Reader, node: Node, what: str) -> float | None:
    """0 to 1, of ``0.2`` or ``20%``."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        percent = read_percent(reader, node, what)
        return None if percent is None else percent / 100
    share = reader.number(node, what, 0, 1)
    return None if share is None else float(share)


def read_minute(reader: Reader, node: Node, what: str, is_end: bool = False) -> int | None:
    """The minute of the day of ``21:00``: 0 to 1439, at an end to 1440 (``24:00``)."""
    found = _TIME.fullmatch(node.text) if isinstance(node, Scalar) else None
    minute = int(found[1]) * 60 + int(found[2]) if found is not None else _MINUTES_OF_A_DAY + 1
    if minute < _MINUTES_OF_A_DAY or (is_end and minute == _MINUTES_OF_A_DAY):
        return minute
    last = "24:00" if is_end else "23:59"
    reader.note(node, f"{what} is {described(node)}", f'write a time of day from "00:00" to "{last}"')
    return None


def minute_text(minute: int) -> str:
    """``21:00`` of a minute of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"
