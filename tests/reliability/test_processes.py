"""One worker of two processes: they share the work and one fate, and what they write is what the core says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from streams.settings import Settings
from streams.topics import DECISIONS, MOMENTS, TOUCHPOINTS, TRIGGERS
from tests.reliability.faults import settled
from tests.reliability.load import Load
from tests.reliability.oracle import partition_records
from tests.reliability.running import running_worker, wait_for, wait_until_applied
from tests.reliability.worker import ROOT, environment
from tests.test_app import publish
from tests.test_lane import recreate

_STARTS = re.compile(r"event='worker process starts' process=(\d) pid=(\d+)")
_RUNS = re.compile(r"event='lane runs' process=(\d) partition=(\d)")


class Worker:
    """``momentous worker --processes 2``, in a session of its own."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._log = log
        self._begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "worker", "--processes", "2"],
                cwd=ROOT,
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """What it and its processes have said."""
        return self._log.read_text(errors="replace")[self._begin :]

    @property
    def children(self) -> dict[int, int]:
        """Process ids by number."""
        return {int(number): int(pid) for number, pid in _STARTS.findall(self.log)}

    def wait_until_shared(self) -> None:
        """Wait until both processes run a lane."""
        wait_for(lambda: len({number for number, _ in _RUNS.findall(self.log)}) == 2, "lanes of both processes", 30)

    def wait_for_start(self) -> None:
        """Wait until both processes exist."""
        wait_for(lambda: len(self.children) == 2, "two processes", 30)

    def left(self) -> list[int]:
        """Ids of processes that have not ended."""
        return [pid for pid in self.children.values() if _is_alive(pid)]

    def kill(self) -> None:
        """SIGKILL to all of them, and reap."""
        for pid in self.children.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


@contextmanager
def running(settings: Settings, folder: Path) -> Iterator[Worker]:
    """A worker of two processes; its log is shown if the test fails."""
    worker = Worker(settings, folder / "worker.log")
    try:
        yield worker
    except BaseException:
        sys.stderr.write(worker.log[-6000:])
        raise
    finally:
        worker.kill()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def named(topics: Settings) -> Settings:
    """Settings of a static member, which is back at once."""
    return msgspec.structs.replace(topics, worker_instance="w")


def test_one_killed_process_ends_the_worker_and_after_a_restart_all_is_as_the_core_says(
    named: Settings, tmp_path: Path
) -> None:
    load = Load(named, tmp_path / "witness.tsv", 1_000_000, 500, seed=11)
    load.start()
    try:
        with running(named, tmp_path) as worker:
            worker.wait_until_shared()
            os.kill(worker.children[2], signal.SIGKILL)
            assert worker.process.wait(20) == 137
            assert worker.left() == []
            assert "event='worker stops, for one of its processes ended' process=2 exit_code=137" in worker.log
        with running(named, tmp_path) as worker:
            worker.wait_until_shared()
            load.finish(3_000)
            result = settled(named, load, patient=True)
            worker.process.terminate()
            assert worker.process.wait(20) == 0
            assert worker.left() == []
    finally:
        load.finish()
        load.join()
    assert result.holds, result
    assert len(partition_records(named)) == 4
    assert min(result.by_topic[topic] for topic in (MOMENTS, DECISIONS, TRIGGERS)) > 100, result


def test_when_the_worker_is_killed_no_process_is_left(topics: Settings, tmp_path: Path) -> None:
    with running(topics, tmp_path) as worker:
        worker.wait_until_shared()
        assert len(worker.left()) == 2
        worker.process.kill()
        wait_for(lambda: not worker.left(), "the end of both processes", 15)


def test_ctrl_c_in_a_terminal_ends_all_with_0_and_no_traceback(topics: Settings, tmp_path: Path) -> None:
    """Also while they only just start."""
    with running(topics, tmp_path) as worker:
        worker.wait_for_start()
        os.killpg(worker.process.pid, signal.SIGINT)
        assert worker.process.wait(20) == 0
        assert worker.left() == []
        assert "Traceback" not in worker.log


def test_a_signal_to_all_at_once_is_told_to_stop_whoever_gets_it_first(topics: Settings, tmp_path: Path) -> None:
    """As systemd does; a process that has only just started dies of it."""
    with running(topics, tmp_path) as worker:
        worker.wait_for_start()
        for pid in worker.children.values():
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.3)  # long enough for the worker to see that they ended
        worker.process.terminate()
        assert worker.process.wait(20) == 0
        assert "worker is told to stop" in worker.log


def test_when_one_process_refuses_to_run_the_worker_ends_with_its_code(topics: Settings, tmp_path: Path) -> None:
    publish(topics, 0, 500)
    with running_worker(topics, tmp_path):
        wait_until_applied(topics)
    recreate(topics, TOUCHPOINTS)
    with running(topics, tmp_path) as worker:
        assert worker.process.wait(60) == 4
        assert worker.left() == []
        assert "the touchpoints topic was made anew" in worker.log
