"""The bounds of a rule (its durations and numbers), each moved by as little as counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streams.detection.durations import duration_ms

_DURATION = re.compile(
    r"(?P<key>within|for|silent_for|cool_down|at_most|tolerance|exceeded_by|gap|half_life|visit|at_least): "
    r"(?P<value>(?:\d+(?:ms|[smhdw]))+)"
)
_NUMBER = re.compile(
    r"(?P<key>at_least|times|gaps|last|in_a_row|distance|above|again_below|\w+\|(?:lt|lte|gt|gte)): "
    r"(?P<value>-?\d+(?:\.\d+)?)(?=[,}\s])"
)
_SHARE = re.compile(r"(?P<key>more_than|less_than): (?P<value>\d+)%")


def moved_bounds(text: str) -> Iterator[tuple[str, str]]:
    """Each bound moved up and down: what was changed, and the changed rule."""
    detect = text[: text.index("expires_after")] if "expires_after" in text else text
    for found in _DURATION.finditer(detect):
        ms = duration_ms(found["value"])
        for moved in (ms - 1, ms + 1):
            yield _change(text, found, f"{moved}ms")
    for found in _SHARE.finditer(detect):
        for share in (int(found["value"]) - 1, int(found["value"]) + 1):
            yield _change(text, found, str(share))
    for found in _NUMBER.finditer(detect):
        value = float(found["value"])
        smallest = 1.0 if value.is_integer() and abs(value) >= 1 else 0.01
        for number in (value - smallest, value + smallest):
            yield _change(text, found, str(int(number)) if number.is_integer() else f"{number:.4f}")


def _change(text: str, found: re.Match[str], value: str) -> tuple[str, str]:
    start, end = found.span("value")
    return f"{found['key']}: {found['value']} -> {value}", text[:start] + value + text[end:]
