"""Conditions that no touchpoint can meet, and conditions that meet another one whenever they hold.

Both answers err on one side only: what is called impossible or implied is so; what is not may be all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from streams.detection.conditions import NUMBER_MODIFIERS, TEXT_MODIFIERS, All, AnyOf, Condition, Not, Test
from streams.detection.fields import Field

_NEGATED = {"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}


def impossible(condition: Condition) -> bool:
    """Whether no touchpoint can meet it."""
    if isinstance(condition, AnyOf):
        return bool(condition.parts) and all(impossible(part) for part in condition.parts)
    parts = _conjuncts(condition)
    if any(impossible(part) for part in parts if isinstance(part, AnyOf)):
        return True
    tests = [part for part in parts if isinstance(part, Test)]
    denied = [part.part for part in parts if isinstance(part, Not) and isinstance(part.part, Test)]
    if any(implies(All(tuple(parts)), part.part) for part in parts if isinstance(part, Not)):
        return True
    fields = dict.fromkeys(test.field for test in tests)
    return any(_empty(field, tests, [test for test in denied if isinstance(test, Test)]) for field in fields)


def implies(condition: Condition, other: Condition) -> bool:
    """Whether every touchpoint that meets the one also meets the other."""
    if isinstance(condition, AnyOf):
        return bool(condition.parts) and all(implies(part, other) for part in condition.parts)
    if isinstance(other, All):
        return all(implies(condition, part) for part in other.parts)
    if isinstance(other, AnyOf) and any(implies(condition, part) for part in other.parts):
        return True
    return any(_covers(part, other) for part in _conjuncts(condition))


def _conjuncts(condition: Condition) -> list[Condition]:
    if isinstance(condition, All):
        return [one for part in condition.parts for one in _conjuncts(part)]
    return [condition]


def _covers(part: Condition, other: Condition) -> bool:
    if part == other:
        return True
    if not isinstance(part, Test) or not isinstance(other, Test) or part.field != other.field:
        return False
    if part.modifier == "eq":
        holds = other.predicate()
        return all(holds(value) for value in part.values)
    return other.modifier == "exists" and other.values[0] is True and part.modifier != "exists"


def _empty(field: Field, tests: Sequence[Test], denied: Sequence[Test]) -> bool:
    ours = [test for test in tests if test.field == field]
    against = [test for test in denied if test.field == field]
    exact = next((test for test in ours if test.modifier == "eq"), None)
    if exact is not None:
        return not any(
            all(test.predicate()(value) for test in ours) and not any(test.predicate()(value) for test in against)
            for value in exact.values
        )
    missing = any(test.modifier == "exists" and test.values[0] is False for test in ours)
    present = any(test.modifier != "exists" or test.values[0] is True for test in ours)
    numeric = any(test.modifier in NUMBER_MODIFIERS for test in ours)
    text = any(test.modifier in TEXT_MODIFIERS for test in ours)
    return (missing and present) or (numeric and text) or (numeric and _no_number(ours, against))


def _no_number(ours: Sequence[Test], against: Sequence[Test]) -> bool:
    """Whether the bounds leave no number between them."""
    bounds = [(test.modifier, test.values[0]) for test in ours if test.modifier in NUMBER_MODIFIERS]
    bounds += [(_NEGATED[test.modifier], test.values[0]) for test in against if test.modifier in NUMBER_MODIFIERS]  # type: ignore[misc]
    # A bound that excludes its own value is a little farther in.
    low = max(((float(value), word == "gt") for word, value in bounds if word in ("gt", "gte")), default=None)
    high = min(((float(value), word != "lt") for word, value in bounds if word in ("lt", "lte")), default=None)
    if low is None or high is None:
        return False
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or not high[1]))
