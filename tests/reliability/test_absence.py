"""What does not happen is noticed: with no further record, also after a restart, and again in a replay."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from schemas import Codec, Moment
from streams.controls import activation
from streams.publishing import Publisher
from streams.settings import Settings
from streams.topics import MOMENTS, TOUCHPOINTS
from tests.customer.log import touchpoint
from tests.kafka.reader import Record, read
from tests.reliability.oracle import compare
from tests.reliability.running import running_worker, wait_for, wait_until_applied

CODEC = Codec()
RULE = """
id: flow.abandoned
version: 1
title: Gave up in the middle
description: Some seconds of silence.
emotion: frustrated
detect:
  sequence:
    - start: {type: flow.started}
    - silent_for: {seconds}s
  cancelled_by: {type: flow.completed}
by: [correlation_id]
"""


def _publish(settings: Settings, *kinds: str, customers: int = 1) -> int:
    """Touchpoints of each customer now; the latest ``occurred_at``."""
    now = time.time_ns() // 1_000_000
    with Publisher(settings, CODEC) as publisher:
        for number, kind in itertools.product(range(customers), kinds):
            made = touchpoint(0, now, kind, f"c{number}", event_id=f"{kind}-{now}-{number}", correlation_id="k")
            publisher.publish(made)
    return now


def _activate(settings: Settings, seconds: int = 3) -> None:
    text = RULE.replace("{seconds}", str(seconds))
    with Publisher(settings, CODEC) as publisher:
        publisher.publish_control_everywhere(activation("rule", "flow.abandoned", 1, text))


def _moments(settings: Settings) -> list[Moment]:
    return [CODEC.decode(record.value, "Moment")[1] for record in read(settings, MOMENTS)]  # type: ignore[misc]


def _ticks(settings: Settings) -> list[Record]:
    return [record for record in read(settings, TOUCHPOINTS) if _is_tick(record)]


def _is_tick(record: Record) -> bool:
    return dict(record.headers).get("ce_type") == b"momentous.control.tick"


def test_an_absence_fires_by_a_tick_with_no_further_event_and_a_replay_of_the_log_fires_the_same_bytes(
    topics: Settings, tmp_path: Path
) -> None:
    _activate(topics)
    with running_worker(topics, tmp_path):
        wait_until_applied(topics)
        at = _publish(topics, "flow.started")
        wait_for(lambda: len(_moments(topics)) == 1, "the moment", 30)
        wait_until_applied(topics)
    assert [moment["detected_at"] for moment in _moments(topics)] == [at + 3_000]
    assert len(_ticks(topics)) >= 1
    assert compare(topics).holds


def test_an_absence_that_fell_due_while_no_worker_ran_fires_at_the_restart_with_its_own_time(
    topics: Settings, tmp_path: Path
) -> None:
    _activate(topics, seconds=5)
    with running_worker(topics, tmp_path):
        wait_until_applied(topics)
        at = _publish(topics, "flow.started")
        wait_until_applied(topics)
    time.sleep(max(0.0, at / 1000 + 5.5 - time.time()))
    before = _moments(topics)
    with running_worker(topics, tmp_path):
        wait_for(lambda: len(_moments(topics)) == 1, "the moment", 30)
        wait_until_applied(topics)
    assert before == []
    assert [moment["detected_at"] for moment in _moments(topics)] == [at + 5_000]
    assert compare(topics).holds


def test_many_absences_take_at_most_one_tick_in_50_ms_each_partition(topics: Settings, tmp_path: Path) -> None:
    _activate(topics)
    with running_worker(topics, tmp_path):
        wait_until_applied(topics)
        for _ in range(20):
            _publish(topics, "flow.started", customers=40)
            time.sleep(0.02)
        wait_for(lambda: len(_moments(topics)) == 800, "all moments", 30)
        wait_until_applied(topics)
    for partition in range(topics.partitions):
        times = [record.timestamp for record in _ticks(topics) if record.partition == partition]
        # The lane paces by its own clock; the broker stamps what arrives, a moment later.
        assert len(times) > 2
        assert (len(times) - 1) * 50 <= times[-1] - times[0] + 500
    assert compare(topics).holds
