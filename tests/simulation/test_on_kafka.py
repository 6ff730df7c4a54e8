"""A city through a real broker and a worker process: what comes out is what its truth says."""

from __future__ import annotations

from pathlib import Path

from streams.city_player import Pace, ToKafka, play_city
from streams.codec import make_codec
from streams.definition_files import shipped_definitions
from streams.found_moments import from_kafka
from streams.publishing import Publisher, activate
from streams.settings import Settings
from streams.simulation import City, plan_city, read_truth, score
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
