"""The embedded ClickHouse as a real process, to use, stop and kill."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import urllib3

START_SECONDS = 30.0

SERVE = """
import sys
from pathlib import Path
from sinks import serve_embedded
serve_embedded(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), password=sys.argv[4])
"""


class Service:
    """One process on ``data_dir``; the port stays over restarts. Its output goes to ``service.log`` beside it."""

    def __init__(self, data_dir: Path, password: str = "") -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_suffix(".log")
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process, which must run."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-c", SERVE, str(self.data_dir), "127.0.0.1", str(self.port), self._password]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.url):
            if (code := self._process.poll()) is not None or time.monotonic() > deadline:
                self.kill()
                kind = TimeoutError if code is None else RuntimeError
                raise kind(f"the service did not come up (exit code {code}): {self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and return its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(30)
        self._process = None
        return code

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after ``pause``."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def answers(url: str) -> bool:
    """Whether ``/ping`` is answered."""
    try:
        return urllib3.request("GET", f"{url}/ping", timeout=1.0, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        port: int = candidate.getsockname()[1]
        return port
