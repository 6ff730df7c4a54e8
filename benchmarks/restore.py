"""Customers a second that a started worker restores from the changelog."""

from __future__ import annotations

import os
import re
import time
from statistics import median

from benchmarks.gathered import gather, write_changelog
from benchmarks.report import Table, progress
from benchmarks.stage import Process, Stage
from schemas import Codec

GOAL = 100_000
TIMEOUT_S = 300.0
_RUNS = re.compile(rb"lane runs.*? customers=(\d+).*? restored_in_ms=(\d+)")


def run(customers: int = 1_000_000, runs: int = 5) -> Table:
    """One changelog, restored ``runs`` times by a worker that was killed each time.

    Raises:
        RuntimeError: the lanes restored another number of customers than there are.
    """
    table = Table("restore", f"a worker starts and restores {customers:,} customers; every run, and the median")
    rates: list[float] = []
    with Stage() as stage:
        settings = stage.topics("restore")
        progress("restore: the core takes in calls")
        gathered = gather(Codec())
        progress(f"restore: writing the changelog of {customers:,} customers")
        write_changelog(settings, gathered, customers)
        for number in range(1, runs + 1):
            progress(f"restore: run {number} of {runs}")
            load = os.getloadavg()[0]
            started = time.monotonic()
            worker = stage.worker(settings)
            worker.wait_lanes(settings.partitions, TIMEOUT_S)
            seconds = time.monotonic() - started
            restored, slowest = _restored(worker, settings.partitions)
            memory = worker.peak_rss_mb()
            worker.kill()
            if restored != customers:
                raise RuntimeError(f"{restored:,} customers restored, {customers:,} are in the changelog")
            rates.append(restored / slowest)
            table.rows.append(
                {
                    "run": number,
                    "customers": restored,
                    "lanes, s": slowest,
                    "customers/s": restored / slowest,
                    "process and group, s": seconds - slowest,
                    "all, s": seconds,
                    "peak MB": memory,
                    "load": load,
                }
            )
    table.notes = [
        f"goal: {GOAL:,} customers/s; lowest {min(rates):,.0f}, median {median(rates):,.0f}, highest {max(rates):,.0f}",
        "lanes: from the first lane's start to the last one's run, opening producers (which fences the killed "
        "worker's) and reading the changelog, by the worker's log; all lanes at the same time in one process",
        f"a customer's record has {gathered.mean_bytes:,.0f} bytes on average, gathered by the core from "
        f"{len(gathered.customers):,} customers' calls under all shipped rules and written again under other ids",
    ]
    return table


def _restored(worker: Process, lanes: int) -> tuple[int, float]:
    """Customers of all lanes, and the longest that a lane took, in seconds."""
    found = _RUNS.findall(worker.log.read_bytes())[-lanes:]
    return sum(int(customers) for customers, _ in found), max(int(took) for _, took in found) / 1000
