"""The ``promise`` operator as it stands in a rule file."""

from __future__ import annotations

import math
import re

from streams.detection.condition_reader import optional_condition, required_condition
from streams.detection.document import Node, Scalar
from streams.detection.fields import Field
from streams.detection.memory import MAX_PROMISE_RESULTS
from streams.detection.operators import Promise
from streams.detection.operators.promise import LEVELS, Level
from streams.detection.reader import NO_BOUND, Reader, Section, described

PROMISE_KEYS = (
    "promise",
    "due",
    "at_most",
    "kept_by",
    "changed_by",
    "cancelled_by",
    "quantity",
    "delivered",
    "level",
    "exceeded_by",
    "tolerance",
    "at_least",
    "within",
    "inclusive",
)
_PERCENT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?%")


def read_promise(section: Section) -> Promise | None:
    """The operator; None when something is wrong in it."""
    reader = section.reader
    known = len(reader.mistakes)
    made, kept = required_condition(section, "promise"), required_condition(section, "kept_by")
    changed, cancelled = optional_condition(section, "changed_by"), optional_condition(section, "cancelled_by")
    due = _field(section, "due", required=True)
    bound = section.required("at_most", "say how far ahead a due time may be, like at_most: 90d")
    at_most_ms = reader.duration(bound, "'at_most'") if bound is not None else None
    quantity, delivered = _field(section, "quantity"), _field(section, "delivered")
    if section.has("quantity") != section.has("delivered"):
        word = "quantity" if section.has("quantity") else "delivered"
        reader.note(section.key(word), f"'{word}' alone", "name both: quantity: promised, delivered: delivered")
    levels = _levels(section)
    by_quantity = section.has("quantity")
    early, tolerance = _margin(section, "exceeded_by", by_quantity), _margin(section, "tolerance", by_quantity)
    if "exceeded" in levels and not section.has("exceeded_by"):
        example = "20%" if by_quantity else "2h"
        reader.note(section.key("level"), "'exceeded' without 'exceeded_by'", f"say by how much: {example}")
    if "minimum" in levels and not section.has("tolerance"):
        example = "10%" if by_quantity else "1d"
        reader.note(section.key("level"), "'minimum' without 'tolerance'", f"say how much is tolerable: {example}")
    number, span = section.value("at_least"), section.value("within")
    at_least = reader.whole(number, "'at_least'", 2, MAX_PROMISE_RESULTS) if number is not None else 1
    if number is not None and span is None:
        reader.note(section.key("at_least"), "'at_least' without 'within'", NO_BOUND)
    if span is not None and number is None:
        reader.note(section.key("within"), "'within' without 'at_least'", "say how many, or leave it out")
    within_ms = section.duration("within")
    inclusive = section.flag("inclusive")
    if len(reader.mistakes) > known or made is None or kept is None or due is None or at_most_ms is None:
        return None
    return Promise(
        made=made,
        kept=kept,
        changed=changed,
        cancelled=cancelled,
        due=due,
        levels=levels,
        at_most_ms=at_most_ms,
        early_ms=int(early) if early is not None and not by_quantity else None,
        tolerance_ms=int(tolerance) if tolerance is not None and not by_quantity else 0,
        quantity=quantity,
        delivered=delivered,
        surplus=early if by_quantity else None,
        shortfall=tolerance if by_quantity and tolerance is not None else 0.0,
        at_least=at_least or 1,
        within_ms=within_ms or 0,
        inclusive=inclusive,
    )


def _levels(section: Section) -> tuple[Level, ...]:
    node = section.required("level", f"one or more of {', '.join(LEVELS)}")
    if node is None:
        return ()
    return section.reader.listing(node, "'level'", lambda item, _: section.reader.choice(item, "level", LEVELS)) or ()


def _field(section: Section, name: str, required: bool = False) -> Field | None:
    node = section.required(name, "name the property that has it, like due_at") if required else section.value(name)
    return section.reader.field(node, f"'{name}'") if node is not None else None


def _margin(section: Section, name: str, is_share: bool) -> float | None:
    """Milliseconds, or a share of 1."""
    node = section.value(name)
    if node is None or not is_share:
        return None if node is None else section.reader.duration(node, f"'{name}'", 0)
    return percent(section.reader, node, f"'{name}'")


def percent(reader: Reader, node: Node, what: str, most: float = math.inf) -> float | None:
    """A percentage like ``50%`` as a share of 1."""
    found = _PERCENT.fullmatch(node.text) if isinstance(node, Scalar) else None
    if found is None or float(found[1]) / 100 > most:
        reader.note(node, f"{what} is {described(node)}", "write a percentage, like 50%")
        return None
    return float(found[1]) / 100
