"""Reading and writing touchpoints: records a second on one core."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from benchmarks.report import Table, progress
from schemas import Codec, Touchpoint

READ_GOAL = 140_000
WRITE_GOAL = 120_000

TOUCHPOINT: Touchpoint = {
    "event_id": "call-00001234-agent.connected",
    "source": "bank:january",
    "customer_id": "customer-004711",
    "identified": True,
    "channel": "voice",
    "type": "agent.connected",
    "occurred_at": 915_368_461_000,
    "correlation_id": "call-00001234",
    "session_id": None,
    "identities": {},
    "properties": {"agent": "agent-17", "skill": "S07", "wait_seconds": 93},
}
"""As the bank's calls have them, with three properties."""


def run(records: int = 200_000, runs: int = 5) -> Table:
    """Medians of ``runs``, each over ``records`` records, reads and writes taking turns."""
    codec = Codec()
    data = codec.encode("Touchpoint", TOUCHPOINT)
    if codec.decode(data) != ("Touchpoint", dict(TOUCHPOINT)):
        raise RuntimeError("the codec does not read what it wrote")
    reads, writes = [], []
    for number in range(runs):
        progress(f"codec: run {number + 1} of {runs}")
        reads.append(_rate(codec.decode, [(data, "Touchpoint")] * records))
        writes.append(_rate(codec.encode, [("Touchpoint", TOUCHPOINT)] * records))
    table = Table("codec", f"touchpoints a second on one core, {len(data)} bytes each, median of {runs}")
    for what, rates, goal in (("read", reads, READ_GOAL), ("write", writes, WRITE_GOAL)):
        table.rows.append(
            {"what": what, "records/s": median(rates), "lowest": min(rates), "highest": max(rates), "goal": goal}
        )
    return table


def _rate(call: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> float:
    count = 0
    started = time.perf_counter()
    for given in arguments:
        call(*given)
        count += 1
    return count / (time.perf_counter() - started)
