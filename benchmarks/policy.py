"""The outreach policy: what it adds to a worker's time for a touchpoint, in microseconds of processor time."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.definitions import shipped, shipped_rules
from benchmarks.report import Table, progress
from benchmarks.traffic import calls
from schemas import Codec, Touchpoint
from streams.customer import Partition, process_all
from streams.topics import DECISIONS, TRIGGERS

GOAL_PERCENT = 25.0
BATCH = 2_000
"""Records of a transaction; after each the changed customers are encoded."""

START = 1_795_422_600_000
"""2026-11-23 08:30 UTC, in ms."""

_PURPOSES, _CHANNELS = ("care", "loyalty", "offers"), ("sms", "email", "push", "app")


class Entry(NamedTuple):
    """A record of the log that never was in Kafka."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def run(touchpoints: int = 60_000, customers: int = 3_000, runs: int = 9) -> Table:
    """The least of paired runs over the same log, with the shipped policy and with none, in turns.

    The least, since whatever else the machine does only adds.

    Every customer's zone is known and every one agreed to every purpose on most channels, so that
    candidates come as far as the last checks: it is the policy's hard case.

    Args:
        touchpoints: measured in each run; consents and zones before them are not.
        customers: how many call.
        runs: pairs.
    """
    codec = Codec()
    log = _log(codec, touchpoints, customers)
    spent: dict[str, list[float]] = {"with": [], "without": []}
    outputs: dict[str, int] = {}
    for number in range(runs):
        progress(f"policy: pair {number + 1} of {runs}")
        for name in ("with", "without") if number % 2 else ("without", "with"):
            seconds, counted = _measured(codec, name == "with", log, touchpoints)
            spent[name].append(seconds / touchpoints * 1e6)
            outputs |= counted if name == "with" else {}
    without, with_it = (min(spent[name]) for name in ("without", "with"))
    adds = [more / less - 1 for more, less in zip(spent["with"], spent["without"], strict=True)]
    table = Table("policy", f"microseconds of the core for a touchpoint, least of {runs} pairs over {touchpoints:,}")
    table.rows.append(
        {
            "what": "all shipped rules, shipped policy",
            "without": without,
            "with": with_it,
            "adds %": 100 * (with_it / without - 1),
            "median pair %": 100 * median(adds),
            "goal %": GOAL_PERCENT,
        }
    )
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(outputs.items(), key=lambda one: -one[1]))
    table.notes = [
        f"{customers:,} customers, all consenting; decoding, detection, outputs and encoded states included, Kafka not",
        f"in a run: {told}",
    ]
    return table


def _measured(codec: Codec, with_policy: bool, log: Sequence[Entry], touchpoints: int) -> tuple[float, dict[str, int]]:
    partition = Partition(0, 1, codec)
    controls = shipped() if with_policy else shipped_rules()
    values = [codec.encode("Control", control) for control in controls]
    before = [Entry(number, START, None, value, []) for number, value in enumerate(values)]
    process_all(partition, [*before, *log[:-touchpoints]])
    partition.take_outputs()
    list(partition.take_changes())
    measured = log[-touchpoints:]
    outputs = 0
    triggers = 0
    gc.collect()
    gc.disable()
    try:
        started = time.thread_time()
        for at in range(0, touchpoints, BATCH):
            process_all(partition, measured[at : at + BATCH])
            made = partition.take_outputs()
            outputs += sum(one.topic == DECISIONS for one in made)
            triggers += sum(one.topic == TRIGGERS for one in made)
            for _ in partition.take_changes():
                pass
        seconds = time.thread_time() - started
    finally:
        gc.enable()
    reasons = {
        name.removeprefix("decision:"): count
        for name, count in partition.tallies.items()
        if name.startswith("decision:")
    }
    if with_policy and not triggers:
        raise RuntimeError("nobody was contacted: the policy had nothing to do")
    return seconds, {"decisions": outputs, "triggers and cancellations": triggers, **reasons}


def _log(codec: Codec, touchpoints: int, customers: int) -> list[Entry]:
    said = [
        _said(f"customer-{number:06d}", kind, facts)
        for number in range(customers)
        for kind, facts in (
            ("profile.set", {"time_zone": "Europe/Vienna"}),
            *(
                ("consent.given", {"channel": channel, "purpose": purpose})
                for purpose in _PURPOSES
                for channel in _CHANNELS
            ),
        )
    ]
    per_second = touchpoints / (3 * 86_400)
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
