"""From scheduled publish to read-committed receipt of the trigger: open loop, rate by rate."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.definitions import policy_activation, shipped_rules
from benchmarks.fill import encoded, fill
from benchmarks.ledger import ends, wait_applied
from benchmarks.open_loop import PROBED_CUSTOMERS, probed_customer
from benchmarks.report import Table, percentile, progress
from benchmarks.shares import wait_shared
from benchmarks.stage import Process, Stage
from schemas import Codec, Touchpoint
from streams.publishing import activate
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

GOAL = "p99 under 100 ms at 10,000/s"
RATES = (5_000, 10_000, 25_000, 40_000)
WARM_UP_S = 5
PROBE_EVERY = 50
CUSTOMERS = 20_000
SETTLE_S = 60.0
"""How long after the last publish a trigger may still come; what comes later is counted as missing."""
BACKLOG_S = 300.0
"""How long a rate that was too much may take to be worked off before the next one begins."""

POLICY = """
id: outreach
version: 1
description: Every hang-up of a customer who consented is answered, so that every probe has its trigger.
actions:
  - id: call.back
    moments: [queue.abandoned]
    class: service
    purpose: care
    channels: [sms]
    template: call_back_offer
    cool_down: 0s
"""


class Receipt(NamedTuple):
    """When a trigger could be read committed, and when the broker had appended it; seconds since 1970."""

    at: float
    appended: float


def run(rates: Sequence[int] = RATES, seconds: int = 20, processes: int = 1) -> Table:
    """One worker, of so many processes; the rates one after the other, ``seconds`` each after a warm-up."""
    table = Table("latency", "scheduled publish to read-committed receipt of the trigger, ms, open loop")
    with Stage() as stage:
        settings = stage.topics("latency", worker_processes=processes)
        codec = Codec()
        activate(settings, codec, [*shipped_rules(), policy_activation(POLICY)])
        fill(settings, settings.topic(TOUCHPOINTS), encoded(codec, _consents()))
        worker = stage.worker(settings)
        receipts = stage.folder / "receipts"
        stage.process([sys.executable, "-m", "benchmarks.receipts", str(receipts)], settings, "receipts")
        wait_applied(settings, worker, ends(settings), SETTLE_S)
        if processes > 1:
            wait_shared(worker, processes, settings.partitions)
        for rate in rates:
            progress(f"latency: {rate:,}/s for {WARM_UP_S} + {seconds} s (prepared first)")
            table.rows.append(_step(stage, settings, worker, receipts, rate, seconds))
    table.notes = [
        f"goal: {GOAL}",
        f"one touchpoint in {PROBE_EVERY} triggers outreach and is timed; every other one is a call's, of "
        f"{CUSTOMERS:,} customers; all rules active; {WARM_UP_S} s of warm-up left out; the worker is "
        + (f"{processes} processes that share 4 partitions" if processes > 1 else "one process"),
        "achieved/s: touchpoints behind the timed triggers, from the end of the warm-up to the last receipt",
        "p99 to append: until the trigger lies in the log, its transaction still open",
        f"missing: no trigger {SETTLE_S:.0f} s after the last publish; publisher late: its worst lag behind the "
        "schedule, which is part of the latency",
    ]
    return table


def _step(stage: Stage, settings: Settings, worker: Process, receipts: Path, rate: int, seconds: int) -> dict[str, Any]:
    result = stage.folder / f"open-loop-{rate}.json"
    numbers = [str(number) for number in (rate, WARM_UP_S + seconds, PROBE_EVERY, CUSTOMERS)]
    command = [sys.executable, "-m", "benchmarks.open_loop", *numbers, str(result)]
    publisher = stage.process(command, settings, f"open-loop-{rate}")
    publisher.wait(600)
    schedule = json.loads(result.read_text())
    warm_up = WARM_UP_S * rate // PROBE_EVERY
    expected = schedule["probes"] - warm_up
    received = _received(receipts, f"rate-{rate}", warm_up, expected)
    if not received:
        raise RuntimeError(f"no trigger came at {rate}/s:\n{worker.log_end()}")
    due = {number: schedule["base"] + number * PROBE_EVERY / rate for number in received}
    late = [(received[number].at - due[number]) * 1000 for number in received]
    appended = [(received[number].appended - due[number]) * 1000 for number in received]
    spread = max(receipt.at for receipt in received.values()) - schedule["base"] - WARM_UP_S
    wait_applied(settings, worker, ends(settings), BACKLOG_S)
    return {
        "scheduled/s": rate,
        "achieved/s": len(received) * PROBE_EVERY / spread,
        "triggers": len(received),
        "missing": expected - len(received),
        "p50": percentile(late, 0.5),
        "p95": percentile(late, 0.95),
        "p99": percentile(late, 0.99),
        "max": max(late),
        "p99 to append": percentile(appended, 0.99),
        "publisher late": schedule["worst_lag_ms"],
    }


def _received(receipts: Path, step: str, warm_up: int, expected: int) -> dict[int, Receipt]:
    """Receipts by probe number, once all are there or the time to settle is over."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        found = {number: receipt for number, receipt in _lines(receipts, step) if number >= warm_up}
        if len(found) == expected or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def _lines(receipts: Path, step: str) -> Iterator[tuple[int, Receipt]]:
    for line in receipts.read_text().splitlines(keepends=True):
        if line.startswith(f"{step}:") and line.endswith("\n"):
            event_id, at, appended = line.split()
            yield int(event_id.rpartition(":")[2]), Receipt(float(at), float(appended))


def _consents() -> Iterator[Touchpoint]:
    now = time.time_ns() // 1_000_000
    for number in range(PROBED_CUSTOMERS):
        yield {
            "event_id": f"consent-{number}",
            "source": "probe",
            "customer_id": probed_customer(number),
            "identified": True,
            "channel": "web",
            "type": "consent.given",
            "occurred_at": now,
            "correlation_id": None,
            "session_id": None,
            "identities": {},
            "properties": {"channel": "sms", "purpose": "care"},
        }
