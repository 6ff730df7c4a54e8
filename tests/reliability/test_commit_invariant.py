"""R5: the group's committed offset never passes an unfinished batch, however fast those behind it are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.batching import Batch, Consumer
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.batched_reader import BatchedReader, until
from tests.reliability.sabotage import SABOTAGES

RECORDS = 8_000
HEADS = {0: 300, 2: 1_100}
"""Partitions with a slow batch, and an offset that lies in it."""


class SlowHeads:
    """Acknowledges every batch at once, but for those that hold a slow record."""

    def __init__(self) -> None:
        self.records = 0
        self.slow: dict[int, Batch] = {}
        self.finish: list[Callable[[], None]] = []

    async def receive(self, batch: Batch, acknowledge: Callable[[], None]) -> None:
        """Take a batch."""
        self.records += len(batch.records)
        slow = HEADS.get(batch.partition)
        if slow is not None and batch.first <= slow <= batch.last:
            self.slow[batch.partition] = batch
            self.finish.append(acknowledge)
        else:
            acknowledge()


async def _passed(settings: Settings, folder: Path) -> dict[int, int]:
    """By how much each partition's committed offset passes its slow batch; it ends with all of it finished."""
    _fill(settings)
    heads = SlowHeads()
    async with BatchedReader(settings, folder, heads.receive, dict.fromkeys(range(4), 0), fetch_records=100) as reader:
        await until(lambda: heads.records >= RECORDS, "all records delivered")
        passed = dict.fromkeys(HEADS, -RECORDS)
        for _ in range(10):
            await asyncio.sleep(0.1)
            committed = reader.committed()
            for partition, batch in heads.slow.items():
                passed[partition] = max(passed[partition], committed.get(partition, 0) - batch.first)
        assert reader.committed() | dict.fromkeys(HEADS) == {0: None, 1: 2_000, 2: None, 3: 2_000}
        for finish in heads.finish:
            finish()
        await until(lambda: reader.committed() == dict.fromkeys(range(4), 2_000), "the rest committed")
    return passed


async def test_r5_the_committed_offset_waits_at_the_slow_batch_and_then_catches_up(
    topics: Settings, tmp_path: Path
) -> None:
    assert await _passed(topics, tmp_path) == {0: 0, 2: 0}


async def test_r5_sabotaged_fails(topics: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Consumer, "_new_offset", Consumer._new_offset)
    SABOTAGES["commit_newest_acknowledged"]()
    passed = await _passed(topics, tmp_path)
    assert min(passed.values()) > 0


def _fill(settings: Settings) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap, "linger.ms": 20})
    for number in range(RECORDS):
        producer.produce(settings.topic(TOUCHPOINTS), b"x", partition=number % 4)
    assert producer.flush(60) == 0
