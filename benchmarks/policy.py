"""The outreach policy: what it adds to a worker's time for a touchpoint, in microseconds of processor time."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.definitions import shipped, shipped_rules
from benchmarks.fill import fill
from benchmarks.ledger import commits, ends, rate_after_first, wait_applied
from benchmarks.report import Table, progress
from benchmarks.stage import Stage
from benchmarks.traffic import calls
from schemas import Codec, Control, Touchpoint
from streams.controls import history_clock
from streams.customer import Partition, process_all
from streams.publishing import activate
from streams.topics import DECISIONS, TOUCHPOINTS, TRIGGERS

GOAL_PERCENT = 25.0
BATCH = 2_000
"""Records of a transaction; after each the changed customers are encoded."""

START = 1_795_422_600_000
"""2026-11-23 08:30 UTC, in ms."""

TIMEOUT_S = 300.0
_DAYS = 3

_PURPOSES, _CHANNELS = ("care", "loyalty", "offers"), ("sms", "email", "push", "app")


class Entry(NamedTuple):
    """A record of the log that never was in Kafka."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def run(
    touchpoints: int = 60_000, customers: int = 3_000, runs: int = 9, worker_runs: int = 3, consenting: float = 1.0
) -> Table:
    """The same log with the shipped policy and with none, batch by batch in turns; of each batch the least of all runs.

    The least, since whatever else the machine does only adds; in turns, since it does so for a while.

    Every customer's zone is known and every one agreed to every purpose on most channels, so that
    candidates come as far as the last checks: it is the policy's hard case. A smaller share may agree.

    Args:
        touchpoints: measured in each run; consents and zones before them are not.
        customers: how many call.
        runs: how often.
        worker_runs: how often a real worker drains the same log from Kafka with and without a policy.
        consenting: share of the customers who agreed to anything, 0 to 1.
    """
    codec = Codec()
    log = _log(codec, touchpoints, customers, round(customers * consenting))
    batches = [log[at : at + BATCH] for at in range(len(log) - touchpoints, len(log), BATCH)]
    least = {name: [float("inf")] * len(batches) for name in ("without", "with")}
    counted: Counter[str] = Counter()
    for number in range(runs):
        progress(f"policy: run {number + 1} of {runs}")
        counted = _one_run(codec, log[:-touchpoints], batches, least, with_first=bool(number % 2))
    without, with_it = (sum(least[name]) / touchpoints * 1e6 for name in ("without", "with"))
    table = Table("policy", "microseconds for a touchpoint, all shipped rules, with the shipped policy and with none")
    table.rows.append(
        {
            "what": "the core alone",
            "touchpoints": touchpoints,
            "without": without,
            "with": with_it,
            "adds %": 100 * (with_it / without - 1),
            "goal %": "",
        }
    )
    if worker_runs:
        of_worker = _worker_times(codec, log, touchpoints, worker_runs)
        slow, fast = (median(of_worker[name]) for name in ("with", "without"))
        table.rows.append(
            {
                "what": "a worker, Kafka included",
                "touchpoints": touchpoints,
                "without": fast,
                "with": slow,
                "adds %": 100 * (slow / fast - 1),
                "goal %": GOAL_PERCENT,
            }
        )
    told = ", ".join(f"{name} {count:,}" for name, count in counted.most_common())
    table.notes = [
        f"{customers:,} customers, {consenting:.0%} of them consenting",
        f"the core: decoding, detection, outputs and encoded states, batch by batch the least of {runs} runs",
        f"the worker: time of draining, median of {worker_runs} each, in turns; the clock is the touchpoints'",
        f"in a run: {told}",
    ]
    return table


def _one_run(
    codec: Codec, before: Sequence[Entry], batches: list[list[Entry]], least: dict[str, list[float]], with_first: bool
) -> Counter[str]:
    """Take both through the log; times in s go into ``least`` where they are less. Returns what the policy came to."""
    order = ("with", "without") if with_first else ("without", "with")
    partitions = {name: _begun(codec, shipped() if name == "with" else shipped_rules(), before) for name in order}
    counted: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    try:
        for place, batch in enumerate(batches):
            for name in order:
                partition = partitions[name]
                started = time.thread_time()
                process_all(partition, batch)
                made = partition.take_outputs()
                for _ in partition.take_changes():
                    pass
                least[name][place] = min(least[name][place], time.thread_time() - started)
                if name == "with":
                    counted["decisions"] += sum(one.topic == DECISIONS for one in made)
                    counted["triggers and cancellations"] += sum(one.topic == TRIGGERS for one in made)
    finally:
        gc.enable()
    if not counted["triggers and cancellations"]:
        raise RuntimeError("nobody was contacted: the policy had nothing to do")
    for name, count in partitions["with"].tallies.items():
        if name.startswith("decision:"):
            counted[name.removeprefix("decision:")] = count
    return counted


def _worker_times(codec: Codec, log: Sequence[Entry], touchpoints: int, runs: int) -> dict[str, list[float]]:
    """Microseconds that a worker takes for each of the last ``touchpoints``, with the policy and without."""
    records = [(entry.key or b"", entry.value or b"") for entry in log]
    clock = history_clock(START, START + _DAYS * 86_400_000)
    times: dict[str, list[float]] = {"with": [], "without": []}
    with Stage() as stage:
        for number in range(2 * runs):
            name = ("without", "with")[(number + number // 2) % 2]
            progress(f"policy: worker {name}, {number + 1} of {2 * runs}")
            settings = stage.topics(f"policy-{number}")
            activate(settings, codec, [*(shipped() if name == "with" else shipped_rules()), clock])
            count = fill(settings, settings.topic(TOUCHPOINTS), records)
            until = ends(settings)
            worker = stage.worker(settings)
            wait_applied(settings, worker, until, TIMEOUT_S)
            worker.stop()
            rate = rate_after_first(commits(settings), count, count - touchpoints)
            times[name].append(1e6 / rate)
    return times


def _begun(codec: Codec, controls: Sequence[Control], before: Sequence[Entry]) -> Partition:
    partition = Partition(0, 1, codec)
    values = [codec.encode("Control", control) for control in controls]
    active = [Entry(number, START, None, value, []) for number, value in enumerate(values)]
    process_all(partition, [*active, *before])
    partition.take_outputs()
    for _ in partition.take_changes():
        pass
    return partition


def _log(codec: Codec, touchpoints: int, customers: int, consenting: int) -> list[Entry]:
    said = [
        _said(f"customer-{number:06d}", kind, facts)
        for number in range(customers)
        for kind, facts in (
            ("profile.set", {"time_zone": "Europe/Vienna"}),
            *(
                ("consent.given", {"channel": channel, "purpose": purpose})
                for purpose in _PURPOSES
                for channel in _CHANNELS
                if number < consenting
            ),
        )
    ]
    per_second = touchpoints / (_DAYS * 86_400)
    traffic = [*said, *calls(touchpoints, customers, START, per_second)]
    return [
        Entry(1_000 + number, one["occurred_at"], one["customer_id"].encode(), codec.encode("Touchpoint", one), [])
        for number, one in enumerate(traffic)
    ]


def _said(customer_id: str, kind: str, facts: dict[str, str]) -> Touchpoint:
    return {
        "event_id": f"{customer_id}-{kind}-{'-'.join(facts.values())}",
        "source": "bench",
        "customer_id": customer_id,
        "identified": True,
        "channel": "web",
        "type": kind,
        "occurred_at": START,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": dict(facts),
    }
