"""The command line as a user meets it: a process, its two streams and its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.cli.failures import failure
from streams.cli.root import app
from streams.settings import Settings

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """A finished command."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def environment(settings: Settings | None = None, **more: str) -> dict[str, str]:
    """Ours without its MOMENTOUS_ variables, plus the settings that differ from the defaults."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOMENTOUS_")}
    if settings is not None:
        defaults = Settings()
        for name in Settings.__struct_fields__:
            if (value := getattr(settings, name)) != getattr(defaults, name):
                clean[f"MOMENTOUS_{name.upper()}"] = str(value)
    return {**clean, "COLUMNS": "100", "NO_COLOR": "1", **more}


@pytest.fixture
def momentous(tmp_path: Path) -> Run:
    """Runs ``momentous`` with arguments and waits for its end."""

    def run(*arguments: str, settings: Settings | None = None, stdin: bytes = b"", **more: str) -> Ended:
        command = [sys.executable, "-m", "streams.cli", *arguments]
        env = environment(settings, **more) | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, input=stdin, capture_output=True, env=env, cwd=tmp_path, timeout=60)
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """As ``momentous``, without a process of its own; a failure ends it as it ends a process."""
    monkeypatch.chdir(tmp_path)
    # Loggers remember the stream that they first wrote to: a captured one is closed for the tests after this one.
    monkeypatch.setattr("streams.logs.configure_logs", lambda *_: None)

    def run(*arguments: str, settings: Settings | None = None) -> Ended:
        for name, value in environment(settings).items():
            monkeypatch.setenv(name, value)
        try:
            code, message = app(list(arguments), prog_name="momentous", standalone_mode=False), ""
        except Exception as error:
            message, code = failure(error)
        said = capsys.readouterr()
        return Ended(code or 0, said.out, said.err + (f"{message}\n" if message else ""))

    return run
