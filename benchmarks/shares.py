"""A worker of several processes: who has which partition, and how fast they are while all of them work."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from benchmarks.ledger import Commit
from benchmarks.stage import Process

_RUNS = re.compile(r"^timestamp='([^']+)' .*event='lane runs' process=(\d+) partition=(\d+)", re.MULTILINE)


class Share(NamedTuple):
    """A partition's process, by number, and since when its lane runs there (ms UTC)."""

    process: int
    since: int


class Pace(NamedTuple):
    """Touchpoints a second.

    Attributes:
        steady: while every process had work.
        to_last: from the same time to the last touchpoint, when some had none any more.
        measured: the part of all touchpoints that ``steady`` was measured on, 0 to 1.
    """

    steady: float
    to_last: float
    measured: float


def shares(log: str) -> dict[int, Share]:
    """Who has which partition at the end, by partition, from what the processes logged."""
    return {
        int(partition): Share(int(process), int(datetime.fromisoformat(at).timestamp() * 1000))
        for at, process, partition in _RUNS.findall(log)
    }


def wait_shared(worker: Process, processes: int, partitions: int, timeout_s: float = 60.0) -> None:
    """Wait until every process runs at least one lane, and every partition has one.

    Raises:
        RuntimeError: it ended, or did not share in time; with the end of its log.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        found = shares(worker.log.read_text(errors="replace"))
        if len(found) == partitions and len({share.process for share in found.values()}) == processes:
            return
        if not worker.is_running or time.monotonic() > deadline:
            raise RuntimeError(f"{processes} processes do not share {partitions} partitions:\n{worker.log_end()}")
        time.sleep(0.1)


def pace(found: Sequence[Commit], of: Mapping[int, Share], processes: int, records: int, warm_up: int) -> Pace:
    """How fast the processes drained a topic.

    It counts from the first commit at which every process has committed in a partition that it kept
    to the end, and ``warm_up`` records were counted; steady to the time at which the first process
    had counted its last record.

    Args:
        found: as :func:`benchmarks.ledger.commits` gives them.
        of: as :func:`shares` gives it.
        processes: how many there are.
        records: how many were published; what was counted must come to that.
        warm_up: what comes before is not measured.

    Raises:
        RuntimeError: one of them had nothing to do, or had done it before all had begun.
    """
    counted: dict[int, int] = {}
    totals: list[tuple[int, int]] = []
    last: dict[int, int] = {}
    begun: set[int] = set()
    started: int | None = None
    for commit in found:
        process, since = of[commit.partition]
        now = commit.record.counters.get("in", 0)
        if now > counted.get(commit.partition, 0):
            last[process] = commit.at
        counted[commit.partition] = now
        totals.append((commit.at, sum(counted.values())))
        if commit.at >= since:
            begun.add(process)
        if started is None and len(begun) == processes and totals[-1][1] >= warm_up:
            started = len(totals) - 1
    if not totals or totals[-1][1] != records:
        raise RuntimeError(f"{records} records published, {totals[-1][1] if totals else 0} counted")
    if started is None or len(last) < processes:
        raise RuntimeError(f"{len(last)} of {processes} processes had anything to do: {dict(of)}")
    begin, before = totals[started]
    first_dry, all_dry = min(last.values()), max(last.values())
    if first_dry <= begin:
        raise RuntimeError(f"{records} records are too few to measure: a process had none left when all had begun")
    steady = max(total for at, total in totals if at <= first_dry) - before
    return Pace(steady * 1000 / (first_dry - begin), (records - before) * 1000 / (all_dry - begin), steady / records)
