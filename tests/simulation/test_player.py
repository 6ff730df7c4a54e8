"""Playing a city: its pace, its clock controls, and a truth file that is whole or not there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas import Control, Touchpoint
from streams.city_player import HORIZON_MS, Pace, ToFile, ToKafka, play_city
from streams.simulation import City, CityPlan, plan_city, read_truth
from streams.simulation.plan import DAY_MS
from tests.simulation.pipeline import START

PLAN = plan_city(START, customers=30, days=2)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


class Publisher:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.flushed_after = -1

    def publish(self, touchpoint: Touchpoint) -> None:
        self.records.append(touchpoint)

    def publish_control_everywhere(self, control: Control) -> None:
        self.records.append(control)

    def flush(self) -> None:
        self.flushed_after = len(self.records)


def to_kafka(plan: CityPlan, truth: Path | None = None, *, live: bool = False) -> Publisher:
    publisher: Any = Publisher()
    play_city(lambda tell: City(plan, tell), ToKafka(publisher, live=live), Pace(0, plan.start), truth)
    played: Publisher = publisher
    return played


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 3600.0), (60.0, 60.0), (3600.0, 1.0)])
def test_a_city_hour_takes_as_long_as_the_speed_says(speed: float, seconds: float) -> None:
    clock = Clock()
    pace = Pace(speed, START, lambda: clock.now, clock.sleep)
    pace.wait(START + 3_600_000)
    assert clock.now - 100.0 == pytest.approx(seconds)


def test_as_fast_as_it_goes_never_waits() -> None:
    clock = Clock()
    Pace(0, START, lambda: clock.now, clock.sleep).wait(START + DAY_MS)
    assert clock.naps == []


def test_a_pace_that_is_behind_does_not_wait() -> None:
    clock = Clock()
    pace = Pace(1.0, START, lambda: clock.now, clock.sleep)
    clock.now += 10
    pace.wait(START + 9_000)
    assert clock.naps == []


def test_a_pace_wakes_often_enough_to_be_interrupted() -> None:
    clock = Clock()
    Pace(1.0, START, lambda: clock.now, clock.sleep).wait(START + 5_000)
    assert max(clock.naps) <= 0.2


def test_the_speed_changes_no_byte() -> None:
    files = []
    for speed in (0.0, 7_200.0):
        clock, file = Clock(), io.BytesIO()
        pace = Pace(speed, PLAN.start, lambda clock=clock: clock.now, clock.sleep)  # type: ignore[misc]
        play_city(lambda tell: City(PLAN, tell), ToFile(file), pace)
        files.append(file.getvalue())
    assert files[0] == files[1]


def test_a_history_begins_with_its_clock_and_ends_with_a_tick_past_all_that_is_waited_for(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    published = to_kafka(PLAN, truth)
    first: Any = published.records[0]
    last: Any = published.records[-1]
    newest = max(one["occurred_at"] for one in published.records if "occurred_at" in one)
    with truth.open("rb") as lines:
        due = max(one.until for one in read_truth(lines, "truth").moments)
    assert (first["kind"], first["clock"]["mode"], first["clock"]["from"]) == ("clock", "event", START)
    assert last["kind"] == "tick"
    assert last["at"] > due
    assert last["at"] >= newest + HORIZON_MS
    assert first["clock"]["to"] >= newest
    assert published.flushed_after == len(published.records)


def test_a_live_city_sets_the_live_clock_and_ticks_nowhere() -> None:
    published = to_kafka(PLAN, live=True)
    kinds = [one["kind"] for one in published.records if "kind" in one]
    first: Any = published.records[0]
    assert (kinds, first["clock"]["mode"]) == (["clock"], "live")


def test_a_file_holds_a_touchpoint_a_line() -> None:
    file = io.BytesIO()
    played = play_city(lambda tell: City(PLAN, tell), ToFile(file), Pace(0, PLAN.start))
    lines = file.getvalue().splitlines()
    assert len(lines) == played.touchpoints
    assert set(msgspec.json.decode(lines[0])) == set(Touchpoint.__annotations__)


def test_the_truth_counts_what_was_played(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    played = play_city(lambda tell: City(PLAN, tell), ToFile(io.BytesIO()), Pace(0, PLAN.start), truth)
    with truth.open("rb") as lines:
        read = read_truth(lines, "truth")
    assert read.touchpoints == played.touchpoints
    assert sum(one.is_moment for one in read.moments) == played.moments.total()


def test_a_run_that_is_cut_off_leaves_no_truth(tmp_path: Path) -> None:
    class Broken(ToFile):
        def end(self, until: int) -> None:
            raise OSError("disk full")

    truth = tmp_path / "truth.jsonl"
    with pytest.raises(OSError, match="disk full"):
        play_city(lambda tell: City(PLAN, tell), Broken(io.BytesIO()), Pace(0, PLAN.start), truth)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_stops_early_publishes_the_same_up_to_there() -> None:
    whole, part = io.BytesIO(), io.BytesIO()
    play_city(lambda tell: City(PLAN, tell), ToFile(whole), Pace(0, PLAN.start))
    play_city(lambda tell: City(PLAN, tell), ToFile(part), Pace(0, PLAN.start), until=PLAN.end)
    assert whole.getvalue().startswith(part.getvalue())
    assert 0 < len(part.getvalue()) < len(whole.getvalue())


def test_a_run_that_stops_early_ticks_to_its_stop_and_no_further() -> None:
    publisher: Any = Publisher()
    play_city(lambda tell: City(PLAN, tell), ToKafka(publisher), Pace(0, PLAN.start), until=PLAN.end)
    last: Any = publisher.records[-1]
    assert (last["kind"], last["at"]) == ("tick", PLAN.end)
