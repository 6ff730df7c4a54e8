"""A sequence as it stands in a rule file: its steps, and what they need of each other."""

from __future__ import annotations

from streams.detection.clause import Clause
from streams.detection.condition_reader import read_clause, read_clauses
from streams.detection.conditions import Condition, references
from streams.detection.document import Listing, Mapping
from streams.detection.fields import Field
from streams.detection.operators import Absence, Before, Pattern, PatternStep, Sequence, Step
from streams.detection.operators.automaton import TooIntricate, automaton
from streams.detection.operators.pattern import EVERY, REPORTS, Every, Report, Skip
from streams.detection.reader import NO_BOUND, Reader, Section, described
from streams.detection.step_reader import NEGATED, Item, read_item

SEQUENCE_KEYS = ("sequence", "within", "inclusive", "cancelled_by", "progress", "every", "skip", "report")
MAX_STEPS = 16
_SKIPS: tuple[Skip, ...] = ("skip_past_last", "no_skip", "skip_to_next")
_SKIPS_TO: tuple[Skip, ...] = ("skip_to_first", "skip_to_last")


def read_sequence(section: Section, by: tuple[Field, ...]) -> Sequence | Pattern | None:
    """The sequence; a pattern where the steps ask for more than order. None when something is wrong in it."""
    reader = section.reader
    node = section.value("sequence")
    if not isinstance(node, Listing) or not 1 <= len(node.items) <= MAX_STEPS:
        if node is not None:
            shown = f"{len(node.items)} steps" if isinstance(node, Listing) else described(node)
            reader.note(node, f"'sequence' has {shown}", f"write a list of 2 to {MAX_STEPS} steps")
        return None
    known = len(reader.mistakes)
    reader.steps = []
    read = [read_item(reader, entry, place, by) for place, entry in enumerate(node.items)]
    cancelled, progressed = section.value("cancelled_by"), section.value("progress")
    cancels = read_clauses(reader, cancelled, "'cancelled_by'", by) if cancelled is not None else ()
    reader.steps = None
    progress = read_clause(reader, progressed, "'progress'", by) if progressed is not None else None
    within_ms, inclusive = section.duration("within"), section.flag("inclusive")
    items = [item for item in read if item is not None]
    every, (skip, skip_to), report = _every(section), _skip(section, items), _report(section)
    if len(items) < len(read):
        return None
    _check_order(reader, items, section)
    if len(reader.mistakes) > known or cancels is None or every is None or report is None:
        return None
    conditions = [clause.condition for clause in cancels]
    if (every, skip, report) == ("first_step", "skip_past_last", "complete") and _is_plain(items, conditions):
        steps, absence = _assembled(items[1:])
        start = items[0].condition
        return None if start is None else Sequence(start, steps, absence, within_ms, cancels, progress, inclusive)
    if progressed is not None:
        reader.note(section.key("progress"), "'progress' in such a sequence", "write a step with optional: true")
        return None
    before, rest = _before(items)
    try:
        automaton(tuple(item.part for item in rest))
    except TooIntricate as error:
        remedy = "write fewer repeats, fewer optional steps, or two rules"
        reader.note(section.key("sequence"), f"'sequence' needs {error}", remedy)
        return None
    return Pattern(
        tuple(_pattern_step(item) for item in rest), within_ms, before, cancels, inclusive, every, skip, skip_to, report
    )


def _every(section: Section) -> Every | None:
    node = section.value("every")
    return "first_step" if node is None else section.reader.choice(node, "every", EVERY)


def _report(section: Section) -> Report | None:
    node = section.value("report")
    return "complete" if node is None else section.reader.choice(node, "report", REPORTS)


def _skip(section: Section, items: list[Item]) -> tuple[Skip, str]:
    node, reader = section.value("skip"), section.reader
    if node is None:
        return "skip_past_last", ""
    if not isinstance(node, Mapping):
        return reader.choice(node, "skip", _SKIPS) or "skip_past_last", ""
    inner = reader.section(node, "'skip'", _SKIPS_TO)
    for word in _SKIPS_TO:
        named = inner.value(word) if inner is not None else None
        if named is None:
            continue
        names = [item.name for item in items if item.word not in NEGATED]
        name = reader.choice(named, "step", tuple(names))
        once = next((item for item in items if item.name == name and item.part.most == 1), None)
        if name is not None and name == names[0] and (word == "skip_to_first" or once is not None):
            reader.note(named, f"'{word}' the opening itself, again and again", "name a later step, or write no_skip")
        return word, name or ""
    reader.note(node, "'skip' names no step", "write like skip: {skip_to_last: start}")
    return "skip_past_last", ""


def _is_plain(items: list[Item], cancels: list[Condition]) -> bool:
    positive = [place for place, item in enumerate(items) if item.word not in NEGATED]
    return (
        all(item.is_plain for item in items)
        and not any(references(condition) for condition in cancels)
        and all(item.for_ms is None for item in items[: positive[-1]])
    )


def _check_order(reader: Reader, items: list[Item], section: Section) -> None:
    begin = 1 if items[0].word == "not_before" else 0
    if len(items) == begin:
        reader.note(items[0].node, "nothing follows", "go on with '- start: {type: ...}'")
        return
    if items[begin].word != "start":
        reader.note(items[begin].node, f"the first step is '{items[begin].word}'", "begin with '- start: {type: ...}'")
    if len(items) == 1 and items[0].part.most == 1 and not section.has("every"):
        reader.note(section.key("sequence"), "'sequence' has 1 steps", f"write a list of 2 to {MAX_STEPS} steps")
    _check_places(reader, items, begin)
    _check_absences(reader, items, section)
    _check_bound(reader, items, section)


def _check_places(reader: Reader, items: list[Item], begin: int) -> None:
    for place, item in enumerate(items):
        if item.word == "start" and place > begin:
            reader.note(item.node, "a second 'start'", "write followed_by")
        if item.word == "not_before" and place:
            reader.note(item.node, "'not_before' after a step", "put it first, or write not_followed_by")
        if item.word == "not_before" and item.for_ms is None:
            reader.note(item.node, "'not_before' has no 'for'", "say for how long, like for: 30d")
        follows = place + 1 < len(items) and items[place + 1].word
        if item.word == "not_next" and follows in NEGATED:
            reader.note(item.node, f"'not_next' before '{follows}'", "put a step between them")
    positive = [item for item in items if item.word not in NEGATED]
    if positive and all(item.part.optional for item in positive):
        reader.note(positive[0].node, "every step is optional", "let one be required")


def _check_absences(reader: Reader, items: list[Item], section: Section) -> None:
    positive = [place for place, item in enumerate(items) if item.word not in NEGATED]
    last = positive[-1] if positive else -1
    bounds = 0
    for place, item in enumerate(items):
        if place < last and item.word == "silent_for":
            reader.note(item.node, "'silent_for' between two steps", "write not_followed_by with 'for'")
        if item.repeat > 1 and (place < last or item.for_ms is None):
            reader.note(item.node, "'repeat' without an absence at the end with 'for'", "leave it out")
        if place > last and item.for_ms is not None:
            bounds += 1
            if bounds == 2:
                reader.note(item.node, "a second time for the absence", "keep one")
        if item.word == "silent_for" and not section.has("cancelled_by"):
            reader.note(
                item.node, "'silent_for' without 'cancelled_by'", "say in 'cancelled_by' what breaks the silence"
            )


def _check_bound(reader: Reader, items: list[Item], section: Section) -> None:
    positive = [item for item in items if item.word not in NEGATED]
    trailing = items[-1].word in NEGATED
    timed = any(item.for_ms is not None for item in items if item.word not in ("not_before",)) and trailing
    stepwise = all(item.within_ms is not None and item.part.most is not None for item in positive[1:])
    stepwise = stepwise and bool(positive) and (positive[0].part.most == 1 or positive[0].within_ms is not None)
    single = len(positive) == 1 and positive[0].part.most == 1
    if not section.has("within") and not (stepwise and (not trailing or timed)):
        reader.note(section.key("sequence"), "'sequence' has no 'within'", NO_BOUND)
    if section.has("within") and single and timed:
        reader.note(section.key("within"), "'within' has nothing to bound", "leave it out: 'for' bounds the absence")


def _before(items: list[Item]) -> tuple[Before | None, list[Item]]:
    first = items[0]
    if first.word != "not_before" or first.condition is None or first.for_ms is None:
        before, rest = None, items
    else:
        before, rest = Before(first.condition, first.for_ms), items[1:]
    last = max(place for place, item in enumerate(rest) if item.word not in NEGATED)
    return before, [*rest[: last + 1], *sorted(rest[last + 1 :], key=lambda item: item.for_ms is not None)]


def _pattern_step(item: Item) -> PatternStep:
    assert item.clause is not None
    return PatternStep(item.name, item.clause, item.part, item.until, item.within_ms, item.for_ms, item.repeat)


def _assembled(items: list[Item]) -> tuple[tuple[Step, ...], Absence | None]:
    steps: list[Step] = []
    negated: list[Item] = []
    for item in items:
        if item.word in NEGATED:
            negated.append(item)
        elif item.clause is not None:
            steps.append(Step(item.clause, item.word == "next", _clauses(negated)))
            negated = []
    if not negated:
        return tuple(steps), None
    for_ms = next((item.for_ms for item in negated if item.for_ms is not None), None)
    return tuple(steps), Absence(_clauses(negated), for_ms)


def _clauses(items: list[Item]) -> tuple[Clause, ...]:
    return tuple(item.clause for item in items if item.clause is not None and item.word != "silent_for")
