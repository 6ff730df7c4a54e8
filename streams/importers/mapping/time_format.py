"""Times as a file writes them, to milliseconds UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from schemas.types import Value
from streams.importers.mapping.numbers import NumberFormat, shown

Ambiguous = Literal["earlier", "later", "refuse"]
Nonexistent = Literal["shift", "refuse"]
ISO, EPOCH_S, EPOCH_MS = "iso", "epoch_s", "epoch_ms"
AMBIGUOUS: tuple[Ambiguous, ...] = ("earlier", "later", "refuse")
NONEXISTENT: tuple[Nonexistent, ...] = ("shift", "refuse")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LAST_MS = 253_402_300_799_999
_PROBE = datetime(2024, 12, 31, 23, 58, 57, tzinfo=UTC)
_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
_NUMBERS = NumberFormat()


class TimeFormat:
    """Reads times of one spelling.

    A local time that a clock change skips does not exist; one in the hour that a clock change
    repeats is ambiguous.

    Args:
        form: ``iso``, ``epoch_s``, ``epoch_ms`` or a strptime pattern.
        zone: of times that name none.
        ambiguous: the ``earlier`` or the ``later`` of the two instants, or refuse the row.
        nonexistent: ``shift`` it forward by what was skipped (02:30 is 03:30 then), or refuse the row.

    Raises:
        ValueError: the pattern does not say which day it is.
    """

    def __init__(
        self,
        form: str = ISO,
        zone: ZoneInfo | None = None,
        ambiguous: Ambiguous = "earlier",
        nonexistent: Nonexistent = "shift",
    ) -> None:
        if form not in (ISO, EPOCH_S, EPOCH_MS):
            _check_pattern(form)
        self._form = form
        self._zone = zone
        self._ambiguous = ambiguous
        self._nonexistent = nonexistent
        # Neighbouring rows often bear the same time.
        self._read_text = lru_cache(maxsize=4096)(self._milliseconds_of_text)

    @property
    def needs_zone(self) -> bool:
        """Whether no time in this spelling can carry a zone, and none is given."""
        return self._zone is None and self._form not in (ISO, EPOCH_S, EPOCH_MS) and "%z" not in self._form

    def milliseconds(self, value: Value) -> int:
        """Milliseconds since 1970, UTC; what is finer is cut off.

        Raises:
            ValueError: not a time of this spelling, without a zone, outside the years 1 to 9999, or
                a local time that is to be refused.
        """
        if self._form in (EPOCH_S, EPOCH_MS):
            return _epoch(value, 1000 if self._form == EPOCH_S else 1)
        if not isinstance(value, str):
            raise ValueError(f"{shown(value)} is no text with a time")
        return self._read_text(value)

    def _milliseconds_of_text(self, text: str) -> int:
        try:
            # A pattern without %z reads a local time; its zone comes next.
            read = datetime.fromisoformat(text) if self._form == ISO else datetime.strptime(text, self._form)  # noqa: DTZ007
        except ValueError:
            form = "no ISO 8601 time" if self._form == ISO else f"no time like {self._form}"
            raise ValueError(f"{shown(text)} is {form}") from None
        try:
            return ((read if read.tzinfo is not None else self._placed(read, text)) - _EPOCH) // _MS
        except OverflowError:
            raise ValueError(f"{shown(text)} is outside the years 1 to 9999") from None

    def _placed(self, local: datetime, text: str) -> datetime:
        """A local time in the zone (PEP 495: fold 0 is before a clock change, fold 1 after)."""
        if self._zone is None:
            raise ValueError(f"{shown(text)} has no zone, and the mapping gives none")
        before, after = (local.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        difference = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        if not difference:
            return before
        if difference > timedelta():
            if self._nonexistent == "refuse":
                raise ValueError(f"{shown(text)} does not exist in {self._zone.key}: the clocks skipped it")
            return before
        if self._ambiguous == "refuse":
            raise ValueError(f"{shown(text)} is twice in {self._zone.key}: the clocks were put back")
        return before if self._ambiguous == "earlier" else after


def _epoch(value: Value, factor: int) -> int:
    number = _NUMBERS.number(value) * Decimal(factor)
    if not 0 <= abs(number) <= _LAST_MS:
        raise ValueError(f"{shown(value)} is outside the years 1 to 9999")
    return int(number // 1)


def _check_pattern(pattern: str) -> None:
    """Write a day in the pattern and read it back: it must be that day."""
    if "%s" in _DIRECTIVE.findall(pattern) or "%" not in pattern:
        raise ValueError(f"'{pattern}' is no strptime pattern")
    try:
        read = datetime.strptime(_PROBE.strftime(pattern), pattern)  # noqa: DTZ007
    except (ValueError, re.error):
        raise ValueError(f"'{pattern}' is no strptime pattern") from None
    if read.date() != _PROBE.date():
        raise ValueError(f"'{pattern}' does not tell year, month and day")
