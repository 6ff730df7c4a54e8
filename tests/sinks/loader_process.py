"""The loader as a process of its own, to be killed from outside or at a named step.

``python -m tests.sinks.loader_process INSTANCE [STEP COUNT] [SABOTAGE]`` runs one, settings from
the environment. With a step it kills itself (SIGKILL) when that step has been done COUNT times:
no cleaning up, no last commit. A sabotage breaks one line of it first, to prove that a test would
notice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sinks import run_loader, tables
from sinks.intake import Intake
from sinks.ledger import Commit
from sinks.store import ClickHouseStore
from streams.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from tests.reliability.worker import environment

ROOT = Path(__file__).parents[2]

PROMISED, INSERTED, SETTLED = "promised", "inserted", "settled"


class LoaderProcess:
    """One loader; ``instance`` is its static membership id."""

    def __init__(self, settings: Settings, instance: str, log: Path, sabotage: str = "") -> None:
        self._environment = environment(settings)
        self._instance = instance
        self._log = log
        self._sabotage = sabotage
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, step: str = "", count: int = 0) -> None:
        """Start it, to die when ``step`` has been done ``count`` times, if one is named."""
        command = [sys.executable, "-m", "tests.sinks.loader_process", self._instance, step, str(count), self._sabotage]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def wait(self, timeout_seconds: float) -> int:
        """Its exit code; -9 when it was killed."""
        assert self._process is not None
        return self._process.wait(timeout_seconds)

    def kill(self) -> None:
        """SIGKILL and reap."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self, timeout_seconds: float = 30.0) -> int:
        """SIGTERM and reap; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self.wait(timeout_seconds)

    def pause(self) -> None:
        """SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


# -- inside the process -------------------------------------------------------------------------


def no_window() -> None:
    """Tables that know no token again."""
    statements = tables.statements

    def forgetful() -> Iterator[str]:
        return (one.replace("window = 10000", "window = 0") for one in statements())

    tables.statements = forgetful


def window_on_raw_tables_alone() -> None:
    """Only what the loader writes itself knows tokens, not the views' targets."""
    statements = tables.statements

    def half() -> Iterator[str]:
        return (one.replace("window = 10000", "window = 0") if "_by_" in one else one for one in statements())

    tables.statements = half


def no_promise() -> None:
    """Insert without a word to Kafka before."""
    commit = Intake.commit

    def settlements_only(self: Intake, commits: Sequence[Commit]) -> None:
        if settlements := [one for one in commits if not one.metadata]:
            commit(self, settlements)

    Intake.commit = settlements_only  # type: ignore[method-assign]


def settle_first() -> None:
    """Commit what is not stored yet."""
    from sinks import delivery, loader

    def wrongly(shipments: Sequence[delivery.Shipment], offsets: Any, store: Any) -> None:
        offsets.commit([shipment.batch.settlement for shipment in shipments])
        for shipment in shipments:
            if len(shipment.rows):
                store.insert(shipment.table, shipment.rows, shipment.batch.token(shipment.table.name))
        for shipment in shipments:
            offsets.settled(shipment.batch)

    loader.deliver = wrongly


SABOTAGES: dict[str, Callable[[], None]] = {
    sabotage.__name__: sabotage for sabotage in (no_window, window_on_raw_tables_alone, no_promise, settle_first)
}


def die_at(step: str, count: int) -> None:
    """SIGKILL this process right after ``step`` has been done for the ``count``-th time."""
    left = count
    commit, insert = Intake.commit, ClickHouseStore.insert

    def done(what: str) -> None:
        nonlocal left
        left -= what == step
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_commit(self: Intake, commits: Sequence[Commit]) -> None:
        commit(self, commits)
        done(PROMISED if commits[0].metadata else SETTLED)

    def counted_insert(self: ClickHouseStore, *args: Any) -> None:
        insert(self, *args)
        done(INSERTED)

    Intake.commit = counted_commit  # type: ignore[method-assign]
    ClickHouseStore.insert = counted_insert  # type: ignore[method-assign]


def main() -> None:
    """Run the loader until SIGTERM."""
    instance, step, count, sabotage = sys.argv[1:]
    if sabotage:
        SABOTAGES[sabotage]()
    if step:
        die_at(step, int(count))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    own = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT_PREFIX)}
    run_loader(load_settings(own), stop, instance=instance)


if __name__ == "__main__":
    main()
