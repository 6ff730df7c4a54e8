"""What happens to the tests that need a broker where none can run."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEEDS_A_BROKER = "tests/test_history.py::test_a_topic_with_controls_only_may_take_a_history"


def without_java(**more: str) -> subprocess.CompletedProcess[str]:
    hidden = {"PATH", "JAVA_HOME", "KAFKA_BOOTSTRAP", "CI"}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--no-cov", NEEDS_A_BROKER]
    path = str(Path(sys.executable).parent)
    return subprocess.run(command, cwd=ROOT, env={**env, "PATH": path, **more}, capture_output=True, text=True)


def test_without_java_they_are_skipped_and_the_reason_is_printed() -> None:
    done = without_java()
    assert done.returncode == 0
    assert "no Kafka: no Java; install Java 17 or later, or name a broker in KAFKA_BOOTSTRAP" in done.stdout
    assert "1 skipped" in done.stdout


def test_under_ci_a_skip_is_a_failure() -> None:
    done = without_java(CI="true")
    assert done.returncode == 1
    assert "no Kafka, and CI=true allows no skip: no Java; install Java 17 or later" in done.stdout


def test_a_named_broker_is_used_instead_of_our_own() -> None:
    done = without_java(KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert done.returncode == 1
    assert "Kafka at 127.0.0.1:1 does not answer" in done.stdout
