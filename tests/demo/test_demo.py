"""The demo as a user runs it: a process that starts others, and must never leave one behind."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, environment
from tests.unavailable import unavailable

SAMPLES = ROOT / "samples"
ROWS = 2_000


@pytest.fixture(autouse=True)
def _proc() -> None:
    if not Path("/proc/self/environ").exists():
        unavailable("no /proc", "processes are found by their environment there; run it on Linux")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of January, so that a run takes seconds."""
    folder = tmp_path_factory.mktemp("samples")
    shutil.copy(SAMPLES / "bank-consents.csv", folder)
    with gzip.open(SAMPLES / "bank-january-1999.tsv.gz", "rb") as calls:
        rows = b"".join(calls.readline() for _ in range(ROWS + 1))
    (folder / "bank-january-1999.tsv.gz").write_bytes(gzip.compress(rows))
    return folder


class Demo:
    """A running ``momentous demo`` in a data folder of its own."""

    def __init__(self, samples: Path, folder: Path, *options: str) -> None:
        self._folder = folder
        self._output = folder / "output"
        folder.mkdir(exist_ok=True)
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "demo", "--samples", str(samples), *options],
                env=environment(MOMENTOUS_DATA_DIR=str(folder), PYTHONPATH=str(ROOT)),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text()

    def running(self) -> set[int]:
        """Processes of this demo: they bear its folder in their environment."""
        mark = str(self._folder).encode()
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes() and (process / "cmdline").read_bytes():
                    found.add(int(process.name))
            except OSError:
                continue
        return found

    def wait_for(self, what: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def without_times(text: str) -> list[str]:
    """The report without progress bars and measured seconds."""
    return [line for line in text.splitlines() if not re.search(r"━|\d s\b|a second|momentous.toml", line)]


def test_the_demo_reports_and_adds_up_and_a_second_run_starts_clean(samples: Path, tmp_path: Path) -> None:
    said = []
    for _ in range(2):
        demo = Demo(samples, tmp_path)
        assert demo.process.wait(120) == 0, demo.said
        assert demo.running() == set()
        said.append(demo.said)
    first = said[0]
    headings = [
        "Moments, by kind and emotion",
        "Outreach: triggered, and not triggered with the reasons",
        "One customer's story (UTC)",
        "Three questions an analyst would ask",
        "The rate",
        "Does it add up?",
        "Three moments that matter",
        "What to try next",
    ]
    assert [line for line in first.splitlines() if line in headings] == headings
    assert re.search(r"^published +([\d,]+) of the calls \+ 3,143 synthetic consents = ([\d,]+)$", first, re.MULTILINE)
    assert re.search(r"^worker +([\d,]+) in = \1 accepted \+ 0 duplicate \+ 0 late \+ 0 dead \+ 0 dropped", first, re.M)
    assert "It adds up, to the record." in first
    assert "stories    19 published, counted apart = 19 in = 19 accepted" in first
    assert without_times(said[1]) == without_times(first)


MOMENTS: dict[str, Callable[[Demo, Path], bool]] = {
    "processes are starting": lambda demo, folder: (folder / "worker.log").exists(),
    "services are joining": lambda demo, folder: "Source of the calls" in demo.said,
    "the report is being printed": lambda demo, folder: "Moments, by kind" in demo.said,
    "everything is kept running": lambda demo, folder: "until you press Ctrl-C" in demo.said,
}


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("processes are starting", signal.SIGINT),
        ("processes are starting", signal.SIGHUP),
        ("services are joining", signal.SIGTERM),
        ("the report is being printed", signal.SIGINT),
        ("everything is kept running", signal.SIGTERM),
    ],
)
def test_a_signal_at_any_moment_ends_every_process(
    samples: Path, tmp_path: Path, moment: str, number: signal.Signals
) -> None:
    demo = Demo(samples, tmp_path, "--keep")
    demo.wait_for(lambda: MOMENTS[moment](demo, tmp_path / "demo"))
    assert demo.end(number) == (130 if number is signal.SIGINT else 128 + number)
    assert demo.running() == set()
    assert "Traceback" not in demo.said


@pytest.mark.parametrize(("seconds", "number"), [(4.0, signal.SIGINT), (8.0, signal.SIGTERM)])
def test_a_signal_while_history_is_played_ends_every_process(
    tmp_path: Path, seconds: float, number: signal.Signals
) -> None:
    demo = Demo(SAMPLES, tmp_path, "--keep")
    demo.wait_for(lambda: "Source of the calls" in demo.said)
    time.sleep(seconds)  # somewhere in the middle, wherever this machine is by then
    assert demo.end(number) == (130 if number is signal.SIGINT else 128 + number)
    assert demo.running() == set()
    assert "Traceback" not in demo.said


def test_children_end_when_the_demo_is_killed(samples: Path, tmp_path: Path) -> None:
    demo = Demo(samples, tmp_path, "--keep")
    demo.wait_for(lambda: len(demo.running()) == 4)
    demo.end(signal.SIGKILL)
    demo.wait_for(lambda: demo.running() == set(), seconds=15)


def test_a_child_that_dies_ends_the_demo_with_its_name_and_log(samples: Path, tmp_path: Path) -> None:
    demo = Demo(samples, tmp_path, "--keep")
    demo.wait_for(lambda: len(demo.running()) == 4)
    (worker,) = (pid for pid in demo.running() if b"\0worker\0" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(worker, signal.SIGKILL)
    assert demo.process.wait(30) == 3
    assert "error: `momentous worker` ended with code -9" in demo.said
    assert demo.running() == set()


def test_two_demos_in_one_folder_are_refused(samples: Path, tmp_path: Path) -> None:
    first = Demo(samples, tmp_path, "--keep")
    first.wait_for((tmp_path / "demo").exists)
    second = subprocess.run(
        [sys.executable, "-m", "streams.cli", "demo", "--samples", str(samples)],
        env=environment(MOMENTOUS_DATA_DIR=str(tmp_path), PYTHONPATH=str(ROOT)),
        capture_output=True,
        timeout=30,
    )
    assert second.returncode == 3
    assert second.stderr.decode().startswith(f"error: another demo runs in {tmp_path}/demo; wait for its end, or set")
    first.end(signal.SIGINT)


def test_without_samples_the_option_is_named(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "nowhere", tmp_path / "data")
    assert demo.process.wait(30) == 2
    assert "bank-january-1999.tsv.gz is not there; run it in a checkout, or name the folder: --samples" in demo.said
