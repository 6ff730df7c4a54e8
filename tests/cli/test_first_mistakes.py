"""What somebody gets wrong on the first day: one line that says what, where and what to do, and nothing half done."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from streams.settings import Settings
from tests.cli.conftest import Run

EMPTY = "; name a file NAME.yaml, or a folder that holds such files"


@pytest.fixture(autouse=True)
def first_day(tmp_path: Path) -> None:
    """A folder as it is then."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "t.jsonl").write_text("")
    rule = "id: a.b\nversion: 1\ntitle: t\ndescription: d\nemotion: joyful\ndetcet: 1\n"
    (tmp_path / "rule.yaml").write_text(rule.replace("detcet", "detect"))
    (tmp_path / "misspelt.yaml").write_text(rule)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("rules new", "Missing argument 'NAME'; see `momentous rules new --help`"),
        ("rules pubish x.yaml", "No such command 'pubish'. Did you mean 'publish'?; see `momentous rules --help`"),
        ("rules publish x.yaml --dryrun", "No such option: --dryrun (Possible options: --dry-run); see "
         "`momentous rules publish --help`"),
        ("rules publish folder --dry-run", f"no rule in folder{EMPTY}"),
        ("rules test folder", f"no rule in folder{EMPTY}"),
        ("rules lint folder", f"no rule in folder{EMPTY}"),
        ("policy publish folder", "folder: Is a directory; check the path and its rights"),
        ("query moments-by-rul", "no query is named 'moments-by-rul'; did you mean 'moments-by-rule'?"),
        ("query --param since=1", "Invalid value for --param: a parameter goes with the NAME of a query; see "
         "`momentous query --help`"),
        ("query moments-by-rule --param sicne=1", "moments-by-rule has no parameter sicne; it knows: since, until"),
        ("lift --since yesterday", "Invalid value for --since: 'yesterday' is no time; write a day like 2026-11-23, or "
         "a time like 2026-11-23T09:00; see `momentous lift --help`"),
        ("lift --since 2026-03-02 --until 2026-03-01", "Invalid value for --since: 2026-03-02 is not before --until "
         "2026-03-01; see `momentous lift --help`"),
        ("backtest contact.third --from 2026-01-01 --to 2026-01-02 --file t.jsonl --source kafka",
         "Invalid value for --source: the history lies in --file; leave --source out; see `momentous backtest --help`"),
        ("backtest contact.third --from 2026-01-01 --to 2026-01-02 --file t.jsonl --html no/r.html",
         "Invalid value for --html: no/r.html lies in a folder that is not there; make it; see "
         "`momentous backtest --help`"),
        ("policy publish rule.yaml",
         "rule.yaml is a rule, not a policy; publish it with `momentous rules publish`"),
        ("demo --samples folder", "folder/bank-january-1999.tsv.gz is not there; run it in a checkout, or name the "
         "folder: --samples FOLDER"),
        ("preferences link ''", "Invalid value for CUSTOMER: it is empty; give the customer's id; see "
         "`momentous preferences link --help`"),
        ("state key a --channel chta", "there is no channel 'chta'; did you mean 'chat'?"),
    ],
    ids=lambda text: text.partition(";")[0],
)  # fmt: skip
def test_it_is_told_in_a_line_with_code_2(inside: Run, command: str, line: str) -> None:
    told = inside(*shlex.split(command))
    assert (told.code, told.out, told.err) == (2, "", f"error: {line}\n")


@pytest.mark.parametrize(
    ("truth", "line"),
    [("folder", "folder is a folder; name a file"), ("no/t", "no/t lies in a folder that is not there; make it")],
)
def test_a_city_is_not_played_when_its_truth_cannot_be_written_at_the_end(
    inside: Run, tmp_path: Path, truth: str, line: str
) -> None:
    told = inside("simulate", "--customers", "3", "--days", "1", "--out", "played.jsonl", "--truth", truth)
    assert (told.code, told.err) == (
        2,
        f"error: Invalid value for --truth: {line}; see `momentous simulate --help`\n",
    )
    assert not (tmp_path / "played.jsonl").exists()


def test_a_rule_that_cannot_be_read_is_told_by_its_mistakes_not_by_its_missing_tests(inside: Run) -> None:
    told = inside("rules", "test", "misspelt.yaml")
    assert (told.code, told.out) == (2, "0 passed, 0 failed\n")
    assert "misspelt.yaml:6:1: unknown key 'detcet' in a rule; did you mean 'detect'?\n" in told.err


def test_a_clickhouse_that_is_away_is_named_with_the_reason_alone(inside: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMENTOUS_CLICKHOUSE_URL", "http://127.0.0.1:1")
    told = inside("query", "moments-by-rule")
    assert (told.code, told.err) == (
        3,
        "error: ClickHouse at http://127.0.0.1:1 does not answer (Connection refused); start it (embedded: "
        "`momentous clickhouse-embedded`) or check MOMENTOUS_CLICKHOUSE_URL\n",
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [("preferences serve --policy", 2), ("policy publish", 1), ("rules publish", 1), ("policy show", 2)],
)
def test_a_file_that_is_no_text_is_told_by_its_place_whatever_runs(
    inside: Run, tmp_path: Path, command: str, code: int
) -> None:
    (tmp_path / "photo.yaml").write_bytes(b"\xff\xfe\x00")
    told = inside(*command.split(), "photo.yaml", settings=Settings(kafka_bootstrap="127.0.0.1:1"))
    assert told.code == code
    assert (told.out + told.err).startswith("photo.yaml:1:1: ")


def test_h_is_help(inside: Run) -> None:
    told = inside("rules", "lint", "-h")
    assert told.code == 0
    assert "Usage: momentous rules lint" in told.out


def test_refused_lines_are_not_told_as_fitting(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("no json\n")
    told = inside("touchpoints", "--check", "t.jsonl")
    assert (told.code, told.out) == (1, "0 touchpoints read, 1 refused; what was read fits\n")
