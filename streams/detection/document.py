"""A YAML text as a tree that remembers where everything stood.

Only plain data is read: no anchors, aliases, tags or second documents, so a small file stays a
small tree. Scalars follow the YAML 1.2 core schema (``yes`` is text, ``true`` is a flag).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from streams.detection.errors import Mistake, RuleFileError

MAX_BYTES = 64 * 1024
MAX_NODES = 5_000
MAX_DEPTH = 16

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(slots=True)
class Scalar:
    """A single value. ``text`` is what was written."""

    line: int
    column: int
    value: bool | int | float | str | None
    text: str


@dataclass(slots=True)
class Listing:
    """A YAML sequence."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """A YAML mapping with scalar keys, in the order of the file."""

    line: int
    column: int
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)


Node = Scalar | Listing | Mapping


def read_document(
    text: str,
    filename: str,
    max_bytes: int = MAX_BYTES,
    max_nodes: int = MAX_NODES,
    repeated: list[Mistake] | None = None,
) -> Mapping:
    """The tree of a file whose top level is a mapping.

    Args:
        text: the file.
        filename: how messages name it.
        max_bytes: a larger file is refused.
        max_nodes: so is one with more values, keys and containers counted.
        repeated: keys that are there twice are noted here, and reading goes on; None: they are refused.

    Raises:
        RuleFileError: not YAML, too large, too deep, or anything but plain data.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        problem = Mistake(1, 1, f"the file has {size} bytes", f"at most {max_bytes} are read")
        raise RuleFileError(filename, [problem])
    builder = _Builder(filename, max_nodes)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.add(event)
    except YAMLError as error:
        raise RuleFileError(filename, [*builder.mistakes, *builder.repeated, _syntax_mistake(error)]) from None
    if builder.mistakes or (builder.repeated and repeated is None):
        raise RuleFileError(filename, [*builder.mistakes, *builder.repeated])
    if repeated is not None:
        repeated += builder.repeated
    if not isinstance(builder.root, Mapping):
        raise RuleFileError(filename, [Mistake(1, 1, "the file is not a mapping", "begin with lines like 'id: ...'")])
    return builder.root


class _Builder:
    """Puts parser events together, one open container per level."""

    def __init__(self, filename: str, max_nodes: int) -> None:
        self.root: Node | None = None
        self.mistakes: list[Mistake] = []
        self.repeated: list[Mistake] = []
        """Keys that are there twice."""
        self._filename = filename
        self._max_nodes = max_nodes
        self._open: list[Listing | Mapping] = []
        self._keys: list[Scalar | None] = []
        self._nodes = 0
        self._documents = 0

    def add(self, event: Any) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self._note(line, column, "a second document begins", "write one document per file")
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, AliasEvent):
            self._note(line, column, f"alias '*{event.anchor}'", "write the value out where it is used")
            self._place(Scalar(line, column, None, ""))
        elif isinstance(event, ScalarEvent):
            self._plain(event, line, column)
            value = event.value if event.style else _resolved(event.value)
            self._place(Scalar(line, column, value, event.value))
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._plain(event, line, column)
            container = Mapping(line, column) if isinstance(event, MappingStartEvent) else Listing(line, column)
            self._place(container)
            self._open.append(container)
            self._keys.append(None)
            if len(self._open) > MAX_DEPTH:
                self._stop(line, column, f"nested deeper than {MAX_DEPTH} levels", "flatten it")

    def _place(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > self._max_nodes:
            self._stop(node.line, node.column, f"more than {self._max_nodes} values", "split the file")
        if not self._open:
            self.root = self.root or node
        elif isinstance(parent := self._open[-1], Listing):
            parent.items.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = self._key(node, parent)
        else:
            parent.entries.append((key, node))
            self._keys[-1] = None

    def _key(self, node: Node, parent: Mapping) -> Scalar:
        if not isinstance(node, Scalar):
            self._note(node.line, node.column, "a list or mapping as a key", "use a name")
            return Scalar(node.line, node.column, None, "")
        if any(key.text == node.text for key, _ in parent.entries):
            what = f"'{node.text}' is there twice"
            self.repeated.append(Mistake(node.line, node.column, what, "keep one of them"))
        return node

    def _plain(self, event: Any, line: int, column: int) -> None:
        if event.anchor is not None:
            self._note(line, column, f"anchor '&{event.anchor}'", "write the value out where it is used")
        if event.tag is not None:
            self._note(line, column, f"tag '{event.tag}'", "write plain values; quote what must be text")

    def _note(self, line: int, column: int, what: str, remedy: str) -> None:
        self.mistakes.append(Mistake(line, column, what, remedy))

    def _stop(self, line: int, column: int, what: str, remedy: str) -> None:
        self._note(line, column, what, remedy)
        raise RuleFileError(self._filename, [*self.mistakes, *self.repeated])


def _resolved(text: str) -> bool | int | float | str | None:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _syntax_mistake(error: YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Mistake(line, column, f"not YAML ({problem})", "check indentation, colons, brackets and quotes here")
