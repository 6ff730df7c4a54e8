"""Draining a filled topic: one worker, beside a plain Faust agent and Quix Streams, in turns.

The worker's rate runs from its first committed transaction to its last, by the append times of its
partition records. A peer's runs from its 2,000th record to its last, by its own clock, so the
commits that would follow are given to it for nothing.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from statistics import median

import msgspec
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported implicitly

from benchmarks.definitions import shipped
from benchmarks.fill import Keyed, encoded, fill
from benchmarks.ledger import commits, ends, rate_after_first, wait_applied
from benchmarks.peers import quix_environment
from benchmarks.report import Table, progress
from benchmarks.stage import Stage
from benchmarks.traffic import calls
from schemas import Codec
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
"""Of the touchpoints a fifth is drained before the rate of several workers counts."""


def run(
    touchpoints: int = 400_000,
    runs: int = 5,
    faust_touchpoints: int = 60_000,
    peers: Sequence[str] = ("faust", "quix"),
    history: bool = False,
    workers: int = 1,
) -> Table:
    """Medians of ``runs``, worker and peers taking turns.

    Args:
        touchpoints: drained by the worker and by Quix Streams.
        runs: how often each.
        faust_touchpoints: drained by the plain Faust agent, which takes far longer over each.
        peers: of faust and quix; none for the worker alone.
        history: the worker's clock is the touchpoints' own, so that absences fall due during the
            drain; else it is live, as for a backlog after an outage.
        workers: as many share the partitions, in turns with one alone.
    """
    span_ms = DAYS * 86_400_000
    start = time.time_ns() // 1_000_000 - span_ms
    codec = Codec()
    progress(f"drain: writing {touchpoints:,} touchpoints in memory")
    records = list(encoded(codec, calls(touchpoints, CUSTOMERS, start, touchpoints / span_ms * 1000)))
    rates: dict[str, list[float]] = {}
    outputs: Counter[str] = Counter()
    with Stage() as stage:
        for number in range(1, runs + 1):
            progress(f"drain: run {number} of {runs}, worker")
            settings = stage.topics(f"drain-{number}")
            if history:
                activate(settings, codec, [history_clock(start, start + span_ms)])
            rate, outputs = _worker(stage, settings, codec, records)
            rates.setdefault("momentous", []).append(rate)
            if workers > 1:
                progress(f"drain: run {number} of {runs}, {workers} workers")
                rate, _ = _worker(stage, stage.topics(f"shared-{number}"), codec, records, workers)
                rates.setdefault("shared", []).append(rate)
            for peer in peers:
                part = records[:faust_touchpoints] if peer == "faust" else records
                progress(f"drain: run {number} of {runs}, {peer} ({len(part):,} touchpoints)")
                rates.setdefault(peer, []).append(_peer(stage, settings, peer, part))
    return _table(rates, outputs, touchpoints, faust_touchpoints, runs, history, workers)


def _worker(
    stage: Stage, settings: Settings, codec: Codec, records: Sequence[Keyed], workers: int = 1
) -> tuple[float, Counter[str]]:
    activate(settings, codec, shipped())
    count = fill(settings, settings.topic(TOUCHPOINTS), records)
    until = ends(settings)
    names = [f"worker-{number}" for number in range(1, workers + 1)]
    running = [stage.worker(msgspec.structs.replace(settings, worker_instance=name)) for name in names]
    wait_applied(settings, running[0], until, TIMEOUT_S)
    for worker in running:
        worker.stop()
    # Several have to come to terms first about who has which partition.
    rate = rate_after_first(commits(settings), count, 1 if workers == 1 else count // SHARING_PART)
    return rate, Counter({topic: len(read(settings, topic)) for topic in (MOMENTS, DECISIONS, TRIGGERS, VERDICTS)})


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
    rates: dict[str, list[float]],
    outputs: Counter[str],
    touchpoints: int,
    faust_touchpoints: int,
    runs: int,
    history: bool,
    workers: int,
) -> Table:
    table = Table("drain", f"touchpoints a second draining a filled topic, median of {runs}")
    told = {
        "momentous": "Momentous: all rules, policy, changelog, transactions",
        "shared": f"Momentous: the same, {workers} workers on this machine",
        "faust": "plain Faust agent, one Table write each",
        "quix": "Quix Streams, one state write each, commit every 1 s",
    }
    ours = median(rates["momentous"])
    for name, measured in rates.items():
        table.rows.append(
            {
                "what": told[name],
                "touchpoints": faust_touchpoints if name == "faust" else touchpoints,
                "touchpoints/s": median(measured),
                "lowest": min(measured),
                "highest": max(measured),
                "momentous is": f"{ours / median(measured):.2f} x",
            }
        )
    each = ", ".join(
        f"{outputs[topic] / touchpoints:.3f} {topic}" for topic in (MOMENTS, DECISIONS, TRIGGERS, VERDICTS)
    )
    table.notes = [
        f"goal: {GOAL:,} touchpoints/s; {CUSTOMERS:,} customers, 4 partitions, touchpoints of {DAYS} days, "
        f"clock {'of the touchpoints (history)' if history else 'live'}",
        f"per touchpoint: {each}",
        "peers get bytes and decode nothing; touchpoints were published without CloudEvents headers",
    ]
    return table
