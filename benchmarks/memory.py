"""The most memory a worker has resident while it drains a backlog."""

from __future__ import annotations

import time

from benchmarks.definitions import shipped
from benchmarks.drain import CUSTOMERS, DAYS
from benchmarks.fill import encoded, fill
from benchmarks.ledger import ends, wait_applied
from benchmarks.report import Table, progress
from benchmarks.stage import Stage
from benchmarks.traffic import calls
from schemas import Codec
from streams.publishing import activate
from streams.topics import TOUCHPOINTS

GOAL_MB = 600
TIMEOUT_S = 600.0


def run(touchpoints: int = 1_000_000) -> Table:
    """One worker, one backlog."""
    span_ms = DAYS * 86_400_000
    start = time.time_ns() // 1_000_000 - span_ms
    codec = Codec()
    with Stage() as stage:
        settings = stage.topics("memory")
        activate(settings, codec, shipped())
        progress(f"memory: publishing {touchpoints:,} touchpoints")
        traffic = calls(touchpoints, CUSTOMERS, start, touchpoints / span_ms * 1000)
        fill(settings, settings.topic(TOUCHPOINTS), encoded(codec, traffic))
        until = ends(settings)
        progress("memory: draining them")
        worker = stage.worker(settings)
        wait_applied(settings, worker, until, TIMEOUT_S)
        peak = worker.peak_rss_mb()
    table = Table("memory", "most memory resident in one worker (VmHWM) over a backlog")
    table.rows.append({"backlog": touchpoints, "customers": CUSTOMERS, "peak MB": peak, "goal MB": GOAL_MB})
    return table
