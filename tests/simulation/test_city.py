"""The city itself: the same bytes from the same seed, any size, bounded memory, honest disorder."""

from __future__ import annotations

import itertools
from collections import Counter

import msgspec
import pytest

from schemas import Codec, Touchpoint
from streams.importers.json_lines import read_json_lines
from streams.simulation import TIDY, City, CityPlan, Disorder, Expected, plan_city
from tests.simulation.pipeline import START


def played(plan: CityPlan) -> tuple[list[Touchpoint], list[Expected]]:
    told: list[Expected] = []
    return list(City(plan, told.append).touchpoints()), told


def test_the_same_seed_and_size_give_the_same_bytes() -> None:
    plan = plan_city(START, customers=120, days=9, seed=5)
    codec = Codec()
    runs = [[codec.encode("Touchpoint", one) for one in City(plan, lambda _: None).touchpoints()] for _ in range(2)]
    assert runs[0] == runs[1]


def test_the_same_seed_gives_the_same_truth() -> None:
    plan = plan_city(START, customers=120, days=9, seed=5)
    assert played(plan)[1] == played(plan)[1]


def test_another_seed_gives_another_city() -> None:
    one, other = (plan_city(START, customers=120, days=3, seed=seed) for seed in (1, 2))
    assert played(one)[0] != played(other)[0]


def test_a_tidy_city_publishes_each_touchpoint_once_and_in_the_order_of_time() -> None:
    touchpoints, _ = played(plan_city(START, customers=150, days=5, disorder=TIDY))
    times = [one["occurred_at"] for one in touchpoints]
    events = Counter((one["source"], one["event_id"]) for one in touchpoints)
    # The third contact whose middle one arrives last is a planted story of its own.
    turns = sum(later < earlier for earlier, later in itertools.pairwise(times))
    assert max(events.values()) == 1
    assert turns <= len([one for one in touchpoints if one["type"] == "email.received"])


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_duplicates_come_in_their_share(share: float) -> None:
    disorder = Disorder(late=0.0, out_of_order=0.0, duplicates=share)
    touchpoints, _ = played(plan_city(START, customers=200, days=4, disorder=disorder))
    events = Counter((one["source"], one["event_id"]) for one in touchpoints)
    twice = sum(count == 2 for count in events.values())
    assert twice / len(events) == pytest.approx(share, abs=0.05)
    assert max(events.values()) <= 2


def test_an_untidy_city_publishes_late_and_out_of_order() -> None:
    disorder = Disorder(late=0.1, out_of_order=0.1, duplicates=0.0)
    touchpoints, _ = played(plan_city(START, customers=200, days=4, disorder=disorder))
    newest = 0
    behind = []
    for one in touchpoints:
        newest = max(newest, one["occurred_at"])
        behind.append(newest - one["occurred_at"])
    assert sum(late > 90_000 for late in behind) / len(behind) > 0.02
    # Most that come a minute late overtake nobody: in so small a city a minute passes without anything else.
    assert sum(0 < late <= 90_000 for late in behind) / len(behind) > 0.005


@pytest.mark.parametrize("touchpoints", [1, 500, 5000])
def test_a_size_in_touchpoints_is_reached_and_little_more(touchpoints: int) -> None:
    made, _ = played(plan_city(START, customers=300, touchpoints=touchpoints))
    begun = [one for one in made if not one["event_id"].endswith("-0")]
    assert len(made) >= touchpoints
    assert len(made) <= touchpoints + 200 + len(begun) // 10


def test_its_memory_does_not_grow_with_its_length() -> None:
    held = []
    for days in (20, 60):
        city = City(plan_city(START, customers=60, days=days, disorder=TIDY), lambda _: None)
        most = 0
        for _ in city.touchpoints():
            most = max(most, len(city._outbox) + len(city._scenes) + len(city._stage.contacts))
        held.append(most)
    assert held[1] < 1.5 * held[0]


def test_customers_who_do_nothing_take_no_room() -> None:
    city = City(plan_city(START, customers=1_000_000, touchpoints=3_000), lambda _: None)
    most = 0
    for _ in city.touchpoints():
        most = max(most, len(city._outbox) + len(city._scenes) + len(city._stage.contacts))
    assert most < 1_000


def test_its_lines_are_what_publish_reads() -> None:
    touchpoints, _ = played(plan_city(START, customers=60, days=3))
    read = [one for _, one in read_json_lines(msgspec.json.encode(one) for one in touchpoints)]
    assert read == touchpoints


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ({"customers": 0}, "customers 0: a city needs more than that; give a number above 0"),
        ({"days": -1.0}, "days -1.0: a city needs more than that; give a number above 0"),
        ({"days": 3.0, "touchpoints": 9}, "days and touchpoints both say how long the city runs; give one of them"),
        ({"disorder": Disorder(late=1.5)}, "late 1.5: a share lies between 0 and 1"),
    ],
)
def test_a_size_that_cannot_be_is_refused(size: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace(".", r"\.")):
        plan_city(START, **size)  # type: ignore[arg-type]
