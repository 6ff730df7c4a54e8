"""A city through a real broker and a worker process: what comes out is what its truth says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from streams.city_player import LIVE_SLACK_MS, Pace, ToKafka, play_city
from streams.codec import make_codec
from streams.definition_files import shipped_definitions
from streams.errors import Unreachable
from streams.found_moments import from_kafka
from streams.publishing import Publisher, activate
from streams.settings import Settings
from streams.simulation import City, plan_city, read_truth, score
from streams.simulation.plan import DAY_MS
from tests.reliability.running import running_worker, wait_until_applied
from tests.simulation.pipeline import START


def test_a_city_played_to_kafka_is_understood_without_an_error_of_its_own(topics: Settings, tmp_path: Path) -> None:
    codec, truth = make_codec(topics), tmp_path / "truth.jsonl"
    activate(topics, codec, [found.control for found in shipped_definitions()])
    plan = plan_city(START, customers=300, days=8, seed=3)
    with Publisher(topics, codec) as publisher:
        played = play_city(lambda tell: City(plan, tell), ToKafka(publisher), Pace(0, plan.start), truth)
    with running_worker(topics, tmp_path):
        wait_until_applied(topics)
    with truth.open("rb") as lines:
        scores = score(read_truth(lines, "truth"), from_kafka(topics, codec))
    assert {one.rule: (one.missed, one.false) for one in scores if one.unexcused} == {}
    assert sum(one.right for one in scores) > 0.9 * played.moments.total() > 100


def test_a_live_city_happens_now_and_is_understood(topics: Settings, tmp_path: Path) -> None:
    codec, truth = make_codec(topics), tmp_path / "truth.jsonl"
    activate(topics, codec, [found.control for found in shipped_definitions()])
    with running_worker(topics, tmp_path), Publisher(topics, codec) as publisher:
        started = time.time_ns() // 1_000_000
        plan = plan_city(started, customers=1500, days=4_000 / DAY_MS, seed=3)
        play_city(
            lambda tell: City(plan, tell),
            ToKafka(publisher, live=True),
            Pace(1, plan.start),
            truth,
            slack_ms=LIVE_SLACK_MS,
            until=plan.end,
        )
        wait_until_applied(topics)
        ended = time.time_ns() // 1_000_000
    with truth.open("rb") as lines:
        found = list(from_kafka(topics, codec))
        scores = score(read_truth(lines, "truth"), found)
    assert {one.rule: (one.missed, one.false) for one in scores if one.unexcused} == {}
    assert len(found) > 10
    assert all(started <= one.detected_at <= ended for one in found)


def test_moments_of_a_topic_that_is_not_there_are_not_none_but_cannot_be_read(settings: Settings) -> None:
    with pytest.raises(Unreachable, match=r"has no topic .*moments; make the topics first"):
        list(from_kafka(settings, make_codec(settings)))
