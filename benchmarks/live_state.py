"""A customer's live state over HTTP while the worker works: latency of requests, open loop."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.asking import KEY_VARIABLE
from benchmarks.definitions import shipped
from benchmarks.fill import encoded, fill
from benchmarks.ledger import ends, wait_applied
from benchmarks.report import Table, percentile, progress
from benchmarks.stage import Process, Stage
from benchmarks.traffic import calls
from schemas import Codec
from streams.live_state.keys import new_key
from streams.publishing import activate
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

GOAL = "p99 under 20 ms at 500 requests/s while the worker handles 10,000 touchpoints/s"
CUSTOMERS = 20_000
WARM_UP_S = 5
_SETTLE_S = 300.0
_PER_CUSTOMER = 5


def run(requests: int = 500, touchpoints: int = 10_000, seconds: int = 20) -> Table:
    """One worker asked at ``requests`` a second: at rest, and with ``touchpoints`` a second to handle; then two
    workers, of which the one that is asked owns about half of the partitions."""
    table = Table("live_state", "GET /customers/{id}: due to answered, ms, open loop")
    with Stage() as stage:
        key, hashed = new_key()
        keys = stage.folder / "keys.toml"
        keys.write_text(f'[keys.bench]\nsha256 = "{hashed}"\nscopes = ["state:read"]\nper_second = 1000000\n')
        os.environ[KEY_VARIABLE] = key
        port, other_port = _free_port(), _free_port()
        settings = stage.topics("live", **_serving(keys, port))
        codec = Codec()
        activate(settings, codec, shipped())
        progress(f"live_state: state of {CUSTOMERS:,} customers first")
        now = time.time_ns() // 1_000_000
        history = calls(_PER_CUSTOMER * CUSTOMERS, CUSTOMERS, now - 60_000, _PER_CUSTOMER * CUSTOMERS / 60, seed=3)
        fill(settings, settings.topic(TOUCHPOINTS), encoded(codec, history))
        worker = stage.worker(settings)
        wait_applied(settings, worker, ends(settings), _SETTLE_S)
        step = _Step(stage, settings, worker, port, requests, seconds)
        table.rows.append(step.measure("one worker, at rest", 0))
        table.rows.append(step.measure("one worker, busy", touchpoints))
        second = stage.process(
            [sys.executable, "-m", "streams.cli", "worker"],
            msgspec.structs.replace(settings, worker_instance="worker-2", **_serving(keys, other_port)),
            "worker-2",
        )
        _wait_until_shared(second)
        table.rows.append(step.measure("two workers, busy, half passed on", touchpoints))
    table.notes = [
        f"goal: {GOAL}",
        f"{requests:,} requests/s of {CUSTOMERS:,} customers over kept connections, {WARM_UP_S} s of warm-up left out; "
        "a request's latency counts from when it was due",
        "not known: customers who never called; failed: any other answer, or none",
        "asker late: p99 of how late the asking process itself was; it is part of the latency",
    ]
    return table


class _Step:
    def __init__(
        self, stage: Stage, settings: Settings, worker: Process, port: int, requests: int, seconds: int
    ) -> None:
        self._stage, self._settings, self._worker = stage, settings, worker
        self._port, self._requests, self._seconds = port, requests, seconds

    def measure(self, what: str, touchpoints: int) -> dict[str, Any]:
        """One row."""
        progress(f"live_state: {what}, {self._requests:,} requests/s, {touchpoints:,} touchpoints/s")
        stage, settings = self._stage, self._settings
        before = ends(settings)
        publisher = None
        name = what.replace(" ", "-").replace(",", "")
        if touchpoints:
            # It prepares first and asking begins when it is on its way: it goes on for longer at both ends.
            seconds = str(self._seconds + 3 * WARM_UP_S)
            arguments = [str(touchpoints), seconds, "50", str(CUSTOMERS), str(stage.folder / f"load-{name}")]
            command = [sys.executable, "-m", "benchmarks.open_loop", *arguments]
            publisher = stage.process(command, settings, f"load-{name}")
            while ends(settings) == before:
                if not publisher.is_running:
                    raise RuntimeError(f"the publisher ended:\n{publisher.log_end()}")
                time.sleep(0.05)
        result = stage.folder / f"asked-{name}.json"
        numbers = (self._port, self._requests, self._seconds, WARM_UP_S, CUSTOMERS)
        asker = stage.process(
            [sys.executable, "-m", "benchmarks.asking", *map(str, numbers), str(result)], settings, f"asking-{name}"
        )
        asker.wait(self._seconds + WARM_UP_S + 60)
        if publisher is not None:
            if not publisher.is_running:
                raise RuntimeError("the publisher ended before the asking did; give it more seconds")
            publisher.wait(120)
        wait_applied(settings, self._worker, ends(settings), _SETTLE_S)
        found = json.loads(result.read_text())
        latencies = found["latencies"]
        progress(
            f"live_state: {what}: p50 {percentile(latencies, 0.5):.1f} ms, p99 {percentile(latencies, 0.99):.1f} ms"
        )
        return {
            "what": what,
            "requests/s": self._requests,
            "touchpoints/s": touchpoints,
            "answered": len(latencies),
            "not known": found["statuses"].get("404", 0),
            "failed": found["unanswered"]
            + sum(count for status, count in found["statuses"].items() if status not in ("200", "404")),
            "p50": percentile(latencies, 0.5),
            "p95": percentile(latencies, 0.95),
            "p99": percentile(latencies, 0.99),
            "max": max(latencies),
            "asker late": found["late_p99"],
        }


def _serving(keys: Path, port: int) -> dict[str, Any]:
    return {"state_keys": str(keys), "state_port": port, "state_address": f"127.0.0.1:{port}"}


def _wait_until_shared(second: Process) -> None:
    second.wait_lanes(1)
    time.sleep(WARM_UP_S)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
