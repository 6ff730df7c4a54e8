"""A worker as a process of its own, to be killed, paused and resumed.

``python -m tests.reliability.worker [SABOTAGE]`` runs one, settings from the environment; a
sabotage breaks one line of it first, to prove that a test would notice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from streams.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from tests.reliability.sabotage import SABOTAGES

ROOT = Path(__file__).parents[2]


class WorkerProcess:
    """One worker; ``instance`` is its static membership id, ``sabotage`` names some, with blanks between."""

    def __init__(self, settings: Settings, instance: str, log: Path, sabotage: str = "") -> None:
        self.instance = instance
        self._environment = environment(msgspec.structs.replace(settings, worker_instance=instance))
        self._log = log
        self._sabotage = sabotage
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its output goes to the log file."""
        command = [sys.executable, "-m", "tests.reliability.worker", *self._sabotage.split()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def kill(self) -> None:
        """SIGKILL and reap."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self, timeout_s: float = 30.0) -> int:
        """SIGTERM and reap; its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(timeout_s)
        finally:
            self.kill()

    def wait(self, timeout_s: float) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def resident_mb(self) -> int:
        """Its resident memory."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def pause(self) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        """Whether the process exists."""
        return self._process is not None and self._process.poll() is None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


def environment(settings: Settings) -> dict[str, str]:
    """The process environment that gives a child these settings."""
    ours = {ENVIRONMENT_PREFIX + name.upper(): str(value) for name, value in msgspec.structs.asdict(settings).items()}
    return {**os.environ, **ours}


def main() -> int:
    """Run a worker, sabotaged if told so."""
    from streams.app import run_worker

    for name in sys.argv[1:]:
        SABOTAGES[name]()
    return run_worker(load_settings())


if __name__ == "__main__":
    sys.exit(main())
