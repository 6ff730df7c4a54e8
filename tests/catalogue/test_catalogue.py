"""The shipped rules: readable, named after their files, and tested by the time lines beside them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from streams.catalogue import load_catalogue, load_catalogue_tests
from streams.catalogue.page import PARTLY, catalogue_page
from streams.detection import RuleFileError, parse_rule
from streams.detection.case_reader import Case, parse_cases
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.fields import TOUCHPOINT_FIELDS, Field
from streams.detection.moment_types import MOMENT_TYPES
from streams.detection.rule_tests import run_case
from streams.vocabulary import shipped_vocabulary
from tests.catalogue.bounds import moved_bounds

TEXTS = dict(load_catalogue())
RULES = {name: parse_rule(text, name) for name, text in TEXTS.items()}
CASES = {
    name: parse_cases(text, test_name, RULES[name].id)
    for test_name, text in load_catalogue_tests()
    for name in [test_name.replace(".test.yaml", ".yaml")]
}

EMOTIONS = {
    "advocate.ready": "joyful",
    "bill.shock": "stressed",
    "card.lost_travelling": "vulnerable",
    "cart.abandoned": "neglected",
    "case.reopened": "frustrated",
    "case.stalled": "neglected",
    "contact.bounced": "frustrated",
    "contact.pingpong": "frustrated",
    "contact.repeated": "frustrated",
    "contact.third": "stressed",
    "delivery.anxious_checking": "anxious",
    "emotion.overload": "dominant",
    "error.burst": "frustrated",
    "feedback.declining": "neglected",
    "feedback.negative": "frustrated",
    "first.service": "joyful",
    "flow.abandoned": "frustrated",
    "form.struggle": "stressed",
    "habit.noticed": "joyful",
    "ivr.abandoned": "frustrated",
    "ivr.loop": "frustrated",
    "ivr.lost": "frustrated",
    "learning.next_step": "joyful",
    "milestone.joy": "joyful",
    "onboarding.stuck": "anxious",
    "outreach.fatigue": "neglected",
    "payment.failed_streak": "stressed",
    "price.watch": "anxious",
    "promise.broken": "frustrated",
    "promise.exceeded": "joyful",
    "promise.minimum_again": "neglected",
    "queue.abandoned": "stressed",
    "queue.abandoned_silent": "neglected",
    "queue.long_wait": "stressed",
    "rage.clicks": "frustrated",
    "silence.unusual": "neglected",
    "value.unused": "neglected",
    "vehicle.breakdown": "anxious",
}
"""Every moment of the catalogue and its emotion; ivr.lost is the second half of ivr.loop."""

UNBOUNDED = {"ivr.abandoned.yaml"}
"""Rules without any duration or number of their own: what is to be on a boundary?"""


def test_every_moment_of_the_catalogue_is_a_rule_with_the_emotion_that_it_is_named_for() -> None:
    assert {rule.id: rule.emotion for rule in RULES.values()} == EMOTIONS


def test_what_is_carried_in_part_is_shipped() -> None:
    named = {moment for moments, _ in PARTLY for moment in moments.split(", ")}
    assert named - set(EMOTIONS) == set()


def test_the_page_of_the_catalogue_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "catalogue.md"
    assert page.read_text(encoding="utf-8") == catalogue_page(), "python -m streams.catalogue > docs/catalogue.md"


def test_no_tests_stand_there_without_a_rule() -> None:
    assert sorted(CASES) == sorted(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_named_after_its_file(name: str) -> None:
    assert f"{RULES[name].id}.yaml" == name


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_where_it_comes_from_and_when_it_errs(name: str) -> None:
    assert RULES[name].references
    assert RULES[name].false_positives


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_tests_that_fire_and_tests_that_must_not(name: str) -> None:
    assert {bool(case.moments) for case in CASES[name]} == {True, False}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_a_test_in_which_a_touchpoint_arrives_out_of_order(name: str) -> None:
    times = [[arriving.touchpoint["occurred_at"] for arriving in case.arrivals] for case in CASES[name]]
    assert any(later < earlier for case in times for earlier, later in pairwise(case))


@pytest.mark.parametrize("name", sorted(set(RULES) - UNBOUNDED))
def test_a_rule_has_tests_on_its_boundaries(name: str) -> None:
    """Each bound moved by a millisecond, or by the smallest step of its number, makes a case fail."""
    moved = list(moved_bounds(TEXTS[name]))
    assert moved, "no bound was found"
    unnoticed = [what for what, text in moved if _passes(name, text)]
    assert unnoticed == []


def _passes(name: str, text: str) -> bool:
    try:
        rule = parse_rule(text, name)
    except RuleFileError:
        return False  # past what the language allows
    return all(run_case(rule, case).passed for case in CASES[name])


def test_rules_without_bounds_have_none() -> None:
    assert [name for name in RULES if not list(moved_bounds(TEXTS[name]))] == sorted(UNBOUNDED)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_names_only_types_and_properties_of_the_vocabulary(name: str) -> None:
    vocabulary = shipped_vocabulary()
    types, fields = _named(read_document(TEXTS[name], name))
    assert types - set(vocabulary.types) - MOMENT_TYPES == set()
    assert fields - set(vocabulary.properties) - set(TOUCHPOINT_FIELDS) == set()


def _named(document: Node) -> tuple[set[str], set[str]]:
    """Touchpoint types and fields that a rule names."""
    types: set[str] = set()
    fields: set[str] = set()
    for key, value in _entries(document):
        word, _, modifier = key.partition("|")
        if word == "type":
            types |= set(_texts(value))
        elif word in ("keep", "by", "same", "other", "distinct"):
            for text in _texts(value):
                fields |= {name.removeprefix("properties.") for name in Field.parse(text).names}
        elif modifier or (isinstance(value, Scalar) and key in shipped_vocabulary().properties):
            fields.add(word)
    return types, fields


def _entries(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Mapping):
        for key, value in node.entries:
            yield key.text, value
            yield from _entries(value)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _entries(item)


def _texts(node: Node) -> list[str]:
    if isinstance(node, Scalar):
        return [node.text]
    return [text for item in node.items for text in _texts(item)] if isinstance(node, Listing) else []


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{RULES[name].id}: {case.name}") for name in CASES for case in CASES[name]],
)
def test_a_rule_does_what_its_time_line_says(name: str, case: Case) -> None:
    result = run_case(RULES[name], case)
    assert result.passed, f"expected {result.expected}, got {result.actual}"
