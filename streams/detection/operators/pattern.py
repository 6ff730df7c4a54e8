"""Patterns: sequences with quantifiers, branches, absences anywhere, and a say in what overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from streams.detection.clause import Clause
from streams.detection.conditions import Condition, references
from streams.detection.fields import Field
from streams.detection.operators.automaton import ONE, Part, ends_greedily
from streams.detection.operators.operator import Frame, Late
from streams.detection.operators.pattern_run import PatternListener, PatternTimer

Every = Literal["first_step", "whole", "once"]
Skip = Literal["skip_past_last", "no_skip", "skip_to_next", "skip_to_first", "skip_to_last"]
Report = Literal["complete", "unfinished", "both"]

EVERY: tuple[Every, ...] = ("first_step", "whole", "once")
REPORTS: tuple[Report, ...] = ("complete", "unfinished", "both")


@dataclass(frozen=True, slots=True)
class PatternStep:
    """One entry of a pattern.

    ``within_ms``: it must come less than that after the touchpoint taken before it. ``for_ms``, of
    a ``not_followed_by``: the absence lasts so long after the touchpoint before it; between two
    steps the later one is awaited only then. ``repeat``: an absence at the end is reported again
    after each further ``for_ms``, at most so often in all.
    """

    name: str
    clause: Clause
    part: Part = ONE
    until: Condition | None = None
    within_ms: int | None = None
    for_ms: int | None = None
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Before:
    """An absence before the start: a match begins only if this did not happen for ``for_ms``.

    What happened before the customer's first touchpoint is not known, so it counts from there.
    """

    condition: Condition
    for_ms: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """Matches as its steps say; a touchpoint may advance many partial matches and branch them.

    ``every``: each touchpoint that meets the start begins a partial match (*first_step*), only
    while none of the same correlation is live (*whole*), or only the first in the customer's life
    (*once*); both make at most one match of it. A last step that is greedy is complete when it can
    take no more: at its most, when a touchpoint breaks or ends it, or when time is up.
    ``skip``: which partial matches of the same correlation a match drops: those that began up to
    its last touchpoint (*skip_past_last*), with its first (*skip_to_next*), from its first on but
    before the first or last touchpoint of the step ``skip_to``, or none. Of matches that complete together the one
    that began first comes first. ``report``: also, or only, partial matches whose time ran out.
    """

    default_late: ClassVar[Late | None] = "ignore"

    steps: tuple[PatternStep, ...]
    within_ms: int | None = None
    before: Before | None = None
    cancels: tuple[Clause, ...] = ()
    inclusive: bool = False
    every: Every = "first_step"
    skip: Skip = "skip_past_last"
    skip_to: str = ""
    report: Report = "complete"

    def conditions(self) -> Iterator[Condition]:
        """All of them."""
        for step in self.steps:
            yield step.clause.condition
            if step.until is not None:
                yield step.until
        yield from (clause.condition for clause in self.cancels)
        if self.before is not None:
            yield self.before.condition

    def types(self) -> frozenset[str]:
        """Touchpoint types that it names."""
        return frozenset().union(*(condition.types() for condition in self.conditions()))

    def keeps(self) -> tuple[Field, ...]:
        """Fields of earlier steps that later ones are compared with."""
        found = (one.field for condition in self.conditions() for one in references(condition))
        return tuple(dict.fromkeys(found))

    def listener(self, touchpoint_type: str | None, frame: Frame) -> PatternListener | None:
        """Bound to a touchpoint type; with a strict step it listens to every type."""
        listener = PatternListener(self, touchpoint_type, frame)
        return listener if listener.can_matter else None

    def timer(self, frame: Frame) -> PatternTimer | None:
        """Completes absences, and tells of partial matches whose time ran out."""
        parts = tuple(step.part for step in self.steps)
        waits = self.report != "complete" or parts[-1].negated == "not_followed_by" or ends_greedily(parts)
        return PatternTimer(self) if waits else None
