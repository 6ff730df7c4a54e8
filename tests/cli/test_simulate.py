"""``momentous simulate`` and ``momentous score`` as a user meets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.settings import Settings
from streams.simulation import read_truth
from tests.cli.conftest import Run

Moments = list[dict[str, Any]]


@pytest.fixture
def truth(momentous: Run, tmp_path: Path) -> Path:
    """A small tidy city's."""
    told = momentous("simulate", "--customers", "40", "--days", "3", "--out", "city.jsonl", "--truth", "t.jsonl")
    assert told.code == 0, told.err
    return tmp_path / "t.jsonl"


@pytest.fixture
def found(truth: Path) -> Moments:
    """What a detector without a fault would have found."""
    with truth.open("rb") as lines:
        moments = read_truth(lines, "t").moments
    return [
        {
            "rule": one.rule,
            "customer_id": one.customer_id,
            "phase": "detected",
            "evidence": [{"event_id": one.opening}],
            "detected_at": one.at,
        }
        for one in moments
        if one.is_moment
    ]


@pytest.fixture
def scored(momentous: Run, tmp_path: Path, truth: Path) -> Callable[..., Any]:
    """Scores moments from a file."""

    def run(moments: Moments, *options: str) -> Any:
        (tmp_path / "m.jsonl").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in moments))
        return momentous("score", "t.jsonl", "--moments", "m.jsonl", *options)

    return run


def test_a_city_goes_into_a_file_that_publish_reads(momentous: Run, truth: Path) -> None:
    told = momentous("publish", "city.jsonl", "--dry-run")
    assert told.code == 0
    assert told.out.endswith("refused 0 lines\n")


def test_stdout_and_a_file_get_the_same_bytes(momentous: Run, truth: Path, tmp_path: Path) -> None:
    told = momentous("simulate", "--customers", "40", "--days", "3", "--out", "-")
    assert told.out == (tmp_path / "city.jsonl").read_text()


def test_it_says_what_was_played(momentous: Run) -> None:
    told = momentous("simulate", "--customers", "40", "--days", "3", "--out", "city.jsonl", "--truth", "t.jsonl")
    first, second, _ = told.err.splitlines()
    assert first == "a city of 40 customers from 2026-01-05 00:00 UTC, seed 1"
    assert second.startswith("13 planted stories; ")
    assert second.endswith("kinds; truth in t.jsonl")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--days", "2", "--touchpoints", "9"), "days and touchpoints both say how long the city runs"),
        (("--days", "0"), "days 0.0: a city needs more than that; give a number above 0"),
        (("--late", "2"), "late 2.0: a share lies between 0 and 1"),
        (("--speed", "1", "--start", "2026-01-01"), "with --speed 1 the city begins now; leave --start out"),
    ],
)
def test_wrong_use_is_one_line_with_its_remedy(momentous: Run, options: tuple[str, ...], message: str) -> None:
    told = momentous("simulate", "--out", "city.jsonl", *options)
    assert told.code == 2
    assert message in told.err
    assert len(told.err.splitlines()) == 1


def test_all_found_is_a_table_of_ones(scored: Callable[..., Any], found: Moments) -> None:
    told = scored(found)
    rows = [line for line in told.out.splitlines() if "flow.abandoned" in line]
    assert told.code == 0, told.err
    assert rows[0].count("1.000") == 2


def test_one_moment_less_fails_and_is_named(scored: Callable[..., Any], found: Moments) -> None:
    told = scored(found[1:])
    assert told.code == 1
    assert told.err == f"{found[0]['rule']}: 1 missed, 0 false, 1 of them without a reason\n"


def test_one_moment_more_fails_and_is_named(scored: Callable[..., Any], found: Moments) -> None:
    told = scored([*found, {**found[0], "evidence": [{"event_id": "another"}]}])
    assert told.code == 1
    assert told.err == f"{found[0]['rule']}: 0 missed, 1 false, 1 of them without a reason\n"


def test_a_moment_of_which_the_truth_says_nothing_fails_only_strictly(
    scored: Callable[..., Any], found: Moments
) -> None:
    more = [*found, {**found[0], "rule": "my.own"}]
    assert scored(more).code == 0
    assert scored(more, "--strict").code == 1


def test_times_may_be_iso_8601(scored: Callable[..., Any], found: Moments) -> None:
    first = {**found[0], "detected_at": "2026-01-05T00:00:00Z"}
    assert scored([first, *found[1:]]).err == f"{first['rule']}: 1 missed, 1 false, 2 of them without a reason\n"


def test_what_is_no_moment_is_named_with_its_line(scored: Callable[..., Any], found: Moments) -> None:
    told = scored([found[0], {"rule": "flow.abandoned"}])
    assert told.code == 2
    assert told.err.startswith("error: m.jsonl:2: not a moment (KeyError: ")


def test_a_truth_that_was_cut_off_is_refused(momentous: Run, truth: Path) -> None:
    truth.write_bytes(b"".join(truth.read_bytes().splitlines(keepends=True)[:-1]))
    told = momentous("score", "t.jsonl", "--moments", "t.jsonl")
    assert (told.code, told.err) == (
        2,
        "error: t.jsonl: it has no end; the run was cut off; simulate again to the end\n",
    )


def test_a_city_is_not_mixed_with_touchpoints_that_are_there_already(momentous: Run, topics: Settings) -> None:
    size = ("--customers", "5", "--days", "1")
    assert momentous("simulate", *size, settings=topics).code == 0
    again = momentous("simulate", *size, settings=topics)
    assert again.code == 4
    assert "holds touchpoints already" in again.err
    assert momentous("simulate", *size, "--append", settings=topics).code == 0
