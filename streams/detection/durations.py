"""Durations as journey owners write them: ``30m``, ``7d``, ``1h30m``."""

from __future__ import annotations

import re

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

_PART = re.compile(r"([0-9]{1,15})(ms|s|m|h|d|w)")
_WHOLE = re.compile(r"([0-9]{1,15}(ms|s|m|h|d|w))+")


def duration_ms(text: str) -> int:
    """Milliseconds of a duration: numbers with units ms, s, m, h, d, w, added up.

    Raises:
        ValueError: anything else, also a bare number.
    """
    if _WHOLE.fullmatch(text) is None:
        raise ValueError(f"'{text}' is not a duration")
    return sum(int(number) * UNITS_MS[unit] for number, unit in _PART.findall(text))


def duration_text(milliseconds: int) -> str:
    """The shortest spelling that ``duration_ms`` reads back, largest unit first."""
    if milliseconds == 0:
        return "0s"
    sign, rest = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        number, rest = divmod(rest, UNITS_MS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return sign + "".join(parts)


def offset_text(milliseconds: int) -> str:
    """As ``duration_text``, but a millisecond beside a whole second as a test writes it: ``7d-1ms``."""
    beside = milliseconds % 1_000
    if milliseconds > 1_000 and beside in (1, 999):
        return duration_text(milliseconds - 1) + "+1ms" if beside == 1 else duration_text(milliseconds + 1) + "-1ms"
    return duration_text(milliseconds)
