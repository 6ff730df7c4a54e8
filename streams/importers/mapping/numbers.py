"""Numbers as a file writes them: with a decimal point or comma, with or without thousands marks."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache

from schemas.types import Value

LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
_MAX_DIGITS = 40


class NumberFormat:
    """Reads numbers of one spelling.

    Args:
        decimal: the decimal mark, one character.
        thousands: the mark between groups of three digits; empty where there is none.
    """

    def __init__(self, decimal: str = ".", thousands: str = "") -> None:
        self._decimal = decimal
        self._thousands = thousands
        mark = re.escape(decimal)
        whole = r"[0-9]+"
        if thousands:
            whole = rf"(?:[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]+)"
        self._pattern = re.compile(rf"[-+]?(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][-+]?[0-9]{{1,3}})?")
        # Quantities and prices are few and come again and again.
        self._read = lru_cache(maxsize=4096)(self._number_of_text)

    def number(self, value: Value) -> Decimal:
        """The number, exactly as written.

        Raises:
            ValueError: no number; true and false are none.
        """
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not math.isfinite(value):
                raise ValueError(f"{value} is no number")
            return Decimal(str(value))
        if not isinstance(value, str):
            raise ValueError(f"{shown(value)} is no number")
        return self._read(value)

    def _number_of_text(self, text: str) -> Decimal:
        if len(text) > _MAX_DIGITS or self._pattern.fullmatch(text) is None:
            raise ValueError(f"{shown(text)} is no number")
        return Decimal((text.replace(self._thousands, "") if self._thousands else text).replace(self._decimal, "."))


def long_of(number: Decimal) -> int:
    """A whole number; 6.0 is one.

    Raises:
        ValueError: not whole, or beyond 64 bits.
    """
    # The size first: the digits of 1e999 would be written out.
    if not LONG_MIN <= number <= LONG_MAX:
        raise ValueError(f"{number} is beyond 64 bits")
    if number != int(number):
        raise ValueError(f"{number} is no whole number")
    return int(number)


def double_of(number: Decimal) -> float:
    """The nearest double.

    Raises:
        ValueError: too large for a double.
    """
    double = float(number)
    if not math.isfinite(double):
        raise ValueError(f"{number} is too large")
    return double


def shown(value: Value) -> str:
    """A value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…{text[-1]}"
