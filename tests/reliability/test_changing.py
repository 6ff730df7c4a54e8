"""R3b, short: workers killed in the middle of changes; ``make chaos`` runs it at full count."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.settings import Settings
from tests.reliability.chance import noticed_by_chance
from tests.reliability.changing import change_under_kills

pytestmark = pytest.mark.timeout(300)


def test_r3b_after_kills_in_the_middle_of_changes_no_partition_runs_another_version(
    topics: Settings, tmp_path: Path
) -> None:
    result = change_under_kills(topics, tmp_path, rounds=1, rate=400, seed=1)
    assert result.holds, result


@noticed_by_chance
def test_r3b_sabotaged_fails(topics: Settings, tmp_path: Path) -> None:
    result = change_under_kills(topics, tmp_path, rounds=1, rate=400, seed=2, sabotage="forget_changes")
    assert not result.holds
