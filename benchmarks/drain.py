"""Draining a filled topic: one worker, beside a plain Faust agent and Quix Streams, in turns.

The worker's rate runs from its first committed transaction to its last, by the append times of its
partition records. A peer's runs from its 2,000th record to its last, by its own clock, so the
commits that would follow are given to it for nothing.

A worker of several processes needs time until they have the partitions dealt out, and at the end some
have nothing left while others still drain. Its rate is the steady one: from when every process has
committed in a partition that it keeps, and a fifth is drained, until the first of them runs dry. The
rate from the same time to the last touchpoint is told beside it.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported implicitly

from benchmarks.definitions import shipped
from benchmarks.fill import Keyed, encoded, fill
from benchmarks.ledger import commits, ends, rate_after_first, wait_applied
from benchmarks.peers import quix_environment
from benchmarks.report import Table, progress
from benchmarks.shares import pace, shares
from benchmarks.stage import Stage
from benchmarks.traffic import calls
from schemas import Codec, Control
from streams.controls import history_clock
from streams.kafka import client_config
from streams.publishing import activate
from streams.settings import Settings
from streams.topics import DECISIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.kafka.reader import read

GOAL = 50_000
CUSTOMERS = 20_000
TIMEOUT_S = 300.0
DAYS = 30
SHARING_PART = 5
"""Of the touchpoints a fifth is drained before the rate of several processes counts."""


class Drained(NamedTuple):
    """One run: touchpoints a second, steady and to the last; which part of them was measured; the outputs."""

    rate: float
    to_last: float
    measured: float
    outputs: Counter[str]


def run(
    touchpoints: int = 400_000,
    runs: int = 5,
    faust_touchpoints: int = 60_000,
    peers: Sequence[str] = ("faust", "quix"),
    history: bool = False,
    workers: int = 1,
    rules: str = "all",
) -> Table:
    """Medians of ``runs``, worker and peers taking turns.

    Args:
        touchpoints: drained by the worker and by Quix Streams.
        runs: how often each.
        faust_touchpoints: drained by the plain Faust agent, which takes far longer over each.
        peers: of faust and quix; none for the worker alone.
        history: the worker's clock is the touchpoints' own, so that absences fall due during the
            drain; else it is live, as for a backlog after an outage.
        workers: processes of one worker, in turns with a worker of one.
        rules: those that are active beside the policy: all, or eight.
    """
    span_ms = DAYS * 86_400_000
    start = time.time_ns() // 1_000_000 - span_ms
    codec = Codec()
    progress(f"drain: writing {touchpoints:,} touchpoints in memory")
    records = list(encoded(codec, calls(touchpoints, CUSTOMERS, start, touchpoints / span_ms * 1000)))
    runs_of: dict[str, list[Drained]] = {}
    with Stage() as stage:
        for number in range(1, runs + 1):
            progress(f"drain: run {number} of {runs}, worker")
            settings = stage.topics(f"drain-{number}")
            definitions = [*([history_clock(start, start + span_ms)] if history else []), *shipped(rules)]
            runs_of.setdefault("momentous", []).append(_worker(stage, settings, codec, definitions, records))
            if workers > 1:
                progress(f"drain: run {number} of {runs}, worker of {workers} processes")
                shared = stage.topics(f"shared-{number}", worker_processes=workers)
                runs_of.setdefault("shared", []).append(_worker(stage, shared, codec, definitions, records))
            for peer in peers:
                part = records[:faust_touchpoints] if peer == "faust" else records
                progress(f"drain: run {number} of {runs}, {peer} ({len(part):,} touchpoints)")
                rate = _peer(stage, settings, peer, part)
                runs_of.setdefault(peer, []).append(Drained(rate, rate, 1.0, Counter()))
    return _table(runs_of, touchpoints, faust_touchpoints, history, workers, rules)


def _worker(
    stage: Stage, settings: Settings, codec: Codec, definitions: Sequence[Control], records: Sequence[Keyed]
) -> Drained:
    processes = settings.worker_processes
    activate(settings, codec, definitions)
    count = fill(settings, settings.topic(TOUCHPOINTS), records)
    until = ends(settings)
    worker = stage.worker(settings)
    wait_applied(settings, worker, until, TIMEOUT_S)
    worker.stop()
    found = commits(settings)
    outputs = Counter({topic: len(read(settings, topic)) for topic in (MOMENTS, DECISIONS, TRIGGERS, VERDICTS)})
    if processes == 1:
        rate = rate_after_first(found, count)
        return Drained(rate, rate, 1.0, outputs)
    log = worker.log.read_text(errors="replace")
    return Drained(*pace(found, shares(log), processes, count, count // SHARING_PART), outputs)


def _peer(stage: Stage, settings: Settings, peer: str, records: Sequence[Keyed]) -> float:
    name = f"{settings.app_id}-{peer}"
    folder = stage.folder / name
    folder.mkdir()
    admin = AdminClient(client_config(settings))
    admin.create_topics([NewTopic(name, settings.partitions, 1)])[name].result(30)
    fill(settings, name, records)
    python = str(quix_environment.quix_python()) if peer == "quix" else sys.executable
    module = "benchmarks.peers.quix_state" if peer == "quix" else "benchmarks.peers.faust_table"
    command = [python, "-m", module, settings.kafka_bootstrap, name, f"{name}-app", str(folder), str(len(records))]
    process = stage.process(command, settings, peer)
    process.wait(TIMEOUT_S)
    result = json.loads((folder / "result.json").read_text())
    return float(result["records"] / result["seconds"])


def _table(
    runs_of: dict[str, list[Drained]],
    touchpoints: int,
    faust_touchpoints: int,
    history: bool,
    workers: int,
    rules: str,
) -> Table:
    ours = runs_of["momentous"]
    table = Table("drain", f"touchpoints a second draining a filled topic, median of {len(ours)}")
    told = {
        "momentous": f"Momentous: {rules} rules, policy, changelog, transactions",
        "shared": f"Momentous: the same, {workers} processes",
        "faust": "plain Faust agent, one Table write each",
        "quix": "Quix Streams, one state write each, commit every 1 s",
    }
    for name, drained in runs_of.items():
        rates = [run.rate for run in drained]
        table.rows.append(
            {
                "what": told[name],
                "touchpoints": faust_touchpoints if name == "faust" else touchpoints,
                "touchpoints/s": median(rates),
                "lowest": min(rates),
                "highest": max(rates),
                "to the last": median(run.to_last for run in drained),
                "momentous is": f"{median(run.rate for run in ours) / median(rates):.2f} x",
            }
        )
    outputs = ours[-1].outputs
    each = ", ".join(
        f"{outputs[topic] / touchpoints:.3f} {topic}" for topic in (MOMENTS, DECISIONS, TRIGGERS, VERDICTS)
    )
    table.notes = [
        f"goal: {GOAL:,} touchpoints/s; {CUSTOMERS:,} customers, 4 partitions, touchpoints of {DAYS} days, "
        f"clock {'of the touchpoints (history)' if history else 'live'}",
        f"per touchpoint: {each}",
        "peers get bytes and decode nothing; touchpoints were published without CloudEvents headers",
    ]
    if shared := runs_of.get("shared"):
        least = min(run.measured for run in shared)
        table.notes.append(
            f"{workers} processes: from when all had committed and a fifth was drained until the first ran dry, which "
            f"is {least:.0%} of the touchpoints at least; to the last: from the same time to the last touchpoint"
        )
    return table
