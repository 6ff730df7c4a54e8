"""Confidence intervals of a proportion and of the difference between two.

Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), for
one proportion; Newcombe, "Interval estimation for the difference between independent proportions:
comparison of eleven methods", Statistics in Medicine 17 (1998), method 10, for the difference. Both
keep to their level also at rates near 0 or 1 and with groups of unlike size, where the common
interval (estimate plus and minus 1.96 standard errors) is too short.

``sinks/queries/lift.sql`` computes the same in the same order of operations, so that both give the
same doubles.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

Z95 = 1.959963984540054
"""The normal distribution's quantile at 0.975: of an interval with a confidence of 95 %."""


class Interval(NamedTuple):
    """From ``low`` to ``high``, both included."""

    low: float
    high: float


class Difference(NamedTuple):
    """The first proportion minus the second, with its interval."""

    estimate: float
    low: float
    high: float


def wilson(good: int, of: int, z: float = Z95) -> Interval:
    """The score interval of a proportion.

    Args:
        good: successes, 0 to ``of``.
        of: trials, at least 1.
        z: of the confidence wanted.

    Raises:
        ValueError: counts that no sample has.
    """
    if not 0 <= good <= of or of < 1:
        raise ValueError(f"{good} of {of} is no proportion: it takes 0 <= good <= of and of >= 1")
    rate = good / of
    square = z * z
    middle = rate + square / (2 * of)
    half = z * sqrt((rate * (1 - rate) + square / (4 * of)) / of)
    scale = 1 + square / of
    # At the ends the bound is the end itself; rounding would leave it a hair inside or outside.
    low = 0.0 if good == 0 else (middle - half) / scale
    high = 1.0 if good == of else (middle + half) / scale
    return Interval(low, high)


def newcombe(good: int, of: int, other_good: int, other_of: int, z: float = Z95) -> Difference:
    """The difference ``good / of - other_good / other_of`` and its hybrid score interval.

    Raises:
        ValueError: counts that no sample has.
    """
    first, second = wilson(good, of, z), wilson(other_good, other_of, z)
    rate, other_rate = good / of, other_good / other_of
    estimate = rate - other_rate
    down, up = rate - first.low, first.high - rate
    other_down, other_up = other_rate - second.low, second.high - other_rate
    low = estimate - sqrt(down * down + other_up * other_up)
    high = estimate + sqrt(up * up + other_down * other_down)
    return Difference(estimate, low, high)
