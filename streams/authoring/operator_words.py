"""What each operator looks for, in plain sentences and as the marks of a time line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.authoring.condition_words import condition_words, duration_words, fields_words, joined
from streams.authoring.sequence_words import pattern_words, sequence_words
from streams.authoring.told import Mark, Told, less_than
from streams.detection.felt import EMOTIONS
from streams.detection.fields import Field
from streams.detection.operators import (
    Baseline,
    Burst,
    Cleared,
    Day,
    Either,
    Event,
    Habit,
    Level,
    Operator,
    Pattern,
    Promise,
    Ratio,
    Rhythm,
    Score,
    Sequence,
    Series,
    Total,
    Trend,
    Window,
)


def operator_words(operator: Operator) -> Told:
    """How it comes to a moment.

    Raises:
        KeyError: an operator that nobody has found words for.
    """
    return _WORDS[type(operator)](operator)


def _event(event: Event) -> Told:
    what = condition_words(event.condition)
    return Told([f"It fires at each touchpoint that is {what}."], [Mark("o", what)])


def _counted(field: Field | Day | None, number: int) -> str:
    if isinstance(field, Day):
        days = "the customer's own days" if field.offset is not None else "days of UTC"
        offset = f" (by {field.offset.text})" if field.offset is not None else ""
        return f"touchpoints on at least {number} different days, {days}{offset},"
    if field is None:
        return f"at least {number} touchpoints"
    return f"at least {number} different values of {field.text}, one each from touchpoints"


def _window(window: Window) -> Told:
    what, span = condition_words(window.condition), less_than(window.within_ms, window.inclusive)
    counted = _counted(window.field, window.at_least)
    return Told(
        [f"It fires when there are {counted} that are {what}.", f"First and last of them lie {span} apart."],
        [Mark("o", what), Mark("|", f"{counted.removesuffix(',')}, {span} from first to last"), Mark("o", "the last")],
    )


def _cleared(cleared: Cleared) -> Told:
    told, what = operator_words(cleared.inner), condition_words(cleared.unless)
    whose = "all counts of the customer" if cleared.of_all else "the count"
    told.sentences.append(f"A touchpoint that is {what} ends {whose}: what came up to it counts no more.")
    return Told(told.sentences, [*told.marks[:-1], Mark("x", f"none of: {what}"), told.marks[-1]])


def _series(series: Series) -> Told:
    what, judge = condition_words(series.condition), series.judge
    if isinstance(judge, Burst):
        return _burst(what, judge)
    assert isinstance(judge, Total | Trend | Baseline)
    span = less_than(judge.within_ms, judge.inclusive)
    if isinstance(judge, Total):
        limit = f"{'at most' if judge.is_upper else 'at least'} {judge.limit:g}"
        found = f"the {judge.kind} of {judge.field.text} is {limit}, over at least {judge.least_count} of them"
    elif isinstance(judge, Trend):
        way = "lower" if judge.falls else "higher"
        found = f"{judge.in_a_row} of them in a row have each a {way} {judge.field.text} than the one before"
    else:
        way = "above" if judge.is_above else "below"
        mean = f"the mean of the {judge.last} before"
        found = f"{judge.field.text} is more than {100 * judge.share:g} % {way} {mean}"
    return Told(
        [f"It looks at touchpoints that are {what}.", f"It fires when {found}, all {span} apart."],
        [Mark("o", what), Mark("|", f"all {span} apart"), Mark("o", found)],
    )


def _burst(what: str, burst: Burst) -> Told:
    gap = less_than(burst.gap_ms, burst.inclusive)
    places = [f"with the same {burst.same.text}"] if burst.same is not None else []
    if burst.near is not None:
        near = burst.near
        places.append(f"at most {near.distance:g} away by {near.x.text} and {near.y.text}")
    where = f" and {joined(places, 'or')}" if places else ""
    return Told(
        [
            f"It fires at {burst.at_least} or more touchpoints that are {what}.",
            f"Each comes {gap} after the one before{where}.",
        ],
        [
            Mark("o", what),
            Mark("|", f"each {gap} after the one before{where}"),
            Mark("o", f"at least {burst.at_least}"),
        ],
    )


def _rhythm(rhythm: Rhythm) -> Told:
    what = condition_words(rhythm.condition)
    wait = f"{rhythm.times:g} times the customer's usual gap"
    least, most = duration_words(rhythm.at_least_ms), duration_words(rhythm.at_most_ms)
    last = " The millisecond at the end still counts as in time." if rhythm.inclusive else ""
    return Told(
        [
            f"A visit is {what}; what comes less than {duration_words(rhythm.visit_ms)} after its begin belongs to it.",
            f"The usual gap between visits is known after {rhythm.least_gaps} of them.",
            f"It fires when none of that comes for {wait}, at least {least} and at most {most}.{last}",
        ],
        [Mark("o", what), Mark("x", f"none of that for {wait}, {least} to {most}")],
    )


def _habit(habit: Habit) -> Told:
    what = condition_words(habit.condition)
    formed = f"on at least {habit.at_least} of {duration_words(habit.within_days * 86_400_000)}"
    told = [f"There is a habit when {what} comes {formed}."]
    if habit.stopped_ms is not None:
        gap = duration_words(habit.stopped_ms)
        return Told(
            [*told, f"It fires when that then stays away for {gap}."],
            [Mark("o", f"{what}, {formed}"), Mark("x", f"none of that for {gap}")],
        )
    gap = duration_words(habit.resumed_ms or 0)
    return Told(
        [*told, f"It fires when it is taken up again after {gap} or more without."],
        [Mark("o", f"{what}, {formed}"), Mark("x", f"none of that for {gap}"), Mark("o", "again")],
    )


def _score(score: Score) -> Told:
    sentences, marks = [], []
    for condition, weight in score.weights:
        what = condition_words(condition)
        sentences.append(f"{what} counts {weight:+g}.")
        marks.append(Mark("o", f"{weight:+g}  {what}"))
    half = duration_words(score.half_life_ms)
    sentences.append(f"The first of these that fits counts; the sum halves every {half}.")
    sentences.append(
        f"It fires when the sum reaches {score.above:g}, and again only after it fell below {score.again_below:g}."
    )
    return Told(sentences, [*marks, Mark("|", f"halves every {half}; reaches {score.above:g}")])


def _level(level: Level) -> Told:
    named = joined([EMOTIONS[place] for place in level.emotions], "and")
    return Told(
        [
            f"The customer's emotional levels of {named} are added up.",
            f"It fires when the sum reaches {level.above:g}, and again only after it fell below {level.again_below:g}.",
            "Its emotion is the one of the highest level.",
        ],
        [Mark("o", "what moves a level"), Mark("|", f"{named} reach {level.above:g} together")],
    )


def _ratio(ratio: Ratio) -> Told:
    asks, uses = condition_words(ratio.asks), condition_words(ratio.uses)
    span = less_than(ratio.within_ms, ratio.inclusive)
    limit = f"more than {ratio.above:g} for each touchpoint that is {uses}"
    return Told(
        [
            f"It counts touchpoints that are {asks}, first and last of them {span} apart.",
            f"It fires at the last of at least {ratio.at_least} of them when they are {limit} since the first.",
        ],
        [Mark("o", asks), Mark("|", f"at least {ratio.at_least}, {span} from first to last"), Mark("o", limit)],
    )


def _either(either: Either) -> Told:
    told = [operator_words(part) for part in either.parts]
    sentences = [f"It shows in {len(told)} ways; each counts for itself."]
    for number, one in enumerate(told, 1):
        sentences += [f"{number}. {one.sentences[0]}", *one.sentences[1:]]
    marks = [mark for one in told for mark in (Mark("|", "or"), *one.marks)]
    return Told(sentences, marks[1:])


def _promise(promise: Promise) -> Told:
    made, kept = condition_words(promise.made), condition_words(promise.kept)
    sentences = [f"A promise begins with {made}; its due time is {promise.due.text}, at most "]
    sentences[0] += f"{duration_words(promise.at_most_ms)} ahead."
    sentences.append(f"It is kept by {kept}.")
    if promise.changed is not None:
        sentences.append(f"It is changed by {condition_words(promise.changed)}.")
    if promise.cancelled is not None:
        sentences.append(f"It ends without a verdict with {condition_words(promise.cancelled)}.")
    if promise.quantity is not None and promise.delivered is not None:
        by = f"{promise.delivered.text} against {promise.quantity.text}"
        more = f"; exceeded from {100 * (promise.surplus or 0):g} % more on"
        sentences.append(f"It is measured by {by}, minimum up to {100 * promise.shortfall:g} % less{more}.")
    if promise.tolerance_ms:
        sentences.append(f"Less than {duration_words(promise.tolerance_ms)} late is the tolerated minimum.")
    if promise.early_ms is not None:
        sentences.append(f"At least {duration_words(promise.early_ms)} early is more than was promised.")
    level = joined(promise.levels, "or")
    often = (
        f"{promise.at_least} such promises come less than {duration_words(promise.within_ms)} apart"
        if promise.within_ms
        else ""
    )
    sentences.append(f"It fires when the level is {level}{', and ' + often if often else ''}.")
    marks = [Mark("o", made)]
    if promise.changed is not None:
        marks.append(Mark("|", f"changed by: {condition_words(promise.changed)}"))
    if promise.cancelled is not None:
        marks.append(Mark("x", f"ended by: {condition_words(promise.cancelled)}"))
    marks += [Mark("|", f"until {promise.due.text}"), Mark("o", f"{kept}, or nothing: {level}")]
    return Told(sentences, [*marks, *([Mark("|", often)] if often else [])])


_WORDS: dict[type, Callable[[Any], Told]] = {
    Cleared: _cleared,
    Either: _either,
    Event: _event,
    Habit: _habit,
    Level: _level,
    Pattern: pattern_words,
    Promise: _promise,
    Ratio: _ratio,
    Rhythm: _rhythm,
    Score: _score,
    Sequence: sequence_words,
    Series: _series,
    Window: _window,
}


def by_words(fields: tuple[Field, ...]) -> str:
    """Whose touchpoints belong together."""
    return f"All touchpoints of one match agree on {fields_words(fields)}." if fields else ""
