"""Changes of a rule's text that change nothing it does, so that no case could ever notice them."""

from __future__ import annotations

from dataclasses import replace

from streams.detection import Rule
from streams.detection.clause import Clause
from streams.detection.fields import Field
from streams.detection.operators.either import Either
from streams.detection.operators.operator import Operator
from streams.detection.operators.pattern import Pattern
from streams.detection.operators.sequence import Sequence


def meaning(rule: Rule) -> Rule:
    """The rule without what it says in vain: two rules of one meaning fire alike, whatever arrives.

    - ``late`` where no late touchpoint meets a partial match that could tell it from one in time;
    - at a step of a sequence, ``same`` with the fields that the step would compare anyway.
    """
    detect = rule.detect
    if isinstance(detect, Sequence):
        steps = tuple(replace(step, clause=_plain(step.clause, rule.by)) for step in detect.steps)
        rule = replace(rule, detect=replace(detect, steps=steps))
    return rule if lateness_matters(detect) else replace(rule, late="ignore")


def lateness_matters(detect: Operator) -> bool:
    """Whether a touchpoint that is late for a partial match can do anything to it.

    It is late when it lies before the newest touchpoint of the match and not before the opening (what
    lies before that is no part of any match). A match that waits with its opening alone knows no such
    touchpoint. One that has more cannot take it as a step, as no step lies before the one it follows:
    it can only be progress, end the match, or be one more of a step that repeats.
    """
    if isinstance(detect, Either):
        return any(lateness_matters(part) for part in detect.parts)
    if isinstance(detect, Sequence):
        if detect.progress is not None:
            return True
        taken = len(detect.steps) + (detect.absence is not None)  # while it waits, the opening included
        ends = detect.cancels or detect.absence or any(step.guards or step.strict for step in detect.steps)
        return taken > 1 and bool(ends)
    if isinstance(detect, Pattern):
        parts = [step.part for step in detect.steps]
        positive = [part for part in parts if not part.negated]
        waits_at_end = bool(parts[-1].negated) or detect.report != "complete"
        return len(positive) + waits_at_end > 2 or any(part.repeats or part.optional for part in positive)
    return True


def _plain(clause: Clause, by: tuple[Field, ...]) -> Clause:
    anyway = tuple(field for field in by if field not in clause.other)
    return replace(clause, same=None) if clause.same is not None and set(clause.same) == set(anyway) else clause
