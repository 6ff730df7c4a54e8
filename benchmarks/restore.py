"""Customers a second that a started worker restores from the changelog."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

from benchmarks.definitions import shipped
from benchmarks.fill import encoded, fill
from benchmarks.ledger import ends, wait_applied
from benchmarks.report import Table, progress
from benchmarks.stage import Process, Stage
from benchmarks.traffic import calls
from schemas import Codec, Touchpoint
from streams.publishing import activate
from streams.topics import TOUCHPOINTS

TIMEOUT_S = 300.0
_RUNS = re.compile(rb"lane runs.*? customers=(\d+).*? restored_in_ms=(\d+)")


def run(customers: int = 200_000) -> Table:
    """A worker gathers ``customers``, ends, and is started again."""
    codec = Codec()
    with Stage() as stage:
        settings = stage.topics("restore")
        activate(settings, codec, shipped())
        progress(f"restore: gathering {customers:,} customers")
        fill(settings, settings.topic(TOUCHPOINTS), encoded(codec, _one_call_each(customers)))
        first = stage.worker(settings)
        wait_applied(settings, first, ends(settings), TIMEOUT_S)
        first.kill()
        progress("restore: starting again")
        started = time.monotonic()
        again = stage.worker(settings)
        again.wait_lanes(settings.partitions, TIMEOUT_S)
        seconds = time.monotonic() - started
        restored, slowest = _restored(again, settings.partitions)
    table = Table("restore", "from the start of the process, after kill -9, until every lane runs")
    table.rows.append(
        {
            "customers": restored,
            "seconds": seconds,
            "slowest lane, s": slowest,
            "customers/s": restored / seconds,
            "customers/s, lanes alone": restored / slowest,
        }
    )
    table.notes = [
        "slowest lane: opening its producer (which fences the killed one), reading the changelog; by its log"
    ]
    return table


def _one_call_each(customers: int) -> Iterator[Touchpoint]:
    """Two touchpoints of each customer, shuffled."""
    now = time.time_ns() // 1_000_000
    order = list(range(customers)) * 2
    random.Random(1).shuffle(order)
    for number, touchpoint in zip(order, calls(len(order), 1, now - 3_600_000, len(order) / 3600), strict=True):
        yield {**touchpoint, "customer_id": f"customer-{number:07d}", "identified": True}


def _restored(worker: Process, lanes: int) -> tuple[int, float]:
    """Customers of all lanes, and the longest that a lane took, in seconds."""
    found = _RUNS.findall(worker.log.read_bytes())[-lanes:]
    return sum(int(customers) for customers, _ in found), max(int(took) for _, took in found) / 1000
