"""What the mutation run leaves out as the same rule really is the same rule."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from streams.catalogue import load_catalogue, load_catalogue_tests
from streams.detection import parse_rule
from streams.detection.case_reader import Arriving, Case, parse_cases
from streams.detection.rule_tests import run_case
from tests.mutation.mutants import Mutant, equivalents

ARRIVALS = 14
SHUFFLES = 200

EQUIVALENTS = [
    (name.removesuffix(".yaml"), mutant) for name, text in load_catalogue() for mutant in equivalents(text, name)
]


def shuffled(cases: list[Case], random: Random) -> Case:
    """Touchpoints of any of the cases, each on its own time and in any order of arrival."""
    pool = [arriving.touchpoint for case in cases for arriving in case.arrivals]
    picked = [random.choice(pool) for _ in range(ARRIVALS)]
    return Case(
        "shuffled",
        1,
        cases[0].start,
        tuple(Arriving({**touchpoint, "event_id": f"e{place}"}, None) for place, touchpoint in enumerate(picked)),
        cases[0].start + 400 * 86_400_000,
        (),
    )


@pytest.mark.parametrize(("name", "mutant"), EQUIVALENTS, ids=lambda one: one.what if isinstance(one, Mutant) else one)
def test_a_change_that_is_not_counted_fires_like_the_rule_whatever_arrives_in_whatever_order(
    name: str, mutant: Mutant
) -> None:
    filename = f"{name}.test.yaml"
    cases = parse_cases(dict(load_catalogue_tests())[filename], filename, name)
    rule = replace(parse_rule(dict(load_catalogue())[f"{name}.yaml"], name), mode="live")
    random = Random(f"{name} {mutant.what}")
    lines = [shuffled(cases, random) for _ in range(SHUFFLES)]
    found = [run_case(rule, case).actual for case in lines]
    assert any(found), "no shuffle fires: nothing is compared"
    assert [run_case(replace(mutant.rule, mode="live"), case).actual for case in lines] == found


def test_lateness_is_counted_where_a_late_touchpoint_may_end_a_match() -> None:
    assert "ivr.lost" not in {name for name, mutant in EQUIVALENTS if mutant.kind == "late"}


def test_few_changes_are_left_out() -> None:
    assert sorted((name, mutant.what) for name, mutant in EQUIVALENTS) == [
        ("advocate.ready", "late: ignore"),
        ("card.lost_travelling", "late: ignore"),
        ("cart.abandoned", "late: ignore"),
        ("case.reopened", "late: ignore"),
        ("case.stalled", "late: ignore"),
        ("contact.pingpong", "detect.sequence.1.same"),
        ("contact.pingpong", "detect.sequence.2.same"),
        ("contact.pingpong", "late: ignore"),
        ("first.service", "late: ignore"),
        ("value.unused", "late: ignore"),
    ]
