"""What the city publishes is what the vocabulary says, on every channel that it knows."""

from __future__ import annotations

from functools import cache

from schemas import Touchpoint
from streams.catalogue import load_catalogue
from streams.detection import parse_rule
from streams.simulation import City, plan_city
from streams.simulation.plots import PLOTS
from streams.vocabulary import CHANNELS, shipped_vocabulary
from tests.simulation.pipeline import START


@cache
def published() -> list[Touchpoint]:
    return list(City(plan_city(START, customers=400, days=4), lambda _: None).touchpoints())


def test_every_touchpoint_fits_the_vocabulary() -> None:
    vocabulary = shipped_vocabulary()
    assert {one["type"]: wrong for one in published() if (wrong := list(vocabulary.violations(one)))} == {}


def test_the_city_lives_on_every_channel() -> None:
    assert {one["channel"] for one in published()} == set(CHANNELS)


def test_some_visitors_are_not_known_by_name() -> None:
    unknown = {one["customer_id"].partition(":")[0] for one in published() if not one["identified"]}
    assert unknown == {"anon"}


def test_every_plot_names_rules_that_are_shipped() -> None:
    shipped = {parse_rule(text, name).id for name, text in load_catalogue()}
    assert {rule for plot in PLOTS for rule in plot.rules} <= shipped


def test_no_two_plots_have_the_same_name() -> None:
    names = [plot.name for plot in PLOTS]
    assert len(names) == len(set(names))
