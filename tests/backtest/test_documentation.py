"""The commands that docs/backtest.md shows are commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from streams.cli.root import app

ROOT = Path(__file__).parents[2]
_INDENTED = re.compile(r"^    momentous (.+?(?:\\\n.+?)*)$", re.MULTILINE)
SHOWN = [shlex.split(text.replace("\\\n", " ")) for text in _INDENTED.findall((ROOT / "docs/backtest.md").read_text())]


def test_two_commands_are_shown() -> None:
    assert [words[:2] for words in SHOWN] == [["backtest", "contact.third.yaml"], ["backtest", "queue.long_wait"]]


@pytest.mark.parametrize("words", SHOWN, ids=lambda words: words[1])
def test_every_option_of_a_shown_command_exists(words: list[str]) -> None:
    command = typer.main.get_command(app).commands["backtest"]  # type: ignore[attr-defined]
    given = command.make_context("backtest", words[1:]).params
    assert given["rule"] == words[1]


def test_the_command_that_needs_no_server_ends_with_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (words,) = (words for words in SHOWN if "--file" in words)
    code = app(words, prog_name="momentous", standalone_mode=False)
    shown = capsys.readouterr()
    assert (code, shown.err) == (0, "")
    assert "191 moments of 167 customers" in shown.out
