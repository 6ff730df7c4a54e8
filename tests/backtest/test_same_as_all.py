"""The fast way (a glance at most touchpoints, everything for few customers) against the whole way, over a city.

The whole way is a partition that takes in every record of the log, as the worker's does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from schemas import Codec, Touchpoint
from streams.backtest import Choice, WarmUp, backtest, choose, read_period
from streams.backtest.glance import Glancer, Item, Turn
from streams.backtest.source import LOG, Wanted
from streams.backtest.tally import Tally
from streams.backtest.world import World
from streams.catalogue import load_catalogue
from streams.controls import history_clock, tick
from streams.simulation import City, Disorder, plan_city

CODEC = Codec()
START = 1_767_571_200_000
"""2026-01-05 00:00 UTC, in ms."""
PERIOD = read_period("2026-01-05", "2026-02-05", "Europe/Berlin")
ALL = WarmUp(None, "all")

RULES = (
    "queue.long_wait",
    "queue.abandoned_silent",
    "contact.repeated",
    "flow.abandoned",
    "promise.broken",
    "card.lost_travelling",
    "silence.unusual",
)


@cache
def city() -> tuple[Touchpoint, ...]:
    plan = plan_city(START, customers=150, days=8, seed=3, disorder=Disorder(0.02, 0.04, 0.02))
    return tuple(City(plan, lambda moment: None).touchpoints())


class Logged:
    """The city as a log of bytes, with its clock; appended in a minute, as a history is."""

    clock = LOG
    title = "a city"

    def __init__(self) -> None:
        self.total: int | None = None
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.customers: int | None = None
        last = max(touchpoint["occurred_at"] for touchpoint in city())
        self._values = [
            CODEC.encode("Control", history_clock(START, last)),
            *(CODEC.encode("Touchpoint", touchpoint) for touchpoint in city()),
            CODEC.encode("Control", tick(last + 7 * 86_400_000)),
        ]

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        glance = Glancer(CODEC)
        yield (glance(value, START) for value in self._values)


@cache
def choice_of(rule: str) -> Choice:
    """Of a shipped rule, or of a file."""
    return choose(rule, "none", [])


@cache
def whole_way(rule: str) -> Tally:
    """Every record of the log through a partition with all rules and the policy."""
    candidate = choice_of(rule).candidate
    tally = Tally(candidate.rule.id, PERIOD)
    world = World(choice_of(rule).together(candidate), tally)
    source = Logged()
    for lane in source.lanes(Wanted(None, PERIOD.end, lambda kind: True, lambda kind: True)):
        for item in lane:
            if isinstance(item, Turn):
                world.control(item.control, item.appended_at)
            else:
                whole = CODEC.decode(item.whole)[1]  # type: ignore[union-attr, arg-type]
                world.take(whole, item.appended_at)  # type: ignore[arg-type]
        world.end(PERIOD.end)
    return tally


def fast_way(rule: str) -> Tally:
    found: list[Tally] = []

    class Kept(Tally):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            found.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.backtest.run.Tally", Kept)
        choice = choice_of(rule)
        policy = choice.together(choice.candidate).policy
        backtest(Logged(), choice, policy, PERIOD, ALL, CODEC)
    (tally,) = found
    return tally


def told(tally: Tally) -> list[tuple[object, ...]]:
    return sorted(
        (moment_id, row.customer_id, row.detected_at, row.status, row.reason, row.action, row.channel, row.resolved)
        for moment_id, row in tally.rows.items()
    )


@pytest.mark.parametrize("rule", RULES)
def test_moments_and_decisions_are_those_of_the_whole_way(rule: str) -> None:
    expected = told(whole_way(rule))
    assert len(expected) > 0
    assert told(fast_way(rule)) == expected


def test_a_rule_over_emotional_levels_hears_all_other_rules_in_the_fast_way_too(tmp_path: Path) -> None:
    text = dict(load_catalogue())["emotion.overload.yaml"]
    file = tmp_path / "emotion.overload.yaml"
    file.write_text(text.replace("above: 4", "above: 1").replace("again_below: 2", "again_below: 0.5"))
    expected = told(whole_way(str(file)))
    assert len(expected) > 0
    assert told(fast_way(str(file))) == expected
