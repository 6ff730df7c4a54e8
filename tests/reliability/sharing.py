"""R6: workers that come and go while they share the partitions, under load."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.customer.ledger import PARTITION_KEY
from streams.kafka import client_config, consumer_config
from streams.settings import Settings
from streams.topics import CHANGELOG, TOUCHPOINTS
from tests.kafka.reader import read
from tests.reliability.faults import settled
from tests.reliability.load import Load
from tests.reliability.oracle import Comparison
from tests.reliability.running import wait_for
from tests.reliability.worker import WorkerProcess

SHARING_SABOTAGES = ("no_drain commits_wait_at_changes no_fencing",)
"""Alone neither does harm: who drains needs no fence, and who is fenced need not drain. The slow
commits are no sabotage; they make it certain that a transaction is in hand at the change."""

LONGEST_STANDSTILL_S = 60.0
CHANGE_TIMEOUT_S = 60.0
SABOTAGED_TIMEOUT_S = 15.0
_SETTLED_S = 1.0
"""Load goes on for this long after each change, so that changes are told apart."""


@dataclass
class Sharing:
    """What the checker found, and how long partitions stood still.

    Attributes:
        comparison: the outputs held against the oracle.
        joins: of each, the longest that any partition went without a transaction, in seconds, by
            the append times of the partition records.
        leaves: the same.
    """

    comparison: Comparison
    joins: list[float]
    leaves: list[float]

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, twice or out of order, and no partition stood still for too long."""
        return self.comparison.holds and max(self.joins + self.leaves) <= LONGEST_STANDSTILL_S


@dataclass(frozen=True)
class Change:
    """A worker joined or left; ``at`` in ms UTC."""

    what: str
    at: int


def share_partitions(
    settings: Settings,
    folder: Path,
    *,
    cycles: int,
    most: int,
    rate: int,
    seed: int,
    leave: bool = True,
    sabotage: str = "",
) -> Sharing:
    """Workers 1 -> ``most`` -> 1, ``cycles`` times, each change a moment after the last one took hold.

    Which ones leave is left to the seed, so the first one leaves too. They leave by SIGTERM; with
    ``leave`` False none does.
    """
    pick = random.Random(seed)
    if sabotage:
        settings = msgspec.structs.replace(settings, transaction_timeout_ms=30_000)
    workers = {f"w{n}": WorkerProcess(settings, f"w{n}", folder / f"w{n}.log", sabotage) for n in range(1, most + 1)}
    load = Load(settings, folder / "witness.tsv", 1_000_000, rate, seed)
    running = ["w1"]
    changes: list[Change] = []
    patient = not sabotage
    workers["w1"].start()
    load.start()
    try:
        _wait_until_shared(settings, running, patient=patient)
        for _ in range(cycles):
            for name in sorted(workers.keys() - set(running)):
                changes.append(Change("join", _now()))
                workers[name].start()
                running.append(name)
                _wait_until_shared(settings, running, patient=patient)
                time.sleep(_SETTLED_S + pick.uniform(0.0, 1.0))
            for name in pick.sample(running, most - 1 if leave else 0):
                changes.append(Change("leave", _now()))
                workers[name].stop()
                running.remove(name)
                _wait_until_shared(settings, running, patient=patient)
                time.sleep(_SETTLED_S + pick.uniform(0.0, 1.0))
        ended = _now()
        load.finish()
        comparison = settled(settings, load, patient=patient)
    finally:
        load.finish()
        for worker in workers.values():
            worker.kill()
    standstills = _standstills(settings, changes, ended)
    joins, leaves = ([standstills[one] for one in changes if one.what == what] for what in ("join", "leave"))
    return Sharing(comparison, joins, leaves)


def _wait_until_shared(settings: Settings, running: list[str], *, patient: bool) -> None:
    """Wait until these members own all partitions between them, and every partition has moved on since.

    Without patience neither is an error if it does not come, and the second is not waited for.
    """

    def shared() -> bool:
        owned = _owned(settings)
        return set(owned) == set(running) and all(owned.values()) and sum(owned.values()) == settings.partitions

    if not patient:
        with suppress(TimeoutError):
            wait_for(shared, "broken workers to share", SABOTAGED_TIMEOUT_S)
        return
    wait_for(shared, f"{running} to share {settings.partitions} partitions", CHANGE_TIMEOUT_S)
    before = _committed(settings)

    def moved_on() -> bool:
        return all(offset > before[number] for number, offset in _committed(settings).items())

    wait_for(moved_on, "every partition to move on after a change", CHANGE_TIMEOUT_S)


def _owned(settings: Settings) -> dict[str, int]:
    """How many partitions each static member owns."""
    admin = AdminClient({**client_config(settings), "log_level": 0})
    try:
        group = admin.describe_consumer_groups([settings.app_id], request_timeout=3)[settings.app_id].result(4)
    except (KafkaException, TimeoutError):
        return {}  # not made yet, or its coordinator is busy
    return {one.group_instance_id: len(one.assignment.topic_partitions) for one in group.members}


def _committed(settings: Settings) -> dict[int, int]:
    consumer = Consumer(consumer_config(settings, **{"group.id": settings.app_id}))
    try:
        topic = settings.topic(TOUCHPOINTS)
        asked = [TopicPartition(topic, number) for number in range(settings.partitions)]
        return {found.partition: found.offset for found in consumer.committed(asked, timeout=10)}
    finally:
        consumer.close()


def _standstills(settings: Settings, changes: list[Change], ended: int) -> dict[Change, float]:
    """Of each change the longest gap between two transactions of one partition that ended before the next change, s."""
    times: dict[int, list[int]] = {}
    for record in read(settings, CHANGELOG):
        if record.key == PARTITION_KEY and record.timestamp <= ended:
            times.setdefault(record.partition, []).append(record.timestamp)
    longest = dict.fromkeys(changes, 0.0)
    for written in times.values():
        for before, after in pairwise(written):
            begun = [change for change in changes if change.at < after]
            if begun:
                longest[begun[-1]] = max(longest[begun[-1]], (after - before) / 1000)
    return longest


def _now() -> int:
    return time.time_ns() // 1_000_000
