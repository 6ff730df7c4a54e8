"""A worker process for a test, and waiting for what it does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.reliability.oracle import partition_records
from tests.reliability.worker import WorkerProcess


@contextmanager
def running_worker(
    settings: Settings, folder: Path, instance: str = "w1", sabotage: str = ""
) -> Iterator[WorkerProcess]:
    """A worker that runs; it is killed at the end, and its log shown if the test fails."""
    log = folder / f"{instance}.log"
    worker = WorkerProcess(settings, instance, log, sabotage)
    worker.start()
    try:
        yield worker
    except BaseException:
        sys.stderr.write(log.read_text(errors="replace")[-4000:])
        raise
    finally:
        worker.kill()


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> float:
    """Wait until the condition holds; how many seconds it took. TimeoutError names what did not come."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > timeout_s:
            raise TimeoutError(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - started


def ends(settings: Settings) -> dict[int, int]:
    """The end offset of each touchpoints partition."""
    consumer = Consumer(consumer_config(settings, **{"group.id": "ends"}))
    try:
        topic = settings.topic(TOUCHPOINTS)
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
            for number in range(settings.partitions)
        }
    finally:
        consumer.close()


def wait_until_applied(settings: Settings, timeout_s: float = 60.0) -> None:
    """Wait until every partition is applied to the last record that lies in it now.

    The end of a partition may be a transaction's marker, which is no record.
    """
    goals = ends(settings)

    def applied() -> bool:
        records = partition_records(settings)
        return all(
            goal == 0 or (number in records and records[number].applied >= goal - 2) for number, goal in goals.items()
        )

    wait_for(applied, f"partitions applied up to {goals}", timeout_s)
