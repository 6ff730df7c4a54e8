"""Every fault test at full count: ``make chaos``; with one line broken each: ``make chaos-sabotage``.

Prints the seeds, then a table, and writes ``chaos.json``. Ends with 0 only if every run held, or,
sabotaged, if every run failed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from sinks import apply_ddl, connect
from streams.settings import Settings
from streams.topic_admin import create_topics
from tests.conftest import settings_for
from tests.kafka.broker import Broker
from tests.outreach.sabotage import SABOTAGES as POLICY_SABOTAGES
from tests.reliability.capping import Capped, pass_no_cap
from tests.reliability.changing import Changing, change_under_kills
from tests.reliability.drawn_lives import Judged, judge_lives
from tests.reliability.faults import kill_worker, pause_worker
from tests.reliability.oracle import Comparison
from tests.reliability.sharing import SHARING_SABOTAGES, Sharing, share_partitions
from tests.sinks.faults import Findings, kill_clickhouse, kill_loader, pause_loader
from tests.sinks.service import Service

Report = dict[str, Any]
Found = Comparison | Findings | Sharing | Changing | Capped | Judged


@dataclass(frozen=True)
class Trial:
    """One row of the table."""

    name: str
    what: str
    faults: int
    run: Callable[[Settings, Service, Path, int, str], Found]
    sabotages: tuple[str, ...] = ()
    partitions: int = 4


TRIALS = (
    Trial(
        "R1",
        "loader killed",
        25,
        lambda settings, _, folder, seed, sabotage: (
            kill_loader(settings, folder, kills=2, rows=4_000, rate=1_500, seed=seed, sabotage=sabotage)
            if sabotage
            else kill_loader(settings, folder, kills=25, rows=100_000, rate=1_800, seed=seed)
        ),
        ("no_window", "no_promise"),
    ),
    Trial(
        "R1b",
        "loader paused and woken",
        5,
        lambda settings, _, folder, seed, __: pause_loader(
            settings, folder, pauses=5, rows=20_000, rate=1_000, seed=seed
        ),
    ),
    Trial(
        "R1c",
        "ClickHouse killed",
        25,
        lambda settings, service, folder, seed, _: kill_clickhouse(
            settings, service, folder, kills=25, rows=30_000, rate=1_000, seed=seed
        ),
    ),
    Trial(
        "R3",
        "worker killed",
        20,
        lambda settings, _, folder, seed, sabotage: (
            kill_worker(settings, folder, kills=2, events=6_000, rate=1_000, seed=seed, sabotage=sabotage)
            if sabotage
            else kill_worker(settings, folder, kills=20, events=100_000, rate=550, seed=seed)
        ),
        ("forget_applied_offset", "forget_withdrawals"),
    ),
    Trial(
        "R3b",
        "worker killed in a change",
        30,
        lambda settings, _, folder, seed, sabotage: (
            change_under_kills(settings, folder, rounds=1, rate=500, seed=seed, sabotage=sabotage)
            if sabotage
            else change_under_kills(settings, folder, rounds=5, rate=500, seed=seed)
        ),
        ("forget_changes",),
    ),
    Trial(
        "R6",
        "workers come and go",
        40,
        lambda settings, _, folder, seed, sabotage: (
            share_partitions(settings, folder, cycles=1, most=2, rate=400, seed=seed, leave=False, sabotage=sabotage)
            if sabotage
            else share_partitions(settings, folder, cycles=10, most=3, rate=400, seed=seed)
        ),
        SHARING_SABOTAGES,
        partitions=8,
    ),
    Trial(
        "R7",
        "worker paused, zombie woken",
        5,
        lambda settings, _, folder, seed, sabotage: pause_worker(
            settings, folder, pauses=1 if sabotage else 5, events=14_000 if sabotage else 56_000, rate=700, seed=seed,
            sabotage=sabotage,
        ),
        ("no_fencing",),
    ),
    Trial(
        "R16b",
        "workers killed at full caps",
        30,
        lambda settings, _, folder, seed, sabotage: pass_no_cap(
            settings, folder, waves=3 if sabotage else 30, seed=seed, sabotage=sabotage
        ),
        ("forget_contacts",),
    ),
    Trial(
        "R16",
        "drawn lives of outreach",
        20_000,
        lambda _, __, ___, seed, sabotage: judge_lives(400 if sabotage else 20_000, seed, sabotage),
        tuple(POLICY_SABOTAGES),
    ),
)  # fmt: skip


def main() -> int:
    """Run the trials asked for; see the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("--sabotage", action="store_true", help="break one line each; every run must fail")
    parser.add_argument("--only", nargs="*", default=[], help="names of trials, e.g. R1 R3")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run; default: a new one, printed")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(f"seed {seed}")
    reports: list[Report] = []
    folder = tempfile.mkdtemp(prefix="momentous-chaos-")
    console.print(f"logs in {folder}")
    with Broker(Path(folder) / "kafka") as broker:
        for trial in TRIALS:
            if asked.only and trial.name not in asked.only:
                continue
            for sabotage in trial.sabotages if asked.sabotage else ("",):
                where = Path(folder) / f"{trial.name}-{sabotage.replace(' ', '-') or 'whole'}"
                where.mkdir()
                console.print(f"{trial.name} {trial.what} {sabotage} ...")
                reports.append(_run(trial, broker, where, seed, sabotage))
                console.print(f"  {reports[-1]['verdict']} after {reports[-1]['seconds']} s")
                for change in ("joins", "leaves"):
                    if seconds := reports[-1].get(change):
                        told = f"{len(seconds)} {change}, a partition stood still for at most"
                        told += f" {min(seconds):.1f} to {max(seconds):.1f} s at each, median {median(seconds):.1f} s"
                        console.print(f"  {told}")
    Path("chaos.json").write_text(json.dumps({"seed": seed, "runs": reports}, indent=2) + "\n")
    console.print(_table(reports))
    wanted = "fails" if asked.sabotage else "holds"
    return 0 if all(report["verdict"] == wanted for report in reports) else 1


def _run(trial: Trial, broker: Broker, folder: Path, seed: int, sabotage: str) -> Report:
    started = time.monotonic()
    service = Service(folder / "clickhouse")
    service.start()
    settings = msgspec.structs.replace(
        settings_for(broker.bootstrap, folder),
        clickhouse_url=service.url,
        loader_batch_ms=100,
        partitions=trial.partitions,
    )
    if trial.name in ("R1", "R1b", "R1c"):
        settings = msgspec.structs.replace(settings, session_timeout_ms=2000)
    try:
        create_topics(settings)
        # A sabotaged loader makes its own tables: those of a sound one would not be touched.
        if trial.name in ("R1", "R1b", "R1c") and not sabotage:
            client = connect(settings)
            apply_ddl(client, settings.clickhouse_database)
            client.close()
        found = trial.run(settings, service, folder, seed, sabotage)
    finally:
        service.kill()
    return {
        "name": trial.name,
        "what": trial.what,
        "sabotage": sabotage,
        "verdict": "holds" if found.holds else "fails",
        "seconds": round(time.monotonic() - started),
        "faults": trial.faults if not sabotage else None,
        **_figures(found),
    }


def _figures(found: Found) -> Report:
    if isinstance(found, Findings):
        return {"events": found.rows, "lost": found.lost, "twice": found.duplicated, "views": found.views}
    if isinstance(found, Judged):
        return {
            "events": found.lives,
            "outputs": found.decisions,
            "contacts": found.contacts,
            "restarts": found.restarts,
            "forbidden": found.forbidden,
            "examples": found.examples,
        }
    if isinstance(found, Changing):
        return {**_figures(found.comparison), "changes": found.changes}
    if isinstance(found, Capped):
        return {**_figures(found.comparison), "contacts": sum(found.contacts.values()), "burst": found.burst}
    if isinstance(found, Sharing):
        return {**_figures(found.comparison), "joins": found.joins, "leaves": found.leaves}
    return {
        "events": found.counters["in"],
        "outputs": found.expected,
        "lost": found.missing,
        "twice": found.extra + found.repeated_ids,
        "disordered": found.disordered,
        "taken_back": found.taken_back,
        "after_withdrawal": found.after_withdrawal,
    }


def _table(reports: list[Report]) -> Table:
    table = Table("", "fault", "sabotage", "faults", "events", "outputs", "lost", "twice", "seconds", "verdict")
    for report in reports:
        columns = ("name", "what", "sabotage", "faults", "events", "outputs", "lost", "twice", "seconds", "verdict")
        table.add_row(*(str(report.get(column, "") if report.get(column) is not None else "") for column in columns))
    return table


if __name__ == "__main__":
    sys.exit(main())
