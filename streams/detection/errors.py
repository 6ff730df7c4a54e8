"""Errors of detection.

RuleFileError    a rule or rule-test file cannot be used: all its mistakes, each file:line:column
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing that is wrong in a file, and what would be right. Lines and columns count from 1."""

    line: int
    column: int
    what: str
    remedy: str


MAX_MISTAKES = 100


class RuleFileError(ValueError):
    """A file that cannot be used. ``mistakes`` holds all of them (at most 100), in the order of the file.

    The message has one line per mistake: ``file:line:column: what is wrong; what would be right``.
    """

    def __init__(self, filename: str, mistakes: Iterable[Mistake]) -> None:
        self.filename = filename
        self.mistakes = tuple(sorted(mistakes)[:MAX_MISTAKES])
        super().__init__("\n".join(f"{filename}:{m.line}:{m.column}: {m.what}; {m.remedy}" for m in self.mistakes))
