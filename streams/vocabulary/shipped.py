"""The vocabulary that is shipped with the software."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from streams.vocabulary.reader import parse_vocabulary
from streams.vocabulary.vocabulary import Vocabulary

FILE = "touchpoints.yaml"


@cache
def shipped_vocabulary() -> Vocabulary:
    """Read once a process, from the package's own file."""
    return parse_vocabulary(files(__package__).joinpath(FILE).read_text(encoding="utf-8"), FILE)
