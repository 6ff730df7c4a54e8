"""The shipped rules: readable, named after their files, and tested by the time lines beside them."""

from __future__ import annotations

import pytest

from streams.catalogue import load_catalogue, load_catalogue_tests
from streams.detection import parse_rule
from streams.detection.case_reader import Case, parse_cases
from streams.detection.rule_tests import run_case

RULES = {name: parse_rule(text, name) for name, text in load_catalogue()}
CASES = [
    pytest.param(name, case, id=f"{name.removesuffix('.yaml')}: {case.name}")
    for name, text in load_catalogue_tests()
    for name in [name.replace(".test.yaml", ".yaml")]
    for case in parse_cases(text, name, RULES[name].id)
]


def test_these_moments_are_shipped() -> None:
    assert [rule.id for rule in RULES.values()] == [
        "contact.bounced",
        "contact.repeated",
        "contact.third",
        "flow.abandoned",
        "ivr.abandoned",
        "queue.abandoned",
        "queue.abandoned_silent",
        "queue.long_wait",
    ]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_named_after_its_file(name: str) -> None:
    assert f"{RULES[name].id}.yaml" == name


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_where_it_comes_from_and_when_it_errs(name: str) -> None:
    assert RULES[name].references
    assert RULES[name].false_positives


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_tests_that_fire_and_tests_that_must_not(name: str) -> None:
    (cases,) = (
        parse_cases(text, test_name, RULES[name].id)
        for test_name, text in load_catalogue_tests()
        if test_name == name.replace(".yaml", ".test.yaml")
    )
    assert {bool(case.moments) for case in cases} == {True, False}


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_rule_does_what_its_time_line_says(name: str, case: Case) -> None:
    result = run_case(RULES[name], case)
    assert result.passed, f"expected {result.expected}, got {result.actual}"
