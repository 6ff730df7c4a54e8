"""History in a real Kafka."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from schemas import Codec
from streams.backtest import KafkaSource, NoHistory, file_source
from streams.backtest.source import Wanted
from streams.errors import Unreachable
from streams.history import play
from streams.publishing import Publisher
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.backtest.conftest import Made
from tests.backtest.small_history import history
from tests.kafka.reader import read


def publish(settings: Settings) -> None:
    with Publisher(settings, Codec()) as publisher:
        play(publisher, history())


def test_a_history_that_was_played_into_the_topic_gives_the_same_report_as_its_file(
    topics: Settings, folder: Path, made: Made
) -> None:
    publish(topics)
    there = made(KafkaSource(topics, Codec()))
    here = made(file_source(folder / "history.jsonl"))
    assert there.side == here.side
    assert there.overlaps == here.overlaps
    assert there.examples == here.examples
    assert there.history.fates["control"] > 0
    assert there.history.read - there.history.fates["control"] == 13


def test_nothing_is_written_to_any_topic_and_no_group_is_left_behind(topics: Settings, made: Made) -> None:
    publish(topics)
    before = {topic: len(read(topics, topic)) for topic in (TOUCHPOINTS, "moments", "decisions", "outreach.triggers")}
    made(KafkaSource(topics, Codec()))
    assert {topic: len(read(topics, topic)) for topic in before} == before


def test_bytes_that_are_no_touchpoint_are_counted_and_passed_over(topics: Settings, made: Made) -> None:
    publish(topics)
    with Publisher(topics, Codec()) as publisher:
        publisher._produce(b"a", b"\1 nonsense", [], 0)
    report = made(KafkaSource(topics, Codec()))
    assert report.history.fates["unreadable"] == 1
    assert report.side.moments == 4


def test_what_comes_after_the_source_was_made_is_no_history_yet(topics: Settings) -> None:
    publish(topics)
    source = KafkaSource(topics, Codec())
    total = source.total
    publish(topics)
    everything = Wanted(None, 2**60, lambda kind: True, lambda kind: True)
    assert sum(1 for lane in source.lanes(everything) for _ in lane) == total


def test_an_empty_topic_and_a_missing_one_are_told_apart(topics: Settings) -> None:
    with pytest.raises(NoHistory, match="is empty; publish touchpoints"):
        KafkaSource(topics, Codec())
    elsewhere = msgspec.structs.replace(topics, topic_prefix="nobody.")
    with pytest.raises(Unreachable, match=r"no topic nobody\.touchpoints; .*look at MOMENTOUS_TOPIC_PREFIX"):
        KafkaSource(elsewhere, Codec())
