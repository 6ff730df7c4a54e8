"""``momentous deliver`` as a process of its own, to be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streams.settings import Settings
from tests.cli.conftest import ROOT, environment
from tests.delivery.receiver import SECRET

STARTED: list[subprocess.Popen[bytes]] = []
"""Processes of the present test; what a failed one leaves behind is ended by ``conftest``."""


def endpoint_file(folder: Path, url: str, more: str = "") -> Path:
    """A deliver.yaml with one webhook; ``more`` are further lines of it, two spaces deeper than its list."""
    path = folder / "deliver.yaml"
    path.write_text(
        "allow_networks: [127.0.0.0/8]\n"
        "endpoints:\n"
        "  - name: texts\n"
        "    kind: webhook\n"
        f"    url: {url}\n"
        "    plain_http: true\n"
        "    secrets: [HOOK_SECRET]\n"
        f"{more}"
    )
    return path


def start(
    settings: Settings, file: Path, *arguments: str, instance: str = "one", **more: str
) -> subprocess.Popen[bytes]:
    """The process; the caller ends it, and if it fails before, the test does."""
    command = [sys.executable, "-m", "streams.cli", "deliver", *arguments, "--file", str(file)]
    if not arguments:
        command += ["--instance", instance]
    env = environment(settings, HOOK_SECRET=SECRET, MOMENTOUS_DELIVER_WEB_PORT="0", **more) | {"PYTHONPATH": str(ROOT)}
    piped = subprocess.PIPE if arguments else None  # what a process that stays says is shown when its test fails
    process = subprocess.Popen(command, env=env, cwd=file.parent, stdout=piped, stderr=piped)
    STARTED.append(process)
    return process


def run(settings: Settings, file: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command that ends by itself."""
    process = start(settings, file, *arguments, **more)
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()
