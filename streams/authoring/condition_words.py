"""Conditions, clauses and durations in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from streams.detection.clause import Clause
from streams.detection.conditions import All, AnyOf, Compare, Condition, Modifier, Not, Test
from streams.detection.durations import UNITS_MS
from streams.detection.fields import Field
from streams.detection.step_reader import NEVER

_VERBS: dict[Modifier, str] = {
    "eq": "is",
    "ne": "is known and not",
    "gt": "is above",
    "gte": "is at least",
    "lt": "is below",
    "lte": "is at most",
    "contains": "contains",
    "startswith": "begins with",
    "endswith": "ends with",
    "exists": "is",
}
_UNITS = {"d": "day", "h": "hour", "m": "minute", "s": "second", "ms": "millisecond"}


def duration_words(milliseconds: int) -> str:
    """``1 day 2 hours``."""
    parts, rest = [], milliseconds
    for unit, word in _UNITS.items():
        number, rest = divmod(rest, UNITS_MS[unit])
        if number:
            parts.append(f"{number} {word}{'' if number == 1 else 's'}")
    return " ".join(parts) or "no time"


def joined(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def fields_words(fields: Sequence[Field]) -> str:
    """Field names, joined."""
    return joined([field.text for field in fields])


def condition_words(condition: Condition) -> str:
    """As a touchpoint: ``ivr.entered or chat.started, where score is at least 9``."""
    if isinstance(condition, AnyOf):
        if condition == NEVER:
            return "nothing"
        return "either " + ", or ".join(condition_words(part) for part in condition.parts)
    parts = condition.parts if isinstance(condition, All) else (condition,)
    types = [part for part in parts if _is_type(part)]
    rest = [_fact(part) for part in parts if part not in types]
    named = joined([_test_values(part) for part in types if isinstance(part, Test)]) or "anything"
    return f"{named}, where {joined(rest)}" if rest else named


def clause_words(clause: Clause) -> str:
    """A condition, and how its touchpoint relates to the opening one."""
    words = condition_words(clause.condition)
    if clause.same:
        words += f", of the same {fields_words(clause.same)}"
    if clause.other:
        words += f", of another {fields_words(clause.other)} than the first"
    return words


def _is_type(condition: Condition) -> bool:
    return isinstance(condition, Test) and condition.field.names == ("type",) and condition.modifier == "eq"


def _fact(condition: Condition) -> str:
    if isinstance(condition, Not):
        if isinstance(condition.part, Test):
            return f"it does not hold that {_fact(condition.part)}"
        return f"it is not so that {_facts(condition.part)}"
    if isinstance(condition, Compare):
        reference = condition.reference
        value = f"the {reference.field.text} of the {reference.which} '{reference.step}'"
        return f"{condition.field.text} {_VERBS[condition.modifier]} {value}"
    if isinstance(condition, Test):
        return f"{condition.field.text} {_VERBS[condition.modifier]} {_test_values(condition)}"
    return _facts(condition)


def _facts(condition: Condition) -> str:
    if isinstance(condition, AnyOf):
        return "(" + joined([_fact(part) for part in condition.parts], "or") + ")"
    return joined([_fact(part) for part in condition.parts]) if isinstance(condition, All) else _fact(condition)


def _test_values(test: Test) -> str:
    if test.modifier == "exists":
        return "known" if test.values[0] else "not known"
    last = "nor" if test.modifier == "ne" else "or"
    return joined([str(value).lower() if isinstance(value, bool) else str(value) for value in test.values], last)
