"""Windows, series and what ends their count, as they stand in a rule file."""

from __future__ import annotations

from typing import Literal

from streams.detection.condition_reader import read_clause, required_condition
from streams.detection.document import Mapping
from streams.detection.fields import Field
from streams.detection.memory import MAX_SERIES_ENTRIES
from streams.detection.operators import Baseline, Burst, Cleared, Day, Near, Series, Total, Trend, Window
from streams.detection.promise_reader import percent
from streams.detection.reader import NO_BOUND, Section
from streams.detection.state import MAX_WINDOW_ENTRIES

_WINDOW_KEYS = ("at_least", "within", "inclusive", "unless")
_TOTAL_KEYS = ("of", "at_least", "at_most", "count_at_least", "within", "inclusive", "unless")
_TREND_KEYS = ("of", "in_a_row", "within", "inclusive", "unless")
SERIES_KEYS = {
    "count": ("count", *_WINDOW_KEYS),
    "distinct": ("distinct", "of", *_WINDOW_KEYS),
    "days": ("days", "offset", *_WINDOW_KEYS),
    "sum": ("sum", *_TOTAL_KEYS),
    "mean": ("mean", *_TOTAL_KEYS),
    "falling": ("falling", *_TREND_KEYS),
    "rising": ("rising", *_TREND_KEYS),
    "baseline": ("baseline", "of", "last", "more_than", "less_than", "within", "inclusive", "unless"),
    "burst": ("burst", "at_least", "gap", "same", "near", "inclusive", "unless"),
}
_FIELD = "name the property, like amount"


def read_series(section: Section, word: str, by: tuple[Field, ...]) -> Window | Series | Cleared | None:
    """The operator; None when something is wrong in it."""
    known = len(section.reader.mistakes)
    found: Window | Series | None
    if word in ("count", "distinct", "days"):
        found = _window(section, word)
    elif word in ("sum", "mean"):
        found = _total(section, word)
    elif word in ("falling", "rising"):
        found = _trend(section, word)
    else:
        found = _baseline(section) if word == "baseline" else _burst(section)
    node = section.value("unless")
    if node is None or found is None:
        return found
    clause = read_clause(section.reader, node, "'unless'", by)
    if clause is None or len(section.reader.mistakes) > known:
        return None
    if clause.other or (clause.same is not None and clause.same not in ((), by)):
        section.reader.note(node, "'unless' of some of the fields in 'by'", "write same: [] for all, or leave it out")
    return Cleared(found, clause.condition, clause.same == ())


def within_of(section: Section) -> int | None:
    """The window, which must be there."""
    node = section.required("within", NO_BOUND)
    return section.reader.duration(node, "'within'") if node is not None else None


def whole_of(section: Section, name: str, remedy: str, low: int, high: int) -> int | None:
    """A whole number that must be there."""
    node = section.required(name, remedy)
    return section.reader.whole(node, f"'{name}'", low, high) if node is not None else None


def _window(section: Section, word: str) -> Window | None:
    field: Field | Day | None = None
    if word == "days":
        node = section.value("offset")
        field = Day(section.reader.field(node, "'offset'") if node is not None else None)
    elif word == "distinct":
        field = _field(section, "distinct")
    condition = required_condition(section, "of" if word == "distinct" else word)
    at_least = whole_of(section, "at_least", "write how many, like at_least: 3", 2, MAX_WINDOW_ENTRIES)
    within_ms, inclusive = within_of(section), section.flag("inclusive")
    if condition is None or at_least is None or within_ms is None or (word == "distinct" and field is None):
        return None
    return Window(condition, field, at_least, within_ms, inclusive)


def _total(section: Section, word: str) -> Series | None:
    reader = section.reader
    field, condition = _field(section, word), required_condition(section, "of")
    least, most, count = section.value("at_least"), section.value("at_most"), section.value("count_at_least")
    low = reader.number(least, "'at_least'") if least is not None else None
    high = reader.number(most, "'at_most'") if most is not None else None
    counted = reader.whole(count, "'count_at_least'", 1, MAX_SERIES_ENTRIES) if count is not None else 1
    if (least is None) == (most is None):
        reader.note(section.key(word), f"'{word}' needs one limit", "write at_least: 500, or at_most: 500")
    within_ms, inclusive = within_of(section), section.flag("inclusive")
    limit = low if low is not None else high
    if field is None or condition is None or limit is None or within_ms is None or counted is None:
        return None
    kind: Literal["sum", "mean"] = "sum" if word == "sum" else "mean"
    return Series(condition, Total(field, kind, limit, most is not None, within_ms, counted, inclusive))


def _trend(section: Section, word: str) -> Series | None:
    field, condition = _field(section, word), required_condition(section, "of")
    in_a_row = whole_of(section, "in_a_row", "write how many, like in_a_row: 3", 2, 50)
    within_ms, inclusive = within_of(section), section.flag("inclusive")
    if field is None or condition is None or in_a_row is None or within_ms is None:
        return None
    return Series(condition, Trend(field, word == "falling", in_a_row, within_ms, inclusive))


def _baseline(section: Section) -> Series | None:
    reader = section.reader
    field, condition = _field(section, "baseline"), required_condition(section, "of")
    last = whole_of(section, "last", "write of how many the mean is taken, like last: 3", 1, 50)
    more, less = section.value("more_than"), section.value("less_than")
    above = percent(reader, more, "'more_than'") if more is not None else None
    below = percent(reader, less, "'less_than'", 1) if less is not None else None
    if (more is None) == (less is None):
        reader.note(section.key("baseline"), "'baseline' needs one limit", "write more_than: 50%, or less_than: 50%")
    within_ms, inclusive = within_of(section), section.flag("inclusive")
    share = above if above is not None else below
    if field is None or condition is None or last is None or share is None or within_ms is None:
        return None
    return Series(condition, Baseline(field, last, share, more is not None, within_ms, inclusive))


def _burst(section: Section) -> Series | None:
    reader = section.reader
    condition = required_condition(section, "burst")
    at_least = whole_of(section, "at_least", "write how many, like at_least: 3", 2, 50)
    node = section.required("gap", "a rule without a bound is refused; write 'gap', like gap: 1s")
    gap_ms = reader.duration(node, "'gap'") if node is not None else None
    same = _field(section, "same") if section.has("same") else None
    near, inclusive = _near(section), section.flag("inclusive")
    if condition is None or at_least is None or gap_ms is None:
        return None
    return Series(condition, Burst(at_least, gap_ms, same, near, inclusive))


def _near(section: Section) -> Near | None:
    node, reader = section.value("near"), section.reader
    if node is None:
        return None
    if not isinstance(node, Mapping):
        reader.note(node, "'near' is no mapping", "write near: {x: x, y: y, distance: 30}")
        return None
    inner = reader.section(node, "'near'", ("x", "y", "distance"))
    if inner is None:
        return None
    x, y, far = _field(inner, "x"), _field(inner, "y"), inner.required("distance", "say how far, like distance: 30")
    distance = reader.number(far, "'distance'", 0, 1e9) if far is not None else None
    return Near(x, y, distance) if x is not None and y is not None and distance is not None else None


def _field(section: Section, name: str) -> Field | None:
    node = section.required(name, _FIELD)
    return section.reader.field(node, f"'{name}'") if node is not None else None
