"""R1 short, with its sabotage, and zombies and a killed ClickHouse beside it; ``make chaos`` runs it at full count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from streams.settings import Settings
from tests.reliability.chance import noticed_by_chance
from tests.sinks.faults import kill_clickhouse, kill_loader, pause_loader
from tests.sinks.service import Service

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def own_clickhouse(tmp_path: Path) -> Iterator[Service]:
    """An embedded service of this test alone, to kill."""
    service = Service(tmp_path / "clickhouse")
    service.start()
    yield service
    service.kill()


def test_r1_a_killed_loader_loses_and_doubles_nothing(loading: Settings, tmp_path: Path) -> None:
    found = kill_loader(loading, tmp_path, kills=3, rows=5_000, rate=1_000, seed=1)
    assert found.holds, found


@noticed_by_chance
@pytest.mark.parametrize("sabotage", ["no_window", "no_promise"])
def test_r1_sabotaged_doubles_rows(loading: Settings, tmp_path: Path, sabotage: str) -> None:
    found = kill_loader(loading, tmp_path, kills=1, rows=1_500, rate=1_000, seed=2, sabotage=sabotage)
    assert (found.lost, found.duplicated > 0) == (0, True)


@noticed_by_chance
def test_r1_sabotaged_leaves_views_that_disagree(loading: Settings, tmp_path: Path) -> None:
    sabotage = "window_on_raw_tables_alone"
    found = kill_loader(loading, tmp_path, kills=1, rows=1_500, rate=1_000, seed=3, sabotage=sabotage)
    assert (found.lost, found.duplicated) == (0, 0)
    assert found.views != []


@noticed_by_chance
def test_r1_sabotaged_loses_rows(loading: Settings, tmp_path: Path) -> None:
    moments = ["settled"]
    found = kill_loader(
        loading, tmp_path, kills=1, rows=1_500, rate=1_000, seed=4, moments=moments, sabotage="settle_first"
    )
    assert found.lost > 0


@pytest.mark.chaos
def test_r1_in_full(loading: Settings, tmp_path: Path) -> None:
    found = kill_loader(loading, tmp_path, kills=25, rows=100_000, rate=1_800, seed=5)
    assert found.holds, found
    assert found.rows >= 100_000


@pytest.mark.chaos
def test_a_woken_zombie_doubles_nothing(loading: Settings, tmp_path: Path) -> None:
    found = pause_loader(loading, tmp_path, pauses=5, rows=20_000, rate=1_000, seed=6)
    assert found.holds, found


@pytest.mark.chaos
def test_a_killed_clickhouse_loses_and_doubles_nothing(
    loading: Settings, own_clickhouse: Service, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(loading, clickhouse_url=own_clickhouse.url)
    found = kill_clickhouse(settings, own_clickhouse, tmp_path, kills=25, rows=30_000, rate=1_000, seed=7)
    assert found.holds, found
