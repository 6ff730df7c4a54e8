"""What a file's reader could not use."""

from __future__ import annotations

from typing import NamedTuple

from streams.errors import MomentousError


class FileProblem(MomentousError):
    """A file that cannot be read at all, or is not what it was said to be."""


class Refusal(NamedTuple):
    """One row that was not used; ``row`` is its line in the file, counted from 1."""

    row: int
    reason: str


class RowRefused(ValueError):
    """Raised while one row is read; the message is the reason."""
