"""The goal that the shipped rules' tests are held to."""

from __future__ import annotations

import pytest

from streams.catalogue import load_catalogue
from streams.detection.case_reader import parse_cases
from tests.mutation.mutants import mutants
from tests.mutation.score import Score, score_of, survives

RULE = """\
id: queue.twice
version: 1
title: Twice
description: Two long waits within an hour.
emotion: stressed
detect:
  count: {type: queue.abandoned}
  at_least: 2
  within: 1h
"""
ONE_CASE = """\
rule: queue.twice
cases:
  - name: Twice within an hour
    touchpoints: [{at: 0s, id: a, type: queue.abandoned}, {at: 1h-1ms, id: b, type: queue.abandoned}]
    moments: [{at: 1h-1ms, evidence: [a, b]}]
"""


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    return [score_of(name.removesuffix(".yaml")) for name, _ in load_catalogue()]


def test_nine_in_ten_mutants_of_the_shipped_rules_are_killed_by_their_own_tests(scores: list[Score]) -> None:
    killed, total = sum(score.killed for score in scores), sum(score.total for score in scores)
    assert killed >= 0.9 * total, f"{killed} of {total}"


def test_no_rule_hides_behind_the_others(scores: list[Score]) -> None:
    assert [(score.rule, score.killed, score.total) for score in scores if score.share < 0.9] == []


def test_what_no_case_notices_survives() -> None:
    cases = parse_cases(ONE_CASE, "queue.twice.test.yaml", "queue.twice")
    survivors = [mutant.what for mutant in mutants(RULE, "queue.twice.yaml") if survives(mutant, cases)]
    assert "within: 1h -> 3600001ms" in survivors
    assert "within: 1h -> 3599999ms" not in survivors
