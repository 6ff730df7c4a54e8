"""How a touchpoint is held against the vocabulary: what fits, and which kind of violation the rest is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Touchpoint
from streams.vocabulary import KINDS, parse_vocabulary, shipped_vocabulary
from tests.customer.log import T0, touchpoint

SMALL = parse_vocabulary(
    """
properties:
  wait_seconds: {type: number, unit: s, min: 0, max: 3600, meaning: Wait., example: 3}
  step: {type: whole, unit: "1", meaning: Step., example: 1}
  due_at: {type: time, unit: ms UTC, min: 0, meaning: Due., example: 1}
  agent: {type: text, meaning: Agent., example: a}
  metric: {type: text, values: [csat, nps], meaning: Metric., example: nps}
  first: {type: flag, meaning: First., example: true}
  score: {type: number, unit: "1", meaning: Score., example: 1}
  low: {type: number, unit: "1", meaning: Low., example: 1}
  high: {type: number, unit: "1", meaning: High., example: 1}
  reason: {type: text, meaning: Reason., example: r}
anywhere: [reason]
types:
  queue.left:
    {description: Left., channels: any, required: [wait_seconds], optional: [step, due_at, agent, metric, first]}
  case.moved: {description: Moved., channels: [voice], one_of: [agent, metric], needs: [correlation_id]}
  survey.answered:
    {description: Asked., channels: [survey], required: [score, low, high], within: {score: [low, high]}}
  profile.set: {description: Set., channels: any, open: true}
""",
    "small.yaml",
)


def made(kind: str, properties: dict[str, Any] | None = None, **fields: Any) -> Touchpoint:
    return touchpoint(1, T0, kind, properties=properties or {}, **fields)


def left(**properties: Any) -> Touchpoint:
    return made("queue.left", {"wait_seconds": 3, **properties})


FITS = {
    "the required alone": left(),
    "a number with a fraction": left(wait_seconds=3.5),
    "the least": left(wait_seconds=0),
    "the greatest": left(wait_seconds=3600.0),
    "every type": left(step=-4, due_at=T0, agent="", metric="csat", first=False),
    "a whole number written with a point": left(step=2.0),
    "a null for what is optional": left(agent=None),
    "a null for what nobody knows": left(wait_second=None),
    "what every type may carry": left(reason="moving"),
    "a firm's own property": left(x_colour="red"),
    "a firm's own type": made("x.anything", {"whatever": 1}),
    "one of two": made("case.moved", {"metric": "nps"}, correlation_id="k"),
    "a score on its scale": made("survey.answered", {"score": 7, "low": 1, "high": 7}),
    "any name where names are the content": made("profile.set", {"shoe_size": 44, "step": "three"}),
    "nothing where names are the content": made("profile.set"),
}

DOES_NOT_FIT = {
    "a type that nobody knows": (made("queue.lost"), ["unknown_type"]),
    "a property that the type has not": (left(score=3), ["unknown_property"]),
    "a property that nobody knows": (left(wait_second=3), ["unknown_property"]),
    "a required property missing": (made("queue.left"), ["missing_property"]),
    "a required property null": (left(wait_seconds=None), ["missing_property"]),
    "none of two": (made("case.moved", correlation_id="k"), ["missing_property"]),
    "one of two null": (made("case.moved", {"agent": None}, correlation_id="k"), ["missing_property"]),
    "no correlation id": (made("case.moved", {"agent": "a"}), ["missing_field"]),
    "an empty correlation id": (made("case.moved", {"agent": "a"}, correlation_id=""), ["missing_field"]),
    "a text for a number": (left(wait_seconds="3"), ["wrong_type"]),
    "a flag for a number": (left(wait_seconds=True), ["wrong_type"]),
    "a fraction for a whole number": (left(step=2.5), ["wrong_type"]),
    "infinity for a whole number": (left(step=float("inf")), ["wrong_type"]),
    "a number for a text": (left(agent=7), ["wrong_type"]),
    "a number for a flag": (left(first=1), ["wrong_type"]),
    "a text for a time": (left(due_at="2026-11-23"), ["wrong_type"]),
    "less than the least": (left(wait_seconds=-0.001), ["out_of_range"]),
    "more than the greatest": (left(wait_seconds=3600.001), ["out_of_range"]),
    "not a number": (left(wait_seconds=float("nan")), ["out_of_range"]),
    "a time before the first": (left(due_at=-1), ["out_of_range"]),
    "a text that is not meant": (left(metric="ces"), ["out_of_range"]),
    "a score above its scale": (made("survey.answered", {"score": 8, "low": 1, "high": 7}), ["out_of_range"]),
    "a score below its scale": (made("survey.answered", {"score": 0, "low": 1, "high": 7}), ["out_of_range"]),
    "a wrong type of what every type may carry": (made("profile.set", {"reason": 3}), ["wrong_type"]),
    "the same kind twice": (left(a=1, b=2), ["unknown_property"]),
    "several kinds": (
        made("queue.left", {"step": "x", "metric": "ces", "a": 1}),
        ["unknown_property", "missing_property", "wrong_type", "out_of_range"],
    ),
}


@pytest.mark.parametrize("one", FITS.values(), ids=FITS)
def test_it_fits(one: Touchpoint) -> None:
    assert (SMALL.kinds(one), list(SMALL.violations(one))) == ((), [])


@pytest.mark.parametrize(("one", "kinds"), DOES_NOT_FIT.values(), ids=DOES_NOT_FIT)
def test_it_does_not_fit_and_each_kind_is_named_once(one: Touchpoint, kinds: list[str]) -> None:
    assert list(SMALL.kinds(one)) == kinds


def test_a_violation_tells_people_what_is_wrong_and_repeats_no_value() -> None:
    one = made("queue.left", {"wait_seconds": "ann@example.org", "metric": "Ann", "mood": "Ann"})
    assert [tuple(violation) for violation in SMALL.violations(one)] == [
        ("wrong_type", "wait_seconds", "property wait_seconds is not of type number"),
        ("out_of_range", "metric", "property metric is not one of csat, nps"),
        ("unknown_property", "mood", "property mood is not one of queue.left"),
    ]


def test_one_of_two_that_is_missing_is_told_with_both_names() -> None:
    assert [violation.detail for violation in SMALL.violations(made("case.moved"))] == [
        "correlation_id is missing",
        "property agent or metric is missing",
    ]


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=3))
NAMES = st.one_of(st.sampled_from(sorted(SMALL.properties)), st.text(max_size=3))
TYPES = st.one_of(st.sampled_from(sorted(SMALL.types)), st.text(max_size=3))


@settings(max_examples=500, deadline=None)
@given(TYPES, st.dictionaries(NAMES, VALUES, max_size=6), st.sampled_from((None, "", "k")))
def test_whatever_comes_the_quick_look_says_what_the_careful_one_says(
    kind: str, properties: dict[str, Any], correlation_id: str | None
) -> None:
    one = made(kind, properties, correlation_id=correlation_id)
    found = {violation.kind for violation in SMALL.violations(one)}
    assert list(SMALL.kinds(one)) == [name for name in KINDS if name in found]


@pytest.mark.parametrize("name", shipped_vocabulary().types)
def test_each_shipped_type_filled_with_its_examples_fits(name: str) -> None:
    shipped = shipped_vocabulary()
    known = shipped.types[name]
    names = (*known.properties, *shipped.anywhere)
    examples = {one: shipped.properties[one].example for one in names}
    full = made(name, examples, correlation_id="k", session_id="s")
    assert list(shipped.violations(full)) == []
