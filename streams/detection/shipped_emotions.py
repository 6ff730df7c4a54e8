"""The emotions definition that is shipped with the software."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from streams.detection.emotions import Emotions, parse_emotions

FILE = "emotions.yaml"


def shipped_emotions_text() -> str:
    """The file."""
    return files(__package__).joinpath(FILE).read_text(encoding="utf-8")


@cache
def shipped_emotions() -> Emotions:
    """Read once a process."""
    return parse_emotions(shipped_emotions_text(), FILE)
