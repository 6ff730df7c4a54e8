import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment

COMMANDS = (
    *("backtest", "clickhouse-embedded", "deliver", "demo", "explain", "import", "lift", "loader", "metrics"),
    *("outreach", "policy", "preferences", "publish"),
    *("query", "rules", "score", "settings", "simulate", "state", "status", "topics", "touchpoints", "trace", "worker"),
)


def test_help_lists_every_command_and_the_exit_codes(momentous: Run) -> None:
    told = momentous("--help")
    assert told.code == 0
    assert tuple(sorted(re.findall(r"^│ ([a-z][a-z-]+) ", told.out, re.MULTILINE))) == COMMANDS
    assert "Exit codes: 0 ok, 1 some input was refused" in told.out


@pytest.mark.parametrize(
    "command",
    [(name,) for name in COMMANDS]
    + [("topics", "create"), ("rules", "publish"), ("policy", "test"), ("import", "bank"), ("outreach", "pause")],
)
def test_every_command_has_help(momentous: Run, command: tuple[str, ...]) -> None:
    told = momentous(*command, "--help")
    assert (told.code, told.err) == (0, "")
    assert f"Usage: momentous {' '.join(command)}" in told.out


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys, streams.cli; print({'faust', 'confluent_kafka', 'chdb', 'clickhouse_connect'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code]) == b"set()\n"


def test_the_version_is_that_of_the_package(momentous: Run) -> None:
    assert momentous("--version").out == f"momentous {version('momentous')}\n"


def test_the_installed_script_is_this_program() -> None:
    script = shutil.which("momentous", path=str(Path(sys.executable).parent))
    assert script is not None
    assert subprocess.check_output([script, "--version"], env=environment()).startswith(b"momentous ")


def test_no_command_shows_the_help_and_is_wrong_use(momentous: Run) -> None:
    told = momentous()
    assert told.code == 2
    assert "Usage: momentous" in told.out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("publsh",), "error: No such command 'publsh'. Did you mean 'publish'?; see `momentous --help`\n"),
        (("publish",), "error: Missing argument 'FILE'; see `momentous publish --help`\n"),
        (
            ("publish", "nowhere.jsonl"),
            "error: nowhere.jsonl: No such file or directory; check the path and its rights\n",
        ),
    ],
)
def test_wrong_use_is_one_line_and_code_2(momentous: Run, arguments: tuple[str, ...], line: str) -> None:
    told = momentous(*arguments)
    assert (told.code, told.out, told.err) == (2, "", line)


def test_a_bad_setting_is_one_line_and_code_2(momentous: Run) -> None:
    told = momentous("settings", MOMENTOUS_PARTITIONS="four")
    assert told.code == 2
    assert told.err == (
        "error: MOMENTOUS_PARTITIONS: expected `int`, got `str`; `momentous settings` lists names and defaults\n"
    )


def test_a_settings_file_can_be_named_on_the_command_line(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('kafka_bootstrap = "from-the-file:1"\n')
    assert "from-the-file:1" in momentous("--config", "m.toml", "settings").out


def test_a_missing_settings_file_is_one_line_and_code_2(momentous: Run) -> None:
    told = momentous("--config", "nowhere.toml", "settings")
    assert (told.code, told.err) == (
        2,
        "error: MOMENTOUS_CONFIG=nowhere.toml: cannot be read (No such file or directory); name another file\n",
    )


@pytest.mark.parametrize("arguments", [("topics", "create"), ("publish", "-"), ("worker",)])
def test_a_broker_that_is_away_is_one_line_and_code_3(momentous: Run, arguments: tuple[str, ...]) -> None:
    told = momentous(*arguments, MOMENTOUS_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert (told.code, told.out) == (3, "")
    assert told.err == (
        "error: Kafka at 127.0.0.1:1 does not answer; start it or set MOMENTOUS_KAFKA_BOOTSTRAP "
        "(and the kafka_sasl and kafka_ssl settings)\n"
    )


@pytest.mark.parametrize("arguments", [("explain", "7"), ("trace", "e1"), ("query", "moments-by-rule")])
def test_a_clickhouse_that_is_away_is_one_line_and_code_3(momentous: Run, arguments: tuple[str, ...]) -> None:
    told = momentous(*arguments, MOMENTOUS_CLICKHOUSE_URL="http://127.0.0.1:1")
    assert (told.code, told.out) == (3, "")
    assert told.err.startswith("error: ClickHouse at http://127.0.0.1:1 does not answer")
    assert told.err.endswith("start it (embedded: `momentous clickhouse-embedded`) or check MOMENTOUS_CLICKHOUSE_URL\n")
    assert told.err.count("\n") == 1
