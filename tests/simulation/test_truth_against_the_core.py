"""End to end without Kafka: every shipped rule finds what the city's own account says, no more and no less."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from streams.catalogue import load_catalogue
from streams.city_player import Pace, play_city
from streams.detection import parse_rule
from streams.simulation import TIDY, City, Disorder, RuleScore, plan_city, read_truth, score
from tests.simulation.pipeline import START, Core, Outcome, ToCore, detect

UNTIDY = Disorder(late=0.05, out_of_order=0.1, duplicates=0.1)


@cache
def played(disorder: Disorder) -> Outcome:
    return detect(plan_city(START, customers=500, days=9, seed=11, disorder=disorder))


def scores(disorder: Disorder) -> dict[str, RuleScore]:
    outcome = played(disorder)
    return {one.rule: one for one in score(outcome.truth, outcome.found)}


def test_in_a_tidy_city_precision_and_recall_are_1_for_every_moment() -> None:
    found = scores(TIDY)
    assert {name: (one.missed, one.false) for name, one in found.items() if not one.is_perfect} == {}


def test_every_moment_that_the_truth_knows_happens_and_is_found() -> None:
    assert [name for name, one in scores(TIDY).items() if not one.right] == []


def test_late_double_and_disordered_touchpoints_cost_only_what_the_truth_says() -> None:
    assert {name: one.unexcused for name, one in scores(UNTIDY).items() if one.unexcused} == {}


def test_what_lateness_costs_is_told_with_its_reason() -> None:
    excused = {name: set(one.excused) for name, one in scores(UNTIDY).items() if one.excused}
    assert excused["flow.abandoned"] == {
        "false: the ending arrived after the half hour was over, though it occurred within"
    }
    assert excused["queue.abandoned"] == {
        "missed: it arrived more than seven days after a later touchpoint of the customer, and was not applied"
    }


def test_everyday_life_causes_moments_too() -> None:
    everyday = {name for name, one in scores(TIDY).items() if one.expected > one.planted}
    assert everyday >= {
        "contact.repeated",
        "contact.third",
        "flow.abandoned",
        "ivr.abandoned",
        "queue.abandoned",
        "queue.abandoned_silent",
        "queue.long_wait",
        "promise.broken",
        "silence.unusual",
    }


def test_the_core_saw_the_disorder() -> None:
    counters = played(UNTIDY).counters
    assert counters["duplicate"] > 0.05 * counters["in"]
    assert counters["out_of_order"] > 0
    assert counters["late"] > 0
    assert "dead" not in counters
    assert "dropped" not in counters


@pytest.mark.parametrize("disorder", [TIDY, UNTIDY], ids=["tidy", "untidy"])
def test_the_truth_knows_every_shipped_rule(disorder: Disorder) -> None:
    known = set(played(disorder).truth.heading.rules)
    shipped = {parse_rule(text, name).id for name, text in load_catalogue()}
    assert known == shipped
    assert {one.rule for one in played(disorder).found} <= known


def test_a_moment_taken_away_and_one_put_in_show_in_the_score() -> None:
    outcome = played(TIDY)
    taken, others = outcome.found[0], outcome.found[1:]
    one = {one.rule: one for one in score(outcome.truth, others)}[taken.rule]
    assert (one.missed, one.false, one.unexcused) == (1, 0, 1)
    foreign = taken._replace(opening="another-event")
    other = {one.rule: one for one in score(outcome.truth, [*outcome.found, foreign])}[taken.rule]
    assert (other.missed, other.false, other.unexcused) == (0, 1, 1)


def test_a_city_that_stops_early_has_a_truth_up_to_there(tmp_path: Path) -> None:
    plan = plan_city(START, customers=500, days=5, seed=4)
    core, truth = Core(plan), tmp_path / "truth.jsonl"
    play_city(lambda tell: City(plan, tell), ToCore(core), Pace(0, plan.start), truth, until=plan.end)
    with truth.open("rb") as lines:
        found = score(read_truth(lines, "truth"), core.found)
    assert {one.rule: (one.missed, one.false) for one in found if one.unexcused} == {}
    assert sum(one.right for one in found) > 100
