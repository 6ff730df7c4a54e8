"""The shipped rules in the whole core: what their cases expect, though every touchpoint is delivered twice."""

from __future__ import annotations

from typing import Any

import pytest

from streams.catalogue import load_catalogue, load_catalogue_tests
from streams.customer.seen import REMEMBERED_MS
from streams.detection import parse_rule
from streams.detection.case_reader import Arriving, Case, parse_cases
from streams.detection.moment_types import MOMENT_TYPES
from tests.customer.log import CODEC, Log, Outcome

TEXTS = {parse_rule(text, name).id: text for name, text in load_catalogue()}
CASES = {
    rule_id: parse_cases(text, name, rule_id)
    for name, text in load_catalogue_tests()
    for rule_id in [name.removesuffix(".test.yaml")]
}


def publishable(case: Case) -> bool:
    """Moments of other rules stand in some cases; nobody can publish those."""
    return not any(arriving.touchpoint["type"] in MOMENT_TYPES for arriving in case.arrivals)


def found(rule_id: str, case: Case) -> list[tuple[Any, ...]]:
    """The moments of a partition in which each touchpoint is appended when the case says, again at once, and once
    more at the end where its event is still remembered."""
    log, clock = Log(), case.start
    log.emotions(clock)
    log.rule(clock, TEXTS[rule_id])
    for arriving in case.arrivals:
        clock = max(clock, _clock(arriving))
        for _ in range(2):
            log.raw(clock, CODEC.encode("Touchpoint", arriving.touchpoint))
    if case.until is not None:
        clock = max(clock, case.until)
        log.tick(clock)
    for arriving in case.arrivals:
        if clock - _clock(arriving) < REMEMBERED_MS:
            log.raw(clock, CODEC.encode("Touchpoint", arriving.touchpoint))
    return [
        (moment["detected_at"], tuple(one["event_id"] for one in moment["evidence"]), moment["context"])
        for moment in Outcome().play(log.records).moments
        if moment["phase"] == "detected"
    ]


def _clock(arriving: Arriving) -> int:
    return arriving.touchpoint["occurred_at"] if arriving.clock is None else arriving.clock


@pytest.mark.parametrize("rule_id", TEXTS)
def test_touchpoints_that_are_delivered_twice_make_the_moments_of_the_case(rule_id: str) -> None:
    unlike = []
    for case in filter(publishable, CASES[rule_id]):
        moments = found(rule_id, case)
        expected = [
            (one.at, one.evidence, context if one.context is None else one.context)
            for one, (_, _, context) in zip(case.moments, moments, strict=False)
        ]
        if moments != expected or len(moments) != len(case.moments):
            unlike.append((case.name, moments))
    assert unlike == []


@pytest.mark.parametrize("rule_id", TEXTS)
def test_some_case_of_each_rule_makes_a_moment_of_touchpoints_alone(rule_id: str) -> None:
    assert any(case.moments for case in CASES[rule_id] if publishable(case))
