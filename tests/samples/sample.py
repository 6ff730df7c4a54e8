"""A sample of ``samples/`` made ready to run: built once into the project's cache."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.kafka.jars import BrokerUnavailable, java

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "samples"
LANGUAGES = ("python", "node", "java")
BUILD_TIMEOUT_SECONDS = 600


class SampleUnavailable(RuntimeError):
    """The sample cannot be built or run here; the message says why and what would help."""


@dataclass(frozen=True)
class Sample:
    """A program: how to start it."""

    language: str
    command: tuple[str, ...]


def publisher(language: str) -> Sample:
    """The publisher in ``language``; raises SampleUnavailable."""
    return _sample("publishers", language, "publish", "Publish")


def consumer(language: str) -> Sample:
    """The consumer of triggers in ``language``; raises SampleUnavailable."""
    return _sample("consumers", language, "consume", "Consume")


def _sample(kind: str, language: str, script: str, main: str) -> Sample:
    source = ROOT / "samples" / kind / language
    if language == "python":
        return Sample(language, (sys.executable, str(source / f"{script}.py")))
    if language == "node":
        node, npm = _tool("node", "Node 18 or later"), _tool("npm", "npm")
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        return Sample(language, (node, str(_built(source, kind, language, command) / f"{script}.js")))
    command = [_tool("mvn", "Maven"), "--batch-mode", "--quiet", "package"]
    try:
        launcher = java()
    except BrokerUnavailable as error:
        raise SampleUnavailable(str(error)) from error
    target = _built(source, kind, language, command) / "target"
    # Java's second compiler costs a program of a few seconds more than it gains.
    options = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m")
    return Sample(language, (launcher, *options, "-cp", f"{target}/classes:{target}/lib/*", main))


def _tool(name: str, what: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SampleUnavailable(f"no {name}; install {what}")
    return found


def _built(source: Path, kind: str, language: str, command: list[str]) -> Path:
    """A copy of the folder with the command run in it; another copy for every state of the source."""
    files = [path for path in sorted(source.rglob("*")) if path.is_file() and not _is_made(path.relative_to(source))]
    digest = hashlib.sha256(b"".join(str(path.relative_to(source)).encode() + path.read_bytes() for path in files))
    built = CACHE / f"{kind}-{language}-{digest.hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.is_dir():
            partial = built.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            for path in files:
                copy = partial / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
            _run(command, partial, source)
            partial.rename(built)
    return built


def _is_made(path: Path) -> bool:
    return path.parts[0] in ("node_modules", "target")


def _run(command: list[str], folder: Path, source: Path) -> None:
    where = source.relative_to(ROOT)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SampleUnavailable(f"{where}: not built within {error.timeout:.0f} s; try again") from error
    if done.returncode != 0:
        raise SampleUnavailable(f"{where}: {Path(command[0]).name} failed: {(done.stdout + done.stderr)[-2000:]}")
