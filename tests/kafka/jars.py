"""The jars of Apache Kafka, fetched once by Maven into the project's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / ".cache" / "kafka"
FETCH_TIMEOUT_SECONDS = 600


class BrokerUnavailable(RuntimeError):
    """No broker can run here; the message says why and what would help."""


def java() -> str:
    """The Java launcher: of ``JAVA_HOME``, else of the path.

    Raises:
        BrokerUnavailable: there is none.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise BrokerUnavailable("no Java; install Java 17 or later, or name a broker in KAFKA_BOOTSTRAP")
    return found


def kafka_jars() -> Path:
    """The folder with every jar that ``pom.xml`` names, fetching them if the cache has none.

    Processes that ask at the same time wait for the one that fetches.

    Raises:
        BrokerUnavailable: Maven is missing or failed.
    """
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    jars = CACHE / digest
    if jars.is_dir():
        return jars
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            _fetch(jars)
    return jars


def _fetch(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnavailable("no Maven to fetch Kafka's jars; install mvn, or name a broker in KAFKA_BOOTSTRAP")
    partial = jars.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    try:
        done = subprocess.run(
            [maven, "--batch-mode", "--quiet", "--file", str(POM), *goal],
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise BrokerUnavailable(f"Maven did not fetch Kafka's jars within {error.timeout:.0f} s; try again") from error
    if done.returncode != 0:
        raise BrokerUnavailable(f"Maven could not fetch Kafka's jars: {(done.stdout + done.stderr).strip()[-2000:]}")
    partial.rename(jars)
