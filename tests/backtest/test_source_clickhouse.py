"""History in a real ClickHouse engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from schemas import Value
from sinks import TablesMissing, apply_ddl
from streams.backtest import ClickHouseSource, NoHistory, file_source, source_clickhouse
from streams.backtest.source_clickhouse import value_of
from streams.settings import Settings
from streams.topics import TOUCHPOINTS, VERDICTS
from tests.backtest.conftest import Made
from tests.backtest.small_history import history
from tests.sinks.samples import insert, verdict


@pytest.fixture
def loaded(client: Client, ours: Settings) -> Client:
    """The history as the loader would have put it there: the one that came twice has its verdict."""
    apply_ddl(client, ours.clickhouse_database)
    insert(ours, TOUCHPOINTS, *history())
    insert(ours, VERDICTS, verdict(history()[7], offset=7))
    return client


def test_the_report_is_that_of_the_file(loaded: Client, folder: Path, made: Made) -> None:
    there = made(ClickHouseSource(loaded))
    here = made(file_source(folder / "history.jsonl"))
    assert (there.side, there.overlaps) == (here.side, here.overlaps)
    assert there.diff is not None
    assert here.diff is not None
    assert there.diff.side == here.diff.side
    assert (there.diff.both, there.diff.only_new, there.diff.only_old) == (1, 3, 1)


def test_what_the_worker_did_not_accept_is_not_read_and_what_nobody_hears_is_counted(
    loaded: Client, made: Made
) -> None:
    report = made(ClickHouseSource(loaded))
    assert (report.history.read, report.history.customers) == (11, 5)
    assert {fate: number for fate, number in report.history.fates.items() if number} == {"taken": 6, "passed_over": 5}
    assert report.history.outcomes == {"accepted": 6, "duplicate": 0, "late": 0, "dead": 0}


def test_slice_by_slice_is_the_same_as_at_once(loaded: Client, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = made(ClickHouseSource(loaded))
    monkeypatch.setattr(source_clickhouse, "SLICE_ROWS", 2)
    assert made(ClickHouseSource(loaded)).side == at_once.side


def test_more_customers_than_can_be_named_are_picked_here(
    loaded: Client, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = made(ClickHouseSource(loaded))
    monkeypatch.setattr(source_clickhouse, "MOST_CUSTOMERS", 0)
    assert made(ClickHouseSource(loaded)).side == named.side


def test_without_tables_it_is_said_what_to_do(client: Client, made: Made) -> None:
    with pytest.raises(TablesMissing, match="has no tables of ours yet; start `momentous loader`"):
        made(ClickHouseSource(client))


def test_a_time_without_touchpoints_is_no_history(loaded: Client, made: Made) -> None:
    with pytest.raises(NoHistory, match="no touchpoints of that time; look at --from and --to"):
        made(ClickHouseSource(loaded), period=("2001-01-01", "2001-02-01", "UTC"))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("300", "number", 300),
        ("300.5", "number", 300.5),
        ("1e-07", "number", 1e-07),
        ("300", "text", "300"),
        ("007", None, "007"),
        ("300", None, 300),
        ("true", "flag", True),
        ("true", None, True),
        ("true", "text", "true"),
        ("S07", None, "S07"),
        ("12", "whole", 12),
        ("twelve", "whole", "twelve"),
        ("nan", "number", "nan"),
        ("", None, ""),
    ],
)
def test_a_property_is_again_what_it_was(text: str, kind: str | None, value: Value) -> None:
    found = value_of(text, kind)
    assert (type(found), found) == (type(value), value)
