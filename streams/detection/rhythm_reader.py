"""``silence``, ``habit`` and ``score`` as they stand in a rule file."""

from __future__ import annotations

from streams.detection.condition_reader import required_condition
from streams.detection.conditions import Condition
from streams.detection.document import Listing, Node
from streams.detection.memory import MAX_HABIT_DAYS, MAX_VISITS
from streams.detection.operators import Day, Habit, Rhythm, Score
from streams.detection.operators.window import DAY_MS
from streams.detection.reader import NO_BOUND, Reader, Section, described
from streams.detection.series_reader import whole_of

RHYTHM_KEYS = ("silence", "times", "gaps", "visit", "at_least", "at_most", "inclusive")
HABIT_KEYS = ("habit", "offset", "at_least", "within", "stopped_for", "resumed_after", "inclusive")
SCORE_KEYS = ("score", "half_life", "above", "again_below")
VISIT_MS = 30 * 60_000
_MOST_WEIGHT = 1_000
_MAX_WEIGHTS = 50


def read_rhythm(section: Section) -> Rhythm | None:
    """The silence; None when something is wrong in it."""
    reader = section.reader
    condition = required_condition(section, "silence")
    times, gaps = section.required("times", "say how many usual gaps, like times: 3"), section.value("gaps")
    factor = reader.number(times, "'times'", 1, 100) if times is not None else None
    least_gaps = reader.whole(gaps, "'gaps'", 1, MAX_VISITS - 1) if gaps is not None else 3
    most = section.required("at_most", "a rule without a bound is refused; write 'at_most', like at_most: 90d")
    at_most_ms = reader.duration(most, "'at_most'") if most is not None else None
    at_least_ms, visit_ms = section.duration("at_least"), section.duration("visit")
    if at_most_ms is not None and at_least_ms is not None and at_least_ms > at_most_ms:
        reader.note(section.key("at_least"), "'at_least' is longer than 'at_most'", "exchange them")
    inclusive = section.flag("inclusive")
    if condition is None or factor is None or least_gaps is None or at_most_ms is None:
        return None
    return Rhythm(condition, factor, least_gaps, visit_ms or VISIT_MS, at_least_ms or 0, at_most_ms, inclusive)


def read_habit(section: Section) -> Habit | None:
    """The habit; None when something is wrong in it."""
    reader = section.reader
    condition = required_condition(section, "habit")
    offset = section.value("offset")
    day = Day(reader.field(offset, "'offset'") if offset is not None else None)
    at_least = whole_of(section, "at_least", "write on how many days, like at_least: 5", 2, MAX_HABIT_DAYS)
    node = section.required("within", NO_BOUND)
    within_ms = reader.duration(node, "'within'", DAY_MS) if node is not None else None
    if node is not None and within_ms is not None and within_ms % DAY_MS:
        reader.note(node, "'within' of a habit is no number of whole days", "write like within: 14d")
    if at_least is not None and within_ms is not None and within_ms < at_least * DAY_MS:
        reader.note(section.key("at_least"), "'at_least' is more days than 'within' has", "write fewer")
    stopped_ms, resumed_ms = section.duration("stopped_for"), section.duration("resumed_after")
    if section.has("stopped_for") == section.has("resumed_after"):
        remedy = "write stopped_for: 14d, or resumed_after: 30d"
        reader.note(section.key("habit"), "'habit' needs to say what of it is the moment", remedy)
    inclusive = section.flag("inclusive")
    if condition is None or at_least is None or within_ms is None:
        return None
    return Habit(condition, day, at_least, within_ms // DAY_MS, stopped_ms, resumed_ms, inclusive)


def read_score(section: Section) -> Score | None:
    """The score; None when something is wrong in it."""
    reader = section.reader
    node = section.value("score")
    weights: list[tuple[Condition, float] | None] = []
    if not isinstance(node, Listing) or not 1 <= len(node.items) <= _MAX_WEIGHTS:
        if node is not None:
            remedy = "write a list of {event: {type: ...}, weight: 2}"
            reader.note(node, f"'score' is {described(node)}", remedy)
    else:
        weights = [_weight(reader, item) for item in node.items]
    half = section.required("half_life", "a score that never fades has no bound; write like half_life: 2d")
    half_life_ms = reader.duration(half, "'half_life'", 1_000) if half is not None else None
    limit = section.required("above", "say what the score must reach, like above: 3")
    above = reader.number(limit, "'above'", 1e-6, 1e6) if limit is not None else None
    again = section.value("again_below")
    again_below = reader.number(again, "'again_below'", 1e-6, 1e6) if again is not None else above
    if again is not None and above is not None and again_below is not None and again_below > above:
        reader.note(again, "'again_below' is higher than 'above'", "write a lower number")
    found = tuple(weight for weight in weights if weight is not None)
    if half_life_ms is None or above is None or again_below is None or not found or len(found) < len(weights):
        return None
    return Score(found, half_life_ms, above, again_below)


def _weight(reader: Reader, node: Node) -> tuple[Condition, float] | None:
    section = reader.section(node, "a part of 'score'", ("event", "weight"))
    if section is None:
        return None
    condition = required_condition(section, "event")
    number = section.required("weight", "say how much it counts, like weight: 2")
    weight = reader.number(number, "'weight'", -_MOST_WEIGHT, _MOST_WEIGHT) if number is not None else None
    return None if condition is None or weight is None else (condition, float(weight))
