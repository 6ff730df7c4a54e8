"""One worker of several processes, for a machine with several cores.

Python computes on one core a process, so each process is a complete worker with a share of the
partitions, which the consumer group deals out. This module derives their settings and gives them
one fate: what ends one of them, or the process that started them, ends all.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import msgspec
import structlog

from streams.parent import PARENT_VARIABLE
from streams.settings import ENVIRONMENT_PREFIX, Settings, SettingsError

log = structlog.get_logger("worker")

NUMBER_VARIABLE = "_MOMENTOUS_WORKER_PROCESS"
"""Tells a process its number, for its log lines."""

PORT_STEP = 10
"""Between the ports of neighbours: the ports next to a worker's are those of loader, deliverer and page."""

DRAIN_S = 40.0
"""How long all may take to end; less than the 45 s that an orchestrator is told to wait (deploy/)."""

_LAST_PORT = 65535
_LOOK_EVERY_S = 0.1
_GROUP_SIGNAL_S = 1.0
"""A signal to all of us at once reaches a process before the one that started it, or after."""


def process_settings(settings: Settings) -> list[Settings]:
    """The settings of each process of the worker; those given when it is one process.

    Raises:
        SettingsError: more processes than partitions, or ports that cannot be.
    """
    count = settings.worker_processes or min(processors(), settings.partitions)
    if count > settings.partitions:
        raise SettingsError(
            f"worker_processes {count}: there are {settings.partitions} partitions, and a process without one has "
            f"nothing to do; set MOMENTOUS_WORKER_PROCESSES (or --processes) to {settings.partitions} or less, or to 0"
        )
    if count == 1:
        return [msgspec.structs.replace(settings, worker_processes=1)]
    made = [_of_process(settings, number) for number in range(1, count + 1)]
    _check_apart(made)
    return made


def process_number() -> int | None:
    """The number of this process in its worker; None when it is all of the worker."""
    number = os.environ.get(NUMBER_VARIABLE, "")
    return int(number) if number else None


def processors() -> int:
    """How many processors this process may use; a container's share of their time does not show here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_processes(settings: Settings, each: Sequence[Settings]) -> int:
    """Run a worker of several processes until it is told to stop or one of them ends.

    1. SIGTERM or SIGINT is passed on; all drain their lanes and end.
    2. A process that ends by itself ends the others in the same way.
    3. Who has not ended after ``DRAIN_S`` is killed, which loses nothing: its transaction is aborted.
    4. When this process itself is killed, a pipe closes, and all end (:mod:`streams.parent`).

    Args:
        settings: of the worker, which its processes inherit.
        each: what :func:`process_settings` made of them.

    Returns:
        0 after an ordinary stop, else the exit code of the process that ended first; 128 + the signal's
        number when a signal ended it.
    """
    asked: list[int] = []
    for received in (signal.SIGTERM, signal.SIGINT):
        signal.signal(received, lambda number, _: asked.append(number))
    reading, writing = os.pipe()
    children: list[subprocess.Popen[bytes]] = []
    try:
        for number, own in enumerate(each, start=1):
            children.append(_start(_environment(settings, own, number, reading), reading))
            log.info("worker process starts", process=number, pid=children[-1].pid)
        first = _wait_for_end(children, asked)
        if first is None:
            log.info("worker is told to stop", processes=len(children))
        else:
            code = _exit_code(children[first])
            log.error("worker stops, for one of its processes ended", process=first + 1, exit_code=code)
        _stop(children)
        if first is not None:
            return _exit_code(children[first])
        # One that has only just started knows no better than to die of the signal.
        usual = (0, 128 + signal.SIGTERM)
        return next((code for child in children if (code := _exit_code(child)) not in usual), 0)
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()
        os.close(reading)
        os.close(writing)


def _of_process(settings: Settings, number: int) -> Settings:
    host, _, port = settings.state_address.rpartition(":")
    if settings.state_address and not port.isdecimal():
        raise SettingsError("state_address: has no port at its end; set MOMENTOUS_STATE_ADDRESS to host:port")
    return msgspec.structs.replace(
        settings,
        worker_processes=1,
        worker_instance=settings.worker_instance and f"{settings.worker_instance}-{number}",
        worker_web_port=_port("worker_web_port", settings.worker_web_port, number),
        state_port=_port("state_port", settings.state_port, number),
        state_address=host and f"{host}:{_port('state_address', int(port), number)}",
    )


def _port(setting: str, first: int, number: int) -> int:
    """The port of process ``number``; 0 stays 0."""
    port = first + (number - 1) * PORT_STEP if first else 0
    if port > _LAST_PORT:
        raise SettingsError(
            f"{setting} {first}: process {number} would have port {port}, and {_LAST_PORT} is the last; set "
            f"{ENVIRONMENT_PREFIX}{setting.upper()} to a lower one (each process takes the port {PORT_STEP} further)"
        )
    return port


def _check_apart(each: Sequence[Settings]) -> None:
    """No process's /metrics where another's live state is."""
    states = {own.state_port for own in each if own.state_keys}
    both = sorted(states & {own.worker_web_port for own in each})
    if both:
        raise SettingsError(
            f"worker_web_port {each[0].worker_web_port} and state_port {each[0].state_port}: port {both[0]} would be "
            f"one process's and another's too; set MOMENTOUS_STATE_PORT so that the two do not differ by a multiple "
            f"of {PORT_STEP}"
        )


def _environment(settings: Settings, own: Settings, number: int, reading: int) -> dict[str, str]:
    """This process's, and over it only what differs: secrets stay where they are."""
    derived = {
        ENVIRONMENT_PREFIX + name.upper(): str(getattr(own, name))
        for name in Settings.__struct_fields__
        if name == "worker_processes" or getattr(own, name) != getattr(settings, name)
    }
    return {**os.environ, **derived, NUMBER_VARIABLE: str(number), PARENT_VARIABLE: str(reading)}


def _start(environment: dict[str, str], reading: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "worker"],
        env=environment,
        stdin=subprocess.DEVNULL,
        # Ctrl-C in a terminal goes to whoever is in its session: to this process, which passes it on.
        start_new_session=True,
        pass_fds=(reading,),
    )


def _wait_for_end(children: Sequence[subprocess.Popen[bytes]], asked: Sequence[int]) -> int | None:
    """Wait until we are told to stop (None) or one ends by itself (which)."""
    while not asked:
        for at, child in enumerate(children):
            if child.poll() is not None:
                time.sleep(_GROUP_SIGNAL_S)
                return None if asked else at
        time.sleep(_LOOK_EVERY_S)
    return None


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """SIGTERM to all, SIGKILL to who is still there after ``DRAIN_S``."""
    for child in children:
        child.terminate()
    ends = time.monotonic() + DRAIN_S
    for number, child in enumerate(children, start=1):
        try:
            child.wait(max(0.0, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("worker process does not end, so it is killed", process=number, after_s=DRAIN_S)
            child.kill()
            child.wait()


def _exit_code(child: subprocess.Popen[bytes]) -> int:
    """As a shell tells it: 128 + its number for a signal."""
    code = child.wait()
    return code if code >= 0 else 128 - code
