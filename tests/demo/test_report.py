"""The demo's last lines must be able to say no."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from streams.demo import report
from streams.demo.report import DoesNotAddUp, Run

STORED = {
    "loaded": 10,
    "accepted": 7,
    "duplicate": 1,
    "late": 1,
    "dead": 1,
    "dropped": 0,
    "doubled": 0,
    "adds_up": 1,
}
WORKER = {"in": 10, "accepted": 7, "duplicate": 1, "late": 1, "dead": 1}


class Answers:
    """Stands for ClickHouse: one row for ``conservation``, one number for what is there twice."""

    database = "momentous"

    def __init__(self, stored: dict[str, int], twice: int) -> None:
        self._stored = stored
        self._twice = twice

    def query(self, sql: str, **more: Any) -> Any:
        stored = {"unmatched": 0, "in_sums": 7, **self._stored}
        rows = [[self._twice]] if "uniqExact(decision_id)" in sql else [list(stored.values())]
        return SimpleNamespace(column_names=list(stored), result_rows=rows)


def conservation(worker: dict[str, int], stored: dict[str, int], twice: int = 0) -> str:
    console = Console(record=True, width=200)
    run = Run(calls=8, consents=2, worker_seconds=1.0, loaded_seconds=1.0, counters=Counter(worker))
    report._conservation(console, Answers(stored, twice), run)  # type: ignore[arg-type]
    return console.export_text()


def test_counts_that_agree_add_up() -> None:
    assert conservation(WORKER, STORED).splitlines() == [
        "published  8 of the calls + 2 synthetic consents = 10",
        "worker     10 in = 7 accepted + 1 duplicate + 1 late + 1 dead + 0 dropped",
        "ClickHouse 10 loaded = 7 accepted + 1 duplicate + 1 late + 1 dead + 0 dropped",
        "twice      0 touchpoints, 0 moments, decisions or triggers",
        "It adds up, to the record.",
    ]


@pytest.mark.parametrize(
    ("worker", "stored", "twice", "fault"),
    [
        ({"in": 9, "accepted": 6}, {}, 0, "not worker in = published"),
        ({"accepted": 6}, {}, 0, "not worker in = sum of outcomes"),
        ({}, {"loaded": 11}, 0, "not loaded = published"),
        ({}, {"accepted": 8, "late": 0}, 0, "not ClickHouse agrees on each outcome"),
        ({}, {"adds_up": 0}, 0, "not every row once"),
        ({}, {}, 2, "not every output once"),
    ],
)
def test_any_count_that_disagrees_is_an_error(
    worker: dict[str, int], stored: dict[str, int], twice: int, fault: str
) -> None:
    with pytest.raises(DoesNotAddUp, match=fault):
        conservation(WORKER | worker, STORED | stored, twice)


def decisions(*rows: tuple[str, str, int]) -> list[str]:
    columns = ("rule", "action", "status", "reason", "decisions")
    answer = SimpleNamespace(
        column_names=columns,
        result_rows=[["r", "a", status, reason, number] for status, reason, number in rows],
    )
    console = Console(record=True, width=200)
    client = SimpleNamespace(database="momentous", query=lambda sql, **more: answer)
    report._decisions(console, client)  # type: ignore[arg-type]
    return console.export_text().splitlines()


def test_a_contact_that_was_put_off_is_counted_once_it_is_decided() -> None:
    told = decisions(
        ("triggered", "ok", 4), ("deferred", "quiet_hours", 3), ("refused", "holdout", 2), ("cancelled", "resolved", 1)
    )
    assert told[:3] == [
        "triggered: 4, each with a consent",
        "put off, and decided again when it was time: 3",
        "not triggered: 3",
    ]
    assert [line.split(":")[0].split() for line in told[3:]] == [["2", "refused"], ["1", "cancelled"]]


def test_where_nothing_was_put_off_nothing_is_said_of_it() -> None:
    assert decisions(("triggered", "ok", 1))[:2] == ["triggered: 1, each with a consent", "not triggered: 0"]
