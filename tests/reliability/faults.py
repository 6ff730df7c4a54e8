"""Runs of the worker under faults; each returns what the checker found."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.kafka.reader import read
from tests.kafka.witness import acknowledged
from tests.reliability.load import Load
from tests.reliability.oracle import Comparison, compare, partition_records
from tests.reliability.worker import WorkerProcess

SETTLE_TIMEOUT_S = 120.0


def kill_worker(
    settings: Settings, folder: Path, *, kills: int, events: int, rate: int, seed: int, sabotage: str = ""
) -> Comparison:
    """R3: one worker under load, killed ``kills`` times, each time a moment after it got somewhere.

    The load is of ``events`` at least: it goes on until the last kill, however long workers take to start.
    """
    pick = random.Random(seed)
    worker = WorkerProcess(settings, "w1", folder / "worker.log", sabotage)
    load = Load(settings, folder / "witness.tsv", 1_000_000, rate, seed)
    worker.start()
    load.start()
    try:
        for _ in range(kills):
            before = _committed(settings)
            _wait_until(lambda before=before: _committed(settings) > before, 30.0, fail=True)  # type: ignore[misc]
            time.sleep(pick.uniform(0.0, 1.5))
            worker.kill()
            worker.start()
        load.finish(events)
        return settled(settings, load, patient=not sabotage)
    finally:
        load.finish()
        worker.kill()


def pause_worker(
    settings: Settings, folder: Path, *, pauses: int, events: int, rate: int, seed: int, sabotage: str = ""
) -> Comparison:
    """R7: a worker paused beyond its session's end while another takes over, then woken."""
    workers = [WorkerProcess(settings, f"w{number}", folder / f"worker{number}.log", sabotage) for number in (1, 2)]
    load = Load(settings, folder / "witness.tsv", events, rate, seed)
    for worker in workers:
        worker.start()
    load.start()
    try:
        for number in range(pauses):
            time.sleep(settings.session_timeout_ms / 1000)
            sleeper = workers[number % 2]
            sleeper.pause()
            time.sleep(settings.session_timeout_ms / 1000 + 4)
            sleeper.resume()
        return settled(settings, load, patient=not sabotage)
    finally:
        for worker in workers:
            worker.resume()
            worker.kill()


def settled(settings: Settings, load: Load, *, patient: bool) -> Comparison:
    """Wait until the log is applied to its end and nothing is due, then hold it against the oracle."""
    load.join()
    if load.failure is not None:
        raise load.failure
    _wait_until(lambda: _is_applied(settings), SETTLE_TIMEOUT_S if patient else 30.0, fail=patient)
    result = compare(settings)
    # A sound worker needs the last deadlines' ticks; a broken one needs the time to do its damage.
    ends = time.monotonic() + 30.0
    while result.holds != patient and time.monotonic() < ends:
        time.sleep(2.0)
        result = compare(settings)
    _hold_against_witness(settings, load.path, result)
    return result


def _is_applied(settings: Settings) -> bool:
    applied = {number: record.applied for number, record in partition_records(settings).items()}
    ends: dict[int, int] = {}
    for record in read(settings, TOUCHPOINTS):
        ends[record.partition] = record.offset
    return all(applied.get(number, -1) >= end for number, end in ends.items())


def _committed(settings: Settings) -> int:
    """How far the group's committed offsets have come: a hint that the worker gets on."""
    consumer = Consumer(consumer_config(settings, **{"group.id": settings.app_id}))
    try:
        topic = settings.topic(TOUCHPOINTS)
        partitions = [TopicPartition(topic, number) for number in range(settings.partitions)]
        return sum(max(0, found.offset) for found in consumer.committed(partitions, timeout=10))
    finally:
        consumer.close()


def _hold_against_witness(settings: Settings, path: Path, result: Comparison) -> None:
    """Every acknowledged record is in the log where the broker said it is."""
    log = {(record.partition, record.offset) for record in read(settings, TOUCHPOINTS)}
    lost = [one for one in acknowledged(path) if (one.partition, one.offset) not in log]
    if lost:
        result.missing += len(lost)
        result.examples.append(f"{len(lost)} acknowledged records are not in the log")


def _wait_until(condition: Callable[[], bool], timeout_s: float, *, fail: bool) -> None:
    ends = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > ends:
            if fail:
                raise TimeoutError(f"the log was not applied to its end within {timeout_s:.0f} s")
            return
        time.sleep(0.5)
