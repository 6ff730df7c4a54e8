"""``momentous backtest`` as a user meets it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from streams.cli.failures import failure
from streams.cli.root import app
from tests.backtest.small_history import FROM, NEW, TO, ZONE, write
from tests.cli.conftest import Ended, Run

PERIOD = ("--from", FROM, "--to", TO, "--zone", ZONE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.fixture
def told(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: its start costs more than the little history."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*more: str, rule: str = "new.yaml") -> Ended:
        period = () if "--from" in more else PERIOD
        arguments = ["backtest", rule, "--file", "history.jsonl", "--rules", "now", *period, *more]
        try:
            code, last = app(arguments, prog_name="momentous", standalone_mode=False), ""
        except BaseException as error:
            last, code = failure(error)
        shown = capsys.readouterr()
        return Ended(code or 0, shown.out, shown.err + last)

    return call


def test_it_tells_moments_contacts_reasons_and_the_difference(told: Run, folder: Path) -> None:
    ended = told()
    assert (ended.code, ended.err) == (0, "")
    for expected in (
        "4 moments of 3 customers in 3 days; the policy would have made 1 contact and stopped 3.",
        "contact: wait.apology by sms",
        "stopped: consent_none, no consent for the purpose on any channel of the action",
        "moments: 1 with both, 3 only new, 1 only old; customers: 2 come in, 1 fall out",
        "13 records of 5 customers from history.jsonl",
    ):
        assert expected in ended.out


def test_machines_get_json(told: Run, folder: Path) -> None:
    ended = told("--json", "--examples", "0")
    report = json.loads(ended.out)
    assert report["format"] == 1
    assert (report["side"]["moments"], report["side"]["triggered"], report["diff"]["both"]) == (4, 1, 1)


def test_the_page_is_written_where_it_is_wanted(told: Run, folder: Path) -> None:
    ended = told("--html", "report.html")
    assert "the whole report: report.html" in ended.out
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_lines_that_cannot_be_used_are_named_and_the_exit_code_is_1(told: Run, folder: Path) -> None:
    with (folder / "history.jsonl").open("a") as file:
        file.write("{oops\n")
    ended = told()
    assert ended.code == 1
    assert "left out: 1 x line 14: JSON is malformed" in ended.err
    assert "4 moments of 3 customers" in ended.out


def test_a_rule_with_mistakes_is_answered_with_all_of_them(told: Run, folder: Path) -> None:
    (folder / "new.yaml").write_text(NEW.replace("emotion: stressed", "emotion: bored").replace("24h", "soon"))
    ended = told()
    assert ended.code == 2
    assert "new.yaml:5:10" in ended.err
    assert "new.yaml:8:16" in ended.err
    assert "error: nothing was tested; mend what is named above" in ended.err


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--from", "soon", "--to", TO), 2, "error: --from 'soon' is no time"),
        (("--zone", "Mars/Olympus"), 2, "error: zone 'Mars/Olympus' is unknown"),
        (("--warm-up", "long"), 2, "write 14d, 36h, 0 or all"),
        (("--consents", "new.yaml"), 2, "error: history.jsonl: JSON lines carry their own consents"),
        (("--against", "nowhere.yaml"), 2, "error: nowhere.yaml: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_a_remedy(
    told: Run, folder: Path, more: tuple[str, ...], code: int, message: str
) -> None:
    ended = told(*more)
    assert ended.code == code
    assert message in " ".join(ended.err.split())
    assert ended.out == ""


def test_an_unknown_rule_names_the_nearest(told: Run, folder: Path) -> None:
    ended = told(rule="queue.long_wat")
    assert ended.code == 2
    assert "did you mean 'queue.long_wait'" in ended.err


def test_nothing_found_is_a_report_that_says_what_it_may_mean(told: Run, folder: Path) -> None:
    ended = told("--from", "2026-03-01", "--to", "2026-03-02")
    assert ended.code == 0
    assert "No moment in this period." in ended.out
    assert "No touchpoint of a type that the rule listens to" in ended.out


def test_interrupted_it_says_that_nothing_was_written(told: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(lines: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("streams.backtest.source_file.read_json_lines", interrupted)
    ended = told()
    assert (ended.code, ended.out) == (130, "")
    assert "stopped; no report was made, and nothing was written anywhere" in ended.err


def test_a_pipe_is_refused_since_the_history_is_read_twice(told: Run, folder: Path) -> None:
    (folder / "history.jsonl").unlink()
    os.mkfifo(folder / "history.jsonl")
    ended = told()
    assert ended.code == 2
    assert "error: history.jsonl: is no file or folder, and a history is read twice; write it to a file" in ended.err
