"""Typed reading of a document: every mistake is noted where it stands, and reading goes on."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar

from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.durations import duration_ms, duration_text
from streams.detection.errors import Mistake, RuleFileError
from streams.detection.fields import Field

T = TypeVar("T")

MAX_DURATION_MS = 366 * 86_400_000
MAX_TEXT = 4_000
NO_BOUND = "a rule without a bound is refused; write 'within', like within: 7d"
_DURATION_REMEDY = "write a number with its unit, like 30m, 4h or 7d"


class Reader:
    """Collects the mistakes of one file. What is wrong reads as None."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.steps: list[str] | None = None
        """Names of the steps that a condition read now may compare with; None: it is in no sequence."""

    def note(self, node: Node, what: str, remedy: str) -> None:
        """Note a mistake at ``node``."""
        self.mistakes.append(Mistake(node.line, node.column, what, remedy))

    def section(self, node: Node, what: str, known: Iterable[str]) -> Section | None:
        """A mapping of which only the ``known`` keys are allowed; None when it is no mapping."""
        if not isinstance(node, Mapping):
            self.note(node, f"{what} is {described(node)}", "write 'key: value' lines")
            return None
        known = tuple(known)
        for key, _ in node.entries:
            if key.text not in known:
                self.note(key, f"unknown key '{key.text}' in {what}", did_you_mean(key.text, known))
        return Section(self, node, what)

    def text(self, node: Node, what: str) -> str | None:
        """A text that is not empty."""
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.note(node, f"{what} is {described(node)}", "write a text, in quotes if it looks like a number")
            return None
        text = node.value.strip()
        if not text or len(text) > MAX_TEXT:
            self.note(node, f"{what} has {len(text)} characters", f"write 1 to {MAX_TEXT}")
            return None
        return text

    def matching(self, node: Node, what: str, pattern: str, remedy: str) -> str | None:
        """A text of a given form."""
        text = self.text(node, what)
        if text is not None and re.fullmatch(pattern, text) is None:
            self.note(node, f"{what} '{text}' has the wrong form", remedy)
            return None
        return text

    def choice(self, node: Node, what: str, options: tuple[T, ...]) -> T | None:
        """One of some words."""
        if isinstance(node, Scalar):
            for option in options:
                if node.text == option:
                    return option
        shown = f"unknown {what} '{node.text}'" if isinstance(node, Scalar) else f"{what} is {described(node)}"
        self.note(node, shown, f"one of {', '.join(str(option) for option in options)}")
        return None

    def flag(self, node: Node, what: str) -> bool | None:
        """true or false."""
        if not isinstance(node, Scalar) or not isinstance(node.value, bool):
            self.note(node, f"{what} is {described(node)}", "write true or false")
            return None
        return node.value

    def whole(self, node: Node, what: str, low: int, high: int) -> int | None:
        """A whole number from ``low`` to ``high``."""
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is not int or not low <= value <= high:
            self.note(node, f"{what} is {described(node)}", f"write a whole number from {low} to {high}")
            return None
        return value

    def number(self, node: Node, what: str, low: float = -math.inf, high: float = math.inf) -> int | float | None:
        """A number from ``low`` to ``high``."""
        value = node.value if isinstance(node, Scalar) else None
        if (type(value) is int or type(value) is float) and low <= value <= high and math.isfinite(value):
            return value
        bounds = f" from {low:g} to {high:g}" if math.isfinite(low) else ""
        self.note(node, f"{what} is {described(node)}", f"write a number{bounds}")
        return None

    def duration(self, node: Node, what: str, low: int = 1, high: int = MAX_DURATION_MS) -> int | None:
        """Milliseconds of a duration from ``low`` to ``high``."""
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.note(node, f"{what} is {described(node)}", _DURATION_REMEDY)
            return None
        try:
            milliseconds = duration_ms(node.value)
        except ValueError as error:
            self.note(node, f"{what}: {error}", _DURATION_REMEDY)
            return None
        if not low <= milliseconds <= high:
            remedy = f"write {duration_text(low)} to {duration_text(high)}"
            self.note(node, f"{what} of {node.value} is out of bounds", remedy)
            return None
        return milliseconds

    def field(self, node: Node, what: str) -> Field | None:
        """A field name, or several joined by ' or '."""
        text = self.text(node, what)
        if text is None:
            return None
        try:
            return Field.parse(text)
        except ValueError as error:
            self.note(node, f"{what}: {error}", "write a name like reason, or 'agent or department'")
            return None

    def listing(
        self, node: Node, what: str, read: Callable[[Node, str], T | None], most: int = 20, least: int = 0
    ) -> tuple[T, ...] | None:
        """A list, or a single value standing for a list of one; each item read by ``read``."""
        nodes = node.items if isinstance(node, Listing) else [node]
        if not least <= len(nodes) <= most:
            self.note(node, f"{what} has {len(nodes)} entries", f"write {least} to {most}")
            return None
        items = [read(item, what) for item in nodes]
        found = tuple(item for item in items if item is not None)
        return found if len(found) == len(items) else None


def read_definition(
    text: str,
    filename: str,
    what: str,
    known: Iterable[str],
    read: Callable[[Section], T | None],
    error: type[RuleFileError] = RuleFileError,
) -> T:
    """What a file says, or every mistake in it.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.
        what: what the file is, like "a rule".
        known: the keys of its top level.
        read: makes it of the top level; None when it cannot.
        error: raised with all mistakes.

    Raises:
        RuleFileError: as ``error`` says.
    """
    reader = Reader()
    try:
        section = reader.section(read_document(text, filename, repeated=reader.mistakes), what, known)
    except RuleFileError as unreadable:
        raise error(filename, unreadable.mistakes) from None
    made = read(section) if section is not None else None
    if made is None or reader.mistakes:
        raise error(filename, reader.mistakes)
    return made


class Section:
    """A mapping being read, value by value."""

    def __init__(self, reader: Reader, node: Mapping, what: str) -> None:
        self.reader = reader
        self.node = node
        self.what = what
        self._values = {key.text: value for key, value in node.entries}
        self._keys = {key.text: key for key, _ in node.entries}

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._values

    def key(self, name: str) -> Scalar:
        """The key itself, for a mistake to point at."""
        return self._keys[name]

    def value(self, name: str) -> Node | None:
        """The value of a key that may be missing."""
        return self._values.get(name)

    def flag(self, name: str, default: bool = False) -> bool:
        """A flag that may be missing."""
        node = self._values.get(name)
        found = self.reader.flag(node, f"'{name}'") if node is not None else None
        return default if found is None else found

    def duration(self, name: str, low: int = 1) -> int | None:
        """Milliseconds of a duration that may be missing."""
        node = self._values.get(name)
        return self.reader.duration(node, f"'{name}'", low) if node is not None else None

    def version(self) -> int | None:
        """The version of the definition, which must be there."""
        node = self.required("version", "write version: 1, and count up with every change")
        return self.reader.whole(node, "'version'", 1, 1_000_000) if node is not None else None

    def items(self, name: str, most: int) -> list[Node]:
        """The entries of a list, which must be there and may be empty."""
        node = self.required(name, f"write a list; '{name}: []' for none")
        if node is None:
            return []
        if not isinstance(node, Listing) or len(node.items) > most:
            self.reader.note(node, f"'{name}' is {described(node)}", f"write a list of at most {most}")
            return []
        return node.items

    def required(self, name: str, remedy: str) -> Node | None:
        """The value of a key that must be there; a missing one is noted."""
        value = self._values.get(name)
        if value is None:
            self.reader.note(self.node, f"{self.what} has no '{name}'", remedy)
        return value


def described(node: Node) -> str:
    """What stands there, for a message."""
    if isinstance(node, Listing):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.value is None:
        return "empty"
    if isinstance(node.value, str):
        return f"the text '{node.value[:60]}'"
    return node.text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known word, or all of them."""
    known = tuple(known)
    near = get_close_matches(word, known, n=1, cutoff=0.7)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
