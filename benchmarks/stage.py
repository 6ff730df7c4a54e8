"""Where a measurement plays: a fresh real broker, topics of its own, processes that end with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from streams.settings import ENVIRONMENT_PREFIX, Settings
from streams.topic_admin import create_topics
from tests.kafka.broker import Broker

ROOT = Path(__file__).parents[1]

_BROKER = {"log.cleaner.min.compaction.lag.ms": "3600000"}
"""The partition records are read back after a run: none may be compacted away meanwhile."""


class Process:
    """A child process with its log; ends with the stage."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self, timeout_s: float) -> None:
        """Wait for its success.

        Raises:
            RuntimeError: it failed; with the end of its log.
            TimeoutExpired: it did not end in time.
        """
        if self._process.wait(timeout_s) != 0:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.returncode}:\n{self.log_end()}")

    def stop(self, timeout_s: float = 30.0) -> None:
        """SIGTERM, then SIGKILL when that takes longer than the timeout."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """SIGKILL and reap."""
        self._process.kill()
        self._process.wait()

    def peak_rss_mb(self) -> float:
        """The most memory it ever had resident, in MB of 1,000,000 bytes (VmHWM; Linux)."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise RuntimeError("no VmHWM in /proc: memory is measured on Linux only")

    def wait_lanes(self, lanes: int, timeout_s: float = 60.0) -> float:
        """Wait until this worker has said that its lanes run; how many seconds that took from here.

        Raises:
            RuntimeError: it ended, or they did not run in time; with the end of its log.
        """
        started = time.monotonic()
        while self._own_log().count(b"lane runs") < lanes:
            if not self.is_running or time.monotonic() - started > timeout_s:
                raise RuntimeError(f"the worker's lanes do not run:\n{self.log_end()}")
            time.sleep(0.02)
        return time.monotonic() - started

    def _own_log(self) -> bytes:
        """Without what an earlier process wrote to the same file."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def log_end(self) -> str:
        """The last lines of its log."""
        return self.log.read_text(errors="replace")[-3000:]


class Stage:
    """A broker in a temporary folder; a context manager.

    Every name given to :meth:`topics` has topics, consumer group and state of its own, so runs
    follow each other on one broker without touching.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="momentous-bench-"))
        self.broker = Broker(self.folder / "kafka", settings=_BROKER)
        self._processes: list[Process] = []

    def topics(self, name: str, **more: object) -> Settings:
        """Fresh topics with the prefix ``name.``, and the settings of whoever works on them."""
        settings = msgspec.structs.replace(
            Settings(),
            kafka_bootstrap=self.broker.bootstrap,
            app_id=f"bench-{name}",
            topic_prefix=f"{name}.",
            data_dir=str(self.folder / name),
            worker_instance="worker-1",
            worker_web_port=0,
            loader_web_port=0,
            **more,
        )
        create_topics(settings)
        return settings

    def worker(self, settings: Settings) -> Process:
        """Start a worker as users do: ``momentous worker``."""
        return self.momentous(settings, "worker")

    def momentous(self, settings: Settings, *arguments: str) -> Process:
        """Start a command of the product."""
        return self.process([sys.executable, "-m", "streams.cli", *arguments], settings, arguments[0])

    def process(self, command: Sequence[str], settings: Settings, log: str) -> Process:
        """Start any command with these settings in its environment."""
        made = Process(command, _environment(settings), self.folder / f"{settings.app_id}-{log}.log")
        self._processes.append(made)
        return made

    def __enter__(self) -> Self:
        self.broker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            if process.is_running:
                process.kill()
        self.broker.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _environment(settings: Settings) -> dict[str, str]:
    ours = {ENVIRONMENT_PREFIX + name.upper(): str(value) for name, value in msgspec.structs.asdict(settings).items()}
    return {**os.environ, **ours}
