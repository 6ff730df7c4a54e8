"""A property of touchpoints: one name, one meaning, one unit, wherever it stands."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, get_args

from schemas import Value

PropertyType = Literal["text", "whole", "number", "flag", "time"]

PROPERTY_TYPES: tuple[PropertyType, ...] = get_args(PropertyType)

NUMERIC: tuple[PropertyType, ...] = ("whole", "number", "time")
"""Types that have a unit and may have bounds."""

_LEAST_LONG, _GREATEST_LONG = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Property:
    """What a property means.

    Attributes:
        name: as publishers write it.
        type: ``text``, ``whole`` (a whole number), ``number``, ``flag`` or ``time`` (ms UTC).
        meaning: a sentence.
        example: a value that fits.
        unit: of numbers; ``1`` for counts and ratios. Empty for texts and flags.
        least: inclusive, or None for no bound.
        greatest: inclusive, or None for no bound.
        values: the only texts that are meant; empty: any.
    """

    name: str
    type: PropertyType
    meaning: str
    example: Value
    unit: str = ""
    least: float | None = None
    greatest: float | None = None
    values: tuple[str, ...] = ()

    def has_type(self, value: Value) -> bool:
        """Whether a value is of this type; a number without a fraction is a whole one, however it is written."""
        if self.type == "text":
            return isinstance(value, str)
        if self.type == "flag":
            return isinstance(value, bool)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.type == "number" or isinstance(value, int) or value.is_integer()

    def is_in_range(self, value: Value) -> bool:
        """Whether a value of this type is within the bounds, or one of the values that are meant."""
        if isinstance(value, str):
            return not self.values or value in self.values
        if isinstance(value, bool) or value is None:
            return True
        least, greatest = self.bounds
        return least <= value <= greatest

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest number; without bounds what the contract can carry, infinity left out."""
        if self.type == "number":
            least, greatest = -sys.float_info.max, sys.float_info.max
        else:
            least, greatest = _LEAST_LONG, _GREATEST_LONG
        return least if self.least is None else self.least, greatest if self.greatest is None else self.greatest
