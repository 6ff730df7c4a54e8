"""What lint finds."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from streams.detection.document import Node
from streams.detection.errors import RuleFileError

Level = Literal["error", "warning"]
_LINE = re.compile(r"(?P<place>.*?):(?P<line>\d+):(?P<column>\d+): (?P<what>.*); (?P<remedy>.*)", re.DOTALL)


class Finding(NamedTuple):
    """One thing that is wrong (``error``) or looks wrong (``warning``), and what would be right."""

    filename: str
    line: int
    column: int
    level: Level
    what: str
    remedy: str

    @property
    def text(self) -> str:
        """``file:line:column: level: what; remedy``."""
        said = " ".join(f"{self.what}; {self.remedy}".split())
        return f"{self.filename}:{self.line}:{self.column}: {self.level}: {said}"


def at(node: Node, filename: str, level: Level, what: str, remedy: str) -> Finding:
    """A finding where a node stands."""
    return Finding(filename, node.line, node.column, level, what, remedy)


def of_mistakes(error: RuleFileError) -> list[Finding]:
    """Everything that is wrong in a file."""
    return [Finding(error.filename, one.line, one.column, "error", one.what, one.remedy) for one in error.mistakes]


def of_line(text: str, level: Level) -> Finding:
    """From a line ``file:line:column: what; remedy`` of a parser."""
    found = _LINE.fullmatch(text)
    assert found is not None, text
    return Finding(found["place"], int(found["line"]), int(found["column"]), level, found["what"], found["remedy"])
