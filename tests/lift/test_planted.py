"""The measurement finds what was planted, through the real policy with its holdout."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from streams.lift import RESOLVED
from streams.simulation.effect import GOOD_END, EffectCity, EffectPlan
from tests.lift.planted import START, Told, counted, covers, lived

PLAN = EffectPlan()


@cache
def city(seed: int) -> Told:
    return lived(seed)


def truth(seed: int, plan: EffectPlan = PLAN) -> float:
    return EffectCity(plan, seed, START).truth


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_core_draws_decides_and_is_measured_as_the_short_way_says(seed: int) -> None:
    assert city(seed).lift() == counted(seed)


def test_the_interval_covers_the_truth_in_at_least_93_of_100_cities() -> None:
    assert sum(covers(counted(seed), truth(seed)) for seed in range(1, 101)) >= 93


def test_over_five_hundred_cities_the_interval_keeps_to_its_95_in_100() -> None:
    found = sum(covers(counted(seed), truth(seed)) for seed in range(1, 501))
    assert 465 <= found <= 490


def test_the_truth_of_cities_is_the_planted_one_in_the_mean() -> None:
    assert pytest.approx(0.12) == PLAN.expected
    assert sum(truth(seed) for seed in range(1, 201)) / 200 == pytest.approx(PLAN.expected, abs=0.004)


def test_with_no_effect_a_false_claim_is_as_rare_as_it_says() -> None:
    none = replace(PLAN, added=0.0)
    claims = sum(counted(seed, none).verdict() != "not shown" for seed in range(1, 201))
    assert claims <= 20


def test_a_great_effect_is_found_and_called_help() -> None:
    lift = lived(1, replace(PLAN, added=0.5, reached=1.0)).lift()
    assert lift.verdict() == "helped"


def test_an_outreach_that_puts_people_off_is_called_harm() -> None:
    lift = lived(1, replace(PLAN, by_itself=(0.6, 0.7), added=-0.5, reached=1.0)).lift()
    assert lift.verdict() == "harmed"


def test_who_may_not_be_contacted_is_in_neither_group() -> None:
    lift = city(1).lift()
    assert lift.treated.customers + lift.held_out.customers == sum(
        touchpoint["type"] == "consent.given" for touchpoint in city(1).touchpoints
    )


def test_about_thirty_in_a_hundred_are_held_out() -> None:
    lifts = [counted(seed) for seed in range(1, 21)]
    held_out, treated = (sum(getattr(lift, name).customers for lift in lifts) for name in ("held_out", "treated"))
    share = held_out / (held_out + treated)
    assert 0.27 < share < 0.33


def test_the_resolved_moment_is_the_same_good_end_where_its_rule_says_so() -> None:
    assert city(1).lift(RESOLVED) == city(1).lift(GOOD_END)


def test_a_city_is_the_same_whenever_it_is_drawn_and_another_with_another_seed() -> None:
    def drawn(seed: int) -> list[object]:
        return list(EffectCity(PLAN, seed, START).ending([]))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
