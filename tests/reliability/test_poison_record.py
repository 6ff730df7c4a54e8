"""R12: a record at which the core raises costs one dead letter, and the partition goes on within 5 s."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from schemas import Codec
from streams.publishing import Publisher
from streams.settings import Settings
from streams.topics import DEAD
from tests.customer.log import touchpoint
from tests.kafka.reader import read
from tests.reliability.oracle import partition_records
from tests.reliability.running import running_worker, wait_for

CODEC = Codec()
CUSTOMERS = 40


def _publish(settings: Settings, round_: int, kind: str) -> None:
    now = time.time_ns() // 1_000_000
    with Publisher(settings, CODEC) as publisher:
        for number in range(CUSTOMERS):
            publisher.publish(touchpoint(round_ * CUSTOMERS + number, now, kind, f"c{number}"))


def _counted(settings: Settings, outcome: str) -> int:
    return sum(record.counters[outcome] for record in partition_records(settings).values())


def _goes_on(settings: Settings, folder: Path, faults: str) -> bool:
    """Whether what follows the poison in every partition is taken in within 20 s."""
    with running_worker(settings, folder, sabotage=faults):
        _publish(settings, 0, "page.viewed")
        wait_for(lambda: _counted(settings, "accepted") == CUSTOMERS, "the first round")
        _publish(settings, 1, "poison")
        _publish(settings, 2, "page.viewed")
        try:
            wait_for(lambda: _counted(settings, "accepted") == 2 * CUSTOMERS, "the round after the poison", 20.0)
        except TimeoutError:
            return False
    return True


def test_r12_the_partition_goes_on_with_one_dead_letter_for_each_poisonous_record(
    topics: Settings, tmp_path: Path
) -> None:
    assert _goes_on(topics, tmp_path, "poison")
    letters = [CODEC.decode(record.value, "DeadLetter")[1] for record in read(topics, DEAD)]
    assert {(letter["stage"], letter["reason"], letter["detail"]) for letter in letters} == {
        ("apply", "apply_error", "ZeroDivisionError in the core")
    }
    assert sorted(letter["key"] for letter in letters) == sorted(f"c{number}".encode() for number in range(CUSTOMERS))
    assert _counted(topics, "dead") == CUSTOMERS


@pytest.mark.chaos
def test_r12_sabotaged_fails(topics: Settings, tmp_path: Path) -> None:
    assert not _goes_on(topics, tmp_path, "poison swallow_poison")
