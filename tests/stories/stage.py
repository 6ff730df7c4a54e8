"""A story played through a partition that runs what is shipped, and what came of it."""

from __future__ import annotations

from functools import cache

from schemas import Control, Decision, Moment, Touchpoint, Trigger
from streams.controls import tick
from streams.definition_files import shipped_definitions
from streams.demo.stories import Story, stories
from tests.customer.log import CODEC, DAY, Log, Outcome, played

START = 1_795_996_800_000
"""2026-11-30 00:00 UTC, in ms: when the stories begin."""


def story_of(emotion: str) -> Story:
    """The story with that feeling in it."""
    (found,) = (story for story in stories(START) if story.emotion == emotion)
    return found


def without(touchpoints: list[Touchpoint], *kinds: str) -> list[Touchpoint]:
    """The story as if these had not happened."""
    return [touchpoint for touchpoint in touchpoints if touchpoint["type"] not in kinds]


@cache
def _definitions() -> tuple[Control, ...]:
    return tuple(definition.control for definition in shipped_definitions())


def play(touchpoints: list[Touchpoint]) -> Outcome:
    """What is shipped, a history's clock, the touchpoints in the order given, and a day to the closing tick."""
    times = [touchpoint["occurred_at"] for touchpoint in touchpoints]
    values = tuple(CODEC.encode("Touchpoint", touchpoint) for touchpoint in touchpoints)
    return _outcome(min(times), max(times), touchpoints[0]["customer_id"].encode(), values)


@cache
def _outcome(first: int, last: int, key: bytes, values: tuple[bytes, ...]) -> Outcome:
    """The same story has the same outcome, so it is played once."""
    log = Log()
    for control in _definitions():
        log.control(START, control)
    log.history(START, first, last)
    for value in values:
        log.raw(START, value, key)
    log.control(START, tick(last + DAY))
    return played(log)


def moments(outcome: Outcome, rule: str) -> list[Moment]:
    """The moments of a rule, detected and resolved."""
    return [moment for moment in outcome.moments if moment["rule"] == rule]


def decision(outcome: Outcome, rule: str) -> Decision:
    """The one decision about a rule's moments."""
    (found,) = (decision for decision in outcome.decisions if decision["rule"] == rule)
    return found


def triggers(outcome: Outcome, rule: str) -> list[Trigger]:
    """The outreach that a rule's moments led to."""
    return [trigger for trigger in outcome.triggers if trigger["rule"] == rule]
