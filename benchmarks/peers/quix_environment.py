"""An environment of its own for Quix Streams: it pins an older Kafka client than ours."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

from benchmarks.report import progress

QUIX = "quixstreams==3.28.1"
FOLDER = Path(__file__).parents[2] / ".cache" / "peers"


def quix_python() -> Path:
    """The environment's Python, made and filled on the first call.

    Raises:
        RuntimeError: pip could not install Quix Streams.
    """
    python = FOLDER / "bin" / "python"
    ready = FOLDER / f".{QUIX}"
    if not ready.exists():
        progress(f"making an environment for {QUIX} in {FOLDER} (once)")
        venv.create(FOLDER, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", QUIX]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{QUIX} could not be installed: {done.stderr.strip()[-1000:]}")
        ready.touch()
    return python
