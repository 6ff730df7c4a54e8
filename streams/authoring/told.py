"""What the words for an operator are made of."""

from __future__ import annotations

from typing import NamedTuple

from streams.authoring.condition_words import duration_words


class Mark(NamedTuple):
    """One line of a drawn time line: ``o`` a touchpoint, ``x`` what must stay away, ``|`` time or a remark."""

    sign: str
    label: str


class Told(NamedTuple):
    """An operator, told."""

    sentences: list[str]
    marks: list[Mark]


def less_than(ms: int, inclusive: bool) -> str:
    """A window in words; its end is in when ``inclusive``."""
    return f"{'at most' if inclusive else 'less than'} {duration_words(ms)}"
