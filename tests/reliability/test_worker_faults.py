"""R3 and R7, short; ``make chaos`` runs them at full count."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.settings import Settings
from tests.reliability.chance import noticed_by_chance
from tests.reliability.faults import kill_worker, pause_worker

pytestmark = pytest.mark.timeout(420)


def test_r3_a_killed_worker_writes_what_the_core_says_byte_for_byte(topics: Settings, tmp_path: Path) -> None:
    result = kill_worker(topics, tmp_path, kills=3, events=6_000, rate=500, seed=1)
    assert result.holds, result
    assert result.taken_back > 20


@noticed_by_chance
def test_r3_contacts_of_a_killed_worker_that_forgets_withdrawals_are_noticed(topics: Settings, tmp_path: Path) -> None:
    result = kill_worker(topics, tmp_path, kills=2, events=3_000, rate=500, seed=3, sabotage="forget_withdrawals")
    assert result.after_withdrawal > 0


@noticed_by_chance
def test_r3_sabotaged_fails(topics: Settings, tmp_path: Path) -> None:
    result = kill_worker(topics, tmp_path, kills=1, events=3_000, rate=1_000, seed=2, sabotage="forget_applied_offset")
    assert not result.holds


@pytest.fixture
def drowsy(topics: Settings) -> Settings:
    """Settings with a short session, so that a paused worker loses its partitions soon."""
    return msgspec.structs.replace(topics, session_timeout_ms=3000)


def test_r7_a_woken_zombie_writes_nothing(drowsy: Settings, tmp_path: Path) -> None:
    result = pause_worker(drowsy, tmp_path, pauses=3, events=21_000, rate=700, seed=3)
    assert result.holds, result


@noticed_by_chance
def test_r7_sabotaged_fails(drowsy: Settings, tmp_path: Path) -> None:
    result = pause_worker(drowsy, tmp_path, pauses=3, events=21_000, rate=700, seed=4, sabotage="no_fencing")
    assert not result.holds
