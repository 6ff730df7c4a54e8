"""``ratio`` as it stands in a rule file."""

from __future__ import annotations

from streams.detection.condition_reader import required_condition
from streams.detection.memory import MAX_ASKS
from streams.detection.operators import Ratio
from streams.detection.reader import NO_BOUND, Section
from streams.detection.series_reader import whole_of

RATIO_KEYS = ("ratio", "to", "above", "at_least", "within", "inclusive")


def read_ratio(section: Section) -> Ratio | None:
    """The ratio; None when something is wrong in it."""
    reader = section.reader
    asks, uses = required_condition(section, "ratio"), required_condition(section, "to")
    limit = section.required("above", "say how many for each of the others, like above: 3")
    above = reader.number(limit, "'above'", 0.01, MAX_ASKS) if limit is not None else None
    at_least = whole_of(section, "at_least", "write how many it takes, like at_least: 5", 2, MAX_ASKS)
    node = section.required("within", NO_BOUND)
    within_ms = reader.duration(node, "'within'") if node is not None else None
    inclusive = section.flag("inclusive")
    if asks is None or uses is None or above is None or at_least is None or within_ms is None:
        return None
    return Ratio(asks, uses, float(above), at_least, within_ms, inclusive)
