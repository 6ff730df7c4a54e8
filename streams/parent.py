"""Processes that must not outlive the one that started them.

The parent keeps the writing end of a pipe open and says its children the reading end's number.
However the parent ends, also by SIGKILL, the pipe closes with it; then the child stops itself.
"""

from __future__ import annotations

import os
import signal
import threading
import time

PARENT_VARIABLE = "_MOMENTOUS_PARENT_PIPE"
GRACE_SECONDS = 5.0


def end_with_parent() -> None:
    """Watch the pipe that the environment names, if it names one."""
    number = os.environ.pop(PARENT_VARIABLE, "")
    if number:
        threading.Thread(target=_watch, args=(int(number),), name="parent-watch", daemon=True).start()


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
