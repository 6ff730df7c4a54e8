"""The compose file's own services as processes of this machine, each with the environment the file gives it.

In place of containers: a real Kafka with the file's settings, a registry in memory, ClickHouse's engine
behind our HTTP service. Only addresses, ports and the data folder differ from the file. The packages that
the image leaves out cannot be imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import urllib3

from streams.settings import Settings, load_settings
from tests.deploy.compose import ours
from tests.deploy.files import ROOT
from tests.sinks.service import free_port

SLIM = ROOT / "tests/deploy/slim"
"""On the path, it forbids the packages that the image leaves out."""

PORTS = ("MOMENTOUS_WORKER_WEB_PORT", "MOMENTOUS_LOADER_WEB_PORT")


class Stack:
    """Bootstrap, workers and loader.

    Args:
        kafka, registry, clickhouse: addresses in place of the file's.
        folder: for data and logs.
    """

    def __init__(self, kafka: str, registry: str, clickhouse: str, folder: Path) -> None:
        self._folder = folder
        self._environments: dict[str, dict[str, str]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        for name, service in ours().items():
            environment = {variable: str(value) for variable, value in service.environment.items()}
            environment |= {"MOMENTOUS_KAFKA_BOOTSTRAP": kafka, "MOMENTOUS_SCHEMA_REGISTRY_URL": registry}
            if "MOMENTOUS_CLICKHOUSE_URL" in environment:
                environment["MOMENTOUS_CLICKHOUSE_URL"] = clickhouse
            environment |= {variable: str(free_port()) for variable in PORTS if variable in environment}
            self._environments[name] = environment | {"MOMENTOUS_DATA_DIR": str(folder / name)}

    def settings(self, name: str) -> Settings:
        """What that service reads."""
        return load_settings(self._environments[name])

    def start(self, name: str) -> None:
        """Start a service; its output goes to a log file."""
        clean = {variable: value for variable, value in os.environ.items() if not variable.startswith("MOMENTOUS_")}
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", *ours()[name].command],
                env={**clean, **self._environments[name], "PYTHONPATH": f"{SLIM}{os.pathsep}{ROOT}"},
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def ended(self, name: str, timeout_s: float) -> int:
        """The exit code of a service that ends by itself."""
        return self._processes[name].wait(timeout_s)

    def stop(self, name: str) -> int:
        """SIGTERM, then wait as long as the file's grace period; the exit code."""
        self._processes[name].terminate()
        return self.ended(name, float(ours()[name].stop_grace_period.removesuffix("s")))

    def kill(self) -> None:
        """Whatever still runs."""
        for process in self._processes.values():
            process.kill()
            process.wait()

    def page(self, name: str, path: str) -> tuple[int, str]:
        """Status and text of a page; status 0 while nobody answers."""
        settings = self.settings(name)
        port = settings.loader_web_port if name == "loader" else settings.worker_web_port
        try:
            answer = urllib3.request("GET", f"http://127.0.0.1:{port}{path}", timeout=4.0, retries=False)
        except urllib3.exceptions.HTTPError:
            return 0, ""
        return answer.status, answer.data.decode()

    def wait_until_healthy(self, name: str, timeout_s: float = 120.0) -> None:
        """As compose waits: until the page of the health check says 200."""
        deadline = time.monotonic() + timeout_s
        while self.page(name, "/health/ready")[0] != 200:
            if self._processes[name].poll() is not None or time.monotonic() > deadline:
                log = (self._folder / f"{name}.log").read_text(errors="replace")
                raise RuntimeError(f"{name} is not healthy: {self.page(name, '/health')}\n{log[-3000:]}")
            time.sleep(0.2)
