"""The demo's child processes: started together, watched, and ended together whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.errors import MomentousError
from streams.parent import PARENT_VARIABLE

STOP_SECONDS = 10.0
_LOG_LINES = 5


class ChildEnded(MomentousError):
    """A process of the demo ended before its time."""


class Processes:
    """Runs ``momentous`` commands as children, each in a session of its own.

    Each holds the reading end of a pipe that only this process keeps open, so they end with it
    even when it is killed.

    Args:
        folder: where each child's output goes, as ``<command>.log``.
        environment: of the children, beside this process's own without its settings.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MOMENTOUS_")}
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._reading, self._writing = os.pipe()
        self._environment = {**ours, **environment, PARENT_VARIABLE: str(self._reading)}

    def start(self, command: str, *options: str) -> None:
        """Start ``momentous <command> <options>``."""
        with (self._folder / f"{command}.log").open("wb") as log:
            self._children[command] = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", command, *options],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(self._reading,),
            )

    def check(self) -> None:
        """Make sure that all of them run.

        Raises:
            ChildEnded: one does not; with the end of its log.
        """
        for command, child in self._children.items():
            if (code := child.poll()) is not None:
                log = self._folder / f"{command}.log"
                last = " / ".join(log.read_text(errors="replace").strip().splitlines()[-_LOG_LINES:])
                raise ChildEnded(f"`momentous {command}` ended with code {code}: {last or 'no word'}", f"see {log}")

    def stop(self) -> None:
        """End all of them, the last started first; who does not go in time is killed."""
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children.values()):
            self._signal(child, signal.SIGTERM)
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._signal(child, signal.SIGKILL)
                child.wait()
        for child in self._children.values():
            self._signal(child, signal.SIGKILL)  # whatever of its session is left
        self._children.clear()
        for end in (self._reading, self._writing):
            with suppress(OSError):
                os.close(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @staticmethod
    def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
