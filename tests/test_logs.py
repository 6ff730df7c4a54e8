import re
import subprocess
import sys

CODE = """
import logging, structlog
from streams.logs import configure_logs
configure_logs({level!r}{more})
structlog.get_logger("x").info("something happened", customers=3)
structlog.get_logger("x").warning("something odd happened")
logging.getLogger("library").info("chatter")
logging.getLogger("library").warning("a library warns")
"""


def lines(level: str, more: str = "") -> list[str]:
    code = CODE.format(level=level, more=more)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [line.partition(" ")[2] for line in done.stderr.splitlines()]


def test_a_line_is_a_sentence_with_fields_on_stderr_and_libraries_speak_from_warnings_on() -> None:
    assert lines("info") == [
        "level='info' event='something happened' customers=3",
        "level='warning' event='something odd happened'",
        "level='warning' event='a library warns' logger='library'",
    ]


def test_the_level_is_the_least_that_is_logged() -> None:
    assert lines("warning") == lines("info")[1:]
    assert lines("error") == []


def test_where_several_processes_write_to_one_stderr_each_line_has_the_number_of_its_own() -> None:
    assert lines("info", ", process=2") == [
        "level='info' event='something happened' process=2 customers=3",
        "level='warning' event='something odd happened' process=2",
        "level='warning' event='a library warns' process=2 logger='library'",
    ]


def test_times_are_utc() -> None:
    code = CODE.format(level="info", more="")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for line in done.stderr.splitlines():
        assert re.match(r"timestamp='\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z' ", line)
