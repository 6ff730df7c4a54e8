import os
import subprocess
import sys
import time

CHILD = """
import signal, time
from streams.parent import end_with_parent
end_with_parent()
{}
print("ready", flush=True)
time.sleep(60)
"""


def child(prepare: str = "") -> tuple[subprocess.Popen[bytes], int]:
    """A process that watches a pipe, and the pipe's writing end."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(prepare)],
        env={**os.environ, "_MOMENTOUS_PARENT_PIPE": str(reading)},
        pass_fds=(reading,),
        stdout=subprocess.PIPE,
    )
    os.close(reading)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process, writing


def test_a_child_stops_itself_when_the_pipe_closes() -> None:
    process, writing = child()
    os.close(writing)
    assert process.wait(5) == -15
    process.communicate()


def test_a_child_stays_while_the_pipe_is_open() -> None:
    process, writing = child()
    time.sleep(0.5)
    assert process.poll() is None
    process.kill()
    process.communicate()
    os.close(writing)


def test_a_child_that_will_not_stop_is_killed() -> None:
    process, writing = child("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    os.close(writing)
    assert process.wait(10) == -9
    process.communicate()


def test_without_the_variable_nothing_is_watched() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "_MOMENTOUS_PARENT_PIPE"}
    code = "import threading, streams.parent as p; p.end_with_parent(); print(threading.active_count())"
    assert subprocess.check_output([sys.executable, "-c", code], env=environment) == b"1\n"
