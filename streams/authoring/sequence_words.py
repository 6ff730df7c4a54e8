"""Sequences and patterns in plain sentences and as the marks of a time line."""

from __future__ import annotations

from streams.authoring.condition_words import clause_words, condition_words, duration_words, joined
from streams.authoring.told import Mark, Told, less_than
from streams.detection.clause import Clause
from streams.detection.operators import Pattern, PatternStep, Sequence


def sequence_words(sequence: Sequence) -> Told:
    """A plain sequence, step by step."""
    opening = condition_words(sequence.start)
    sentences, marks = [f"It begins with {opening}."], [Mark("o", opening)]
    for step in sequence.steps:
        guards = joined([clause_words(guard) for guard in step.guards], "or")
        what = clause_words(step.clause)
        order = "The very next touchpoint of the customer must be" if step.strict else "Later follows"
        sentences.append(f"{order} {what}{f', without {guards} between' if guards else ''}.")
        marks += [Mark("x", f"none of: {guards}")] if guards else []
        marks.append(Mark("o", f"{'next: ' if step.strict else ''}{what}"))
    _bounded(sequence, sentences, marks)
    if sequence.absence is not None:
        _absent(sequence, list(sequence.absence.clauses), sequence.absence.for_ms, sentences, marks)
    _ended(sequence.cancels, sentences, marks)
    if sequence.progress is not None:
        what = clause_words(sequence.progress)
        sentences.append(f"How far it got is kept as evidence: {what}.")
        marks.insert(1, Mark("|", f"kept as evidence: {what}"))
    return Told(sentences, marks)


def _bounded(operator: Sequence | Pattern, sentences: list[str], marks: list[Mark]) -> None:
    if operator.within_ms is not None:
        span = less_than(operator.within_ms, operator.inclusive)
        sentences.append(f"From the first step to the last it takes {span}.")
        marks.append(Mark("|", f"{span} from the first step"))


def _absent(
    operator: Sequence | Pattern, clauses: list[Clause], for_ms: int | None, sentences: list[str], marks: list[Mark]
) -> None:
    what = joined([clause_words(clause) for clause in clauses], "or") or "anything that ends it"
    until = f"for {duration_words(for_ms)} after the last step" if for_ms is not None else "until that time is over"
    edge = "; exactly at the end is still in time" if operator.inclusive else ""
    sentences.append(f"Then {what} must stay away {until}{edge}.")
    marks.append(Mark("x", f"none of: {what}, {until}"))


def _ended(cancels: tuple[Clause, ...], sentences: list[str], marks: list[Mark]) -> None:
    for clause in cancels:
        what = clause_words(clause)
        sentences.append(f"It ends without a moment as soon as there is {what}.")
        marks.append(Mark("x", f"ended by: {what}"))


_TIMES = {"next": "nothing else between them", "followed_by_any": "every choice of them", "followed_by": ""}
_SKIPS = {
    "skip_past_last": "drops what began up to its last touchpoint",
    "skip_to_next": "drops what began with its first touchpoint",
    "skip_to_first": "drops what began before the first",
    "skip_to_last": "drops what began before the last",
    "no_skip": "drops nothing",
}


def _often(step: PatternStep) -> str:
    part = step.part
    words = []
    if part.least != 1 or part.most != 1:
        number = f"{part.least}" if part.least == part.most else f"{part.least} to {part.most or 'any number of'}"
        words += [f"{number} times", _TIMES[part.inner]]
    words += ["as many as come"] if part.greedy else []
    words += ["or not at all"] if part.optional else []
    words += [f"until {condition_words(step.until)}"] if step.until is not None else []
    words += [f"less than {duration_words(step.within_ms)} after the one before"] if step.within_ms is not None else []
    return "".join(f", {word}" for word in words if word)


def pattern_words(pattern: Pattern) -> Told:
    """A pattern, step by step, and what it does with overlapping matches."""
    sentences: list[str] = []
    marks: list[Mark] = []
    if pattern.before is not None:
        what, gap = condition_words(pattern.before.condition), duration_words(pattern.before.for_ms)
        sentences.append(f"For {gap} before it begins there was no {what}.")
        marks.append(Mark("x", f"none of: {what}, for {gap}"))
    positive = [place for place, step in enumerate(pattern.steps) if not step.part.negated]
    for place, step in enumerate(pattern.steps):
        what = clause_words(step.clause)
        if step.part.negated:
            _kept_away(pattern, step, place > positive[-1], sentences, marks)
            continue
        name = f" (called {step.name})" if not step.name.startswith(("step ", "start")) else ""
        order = "It begins with" if place == positive[0] else _ORDER[step.part.contiguity]
        sentences.append(f"{order} {what}{_often(step)}{name}.")
        marks.append(Mark("o", f"{what}{_often(step)}"))
    _bounded(pattern, sentences, marks)
    _ended(pattern.cancels, sentences, marks)
    if pattern.every == "once":
        sentences.append("Only the first beginning in the customer's life counts.")
    elif pattern.every == "whole":
        sentences.append("Nothing begins while one is under way.")
    if len(positive) > 1 or pattern.skip != "skip_past_last":
        to = f" of {pattern.skip_to}" if pattern.skip_to else ""
        sentences.append(f"A match {_SKIPS[pattern.skip]}{to}.")
    if pattern.report != "complete":
        what = "What was under way when its time ran out is reported"
        sentences.append(f"{what}{' too' if pattern.report == 'both' else ', and nothing else'}.")
    return Told(sentences, marks)


_ORDER = {
    "next": "The very next touchpoint of the customer must be",
    "followed_by": "Later follows",
    "followed_by_any": "Later follows, each making a match of its own,",
}


def _kept_away(pattern: Pattern, step: PatternStep, is_last: bool, sentences: list[str], marks: list[Mark]) -> None:
    if is_last:
        clauses = [] if condition_words(step.clause.condition) == "nothing" else [step.clause]
        _absent(pattern, clauses, step.for_ms, sentences, marks)
        if step.repeat > 1:
            sentences.append(f"It fires again after each further such time, {step.repeat} times in all.")
        return
    what = clause_words(step.clause)
    span = f" for {duration_words(step.for_ms)}" if step.for_ms is not None else ""
    when = "as the very next touchpoint" if step.part.negated == "not_next" else f"between the steps{span}"
    sentences.append(f"There must not be {what} {when}.")
    marks.append(Mark("x", f"none of: {what}{span}"))
