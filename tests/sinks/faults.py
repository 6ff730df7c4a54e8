"""Runs of the loader under faults; each returns what the checker found."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from sinks import connect
from sinks.rows import TABLES
from streams.kafka import consumer_config
from streams.settings import Settings
from tests.sinks.loader_process import INSERTED, PROMISED, SETTLED, LoaderProcess
from tests.sinks.recompute import disagreements
from tests.sinks.service import Service
from tests.sinks.traffic import IDS, Traffic

SETTLE_SECONDS = 120.0
AT_RANDOM = "at random"


@dataclass
class Findings:
    """What the tables hold, held against what the broker acknowledged."""

    faults: int = 0
    rows: int = 0
    lost: int = 0
    duplicated: int = 0
    foreign: int = 0
    views: list[str] = field(default_factory=list)
    settled: bool = True

    @property
    def holds(self) -> bool:
        """Whether every acknowledged record is there once, where it lies, nothing else is, and every view agrees."""
        return self.rows > 0 and self.settled and not (self.lost or self.duplicated or self.foreign or self.views)


MOMENTS_TO_DIE = (INSERTED, SETTLED, PROMISED, AT_RANDOM)


def kill_loader(
    settings: Settings,
    folder: Path,
    *,
    kills: int,
    rows: int,
    rate: float,
    seed: int,
    moments: Sequence[str] = MOMENTS_TO_DIE,
    sabotage: str = "",
) -> Findings:
    """R1: a loader under load, killed ``kills`` times, at these moments in turn."""
    pick = random.Random(seed)
    loader = LoaderProcess(settings, "loader", folder / "loader.log", sabotage)
    traffic = Traffic(settings, folder, rows, rate, seed)
    traffic.start()
    try:
        for number in range(kills):
            moment = moments[number % len(moments)]
            if moment == AT_RANDOM:
                loader.start()
                time.sleep(pick.uniform(1.0, 3.0))
                loader.kill()
            else:
                loader.start(moment, pick.randrange(1, 12))
                assert loader.wait(60) == -9, (folder / "loader.log").read_text()[-3000:]
        loader.start()
        traffic.finish()
        return _found(settings, traffic, kills, patient=not sabotage)
    finally:
        loader.kill()


def pause_loader(settings: Settings, folder: Path, *, pauses: int, rows: int, rate: float, seed: int) -> Findings:
    """A loader paused beyond its session's end while another takes over, then woken, by turns."""
    loaders = [LoaderProcess(settings, f"loader{n}", folder / f"loader{n}.log") for n in (1, 2)]
    traffic = Traffic(settings, folder, rows, rate, seed)
    for loader in loaders:
        loader.start()
    traffic.start()
    try:
        for number in range(pauses):
            time.sleep(2.0)
            sleeper = loaders[number % 2]
            sleeper.pause()
            time.sleep(settings.session_timeout_ms / 1000 + 2)
            sleeper.resume()
        traffic.finish()
        return _found(settings, traffic, pauses)
    finally:
        for loader in loaders:
            loader.kill()


def kill_clickhouse(
    settings: Settings, service: Service, folder: Path, *, kills: int, rows: int, rate: float, seed: int
) -> Findings:
    """ClickHouse itself killed under the loader, ``kills`` times, while inserts are on their way."""
    pick = random.Random(seed)
    loader = LoaderProcess(settings, "loader", folder / "loader.log")
    traffic = Traffic(settings, folder, rows, rate, seed)
    loader.start()
    traffic.start()
    try:
        for _ in range(kills):
            time.sleep(pick.uniform(0.3, 1.5))
            service.kill()
            service.start()
        traffic.finish()
        return _found(settings, traffic, kills)
    finally:
        loader.kill()


def _found(settings: Settings, traffic: Traffic, faults: int, *, patient: bool = True) -> Findings:
    findings = Findings(faults=faults)
    findings.settled = wait_until(lambda: is_settled(settings), SETTLE_SECONDS if patient else 30.0)
    client = connect(settings)
    try:
        for topic, column in IDS.items():
            expected = traffic.witnessed(topic)
            asked = f"SELECT {column}, toString(partition), toString(offset) FROM {TABLES[topic].name}"
            stored = client.query(asked).result_rows
            ids = Counter(event_id for event_id, *_ in stored)
            findings.rows += len(stored)
            findings.lost += len(expected.keys() - ids.keys())
            findings.duplicated += sum(count - 1 for count in ids.values())
            findings.foreign += sum(not _is_at(expected.get(event_id), place) for event_id, *place in stored)
        findings.views = disagreements(client)
    finally:
        client.close()
    return findings


def _is_at(witnessed: tuple[str, str] | None, stored: Sequence[str]) -> bool:
    return witnessed is not None and all(
        known in (found, "None") for known, found in zip(witnessed, stored, strict=True)
    )


def is_settled(settings: Settings) -> bool:
    """Whether the group has committed the end of every partition, with no promise open."""
    consumer = Consumer(consumer_config(settings, **{"group.id": f"{settings.app_id}-loader"}))
    try:
        wanted = [
            TopicPartition(settings.topic(topic), number) for topic in TABLES for number in range(settings.partitions)
        ]
        for position in consumer.committed(wanted, timeout=10):
            low, high = consumer.get_watermark_offsets(position, timeout=10)
            at_end = position.offset == high or (position.offset < 0 and low == high)
            if position.metadata or not at_end:
                return False
        return True
    finally:
        consumer.close()


def wait_until(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
