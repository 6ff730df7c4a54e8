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
