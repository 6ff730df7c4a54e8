"""R6, short: two workers share eight partitions; ``make chaos`` runs it at full count."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.settings import Settings
from streams.topic_admin import create_topics
from tests.reliability.chance import noticed_by_chance
from tests.reliability.sharing import SHARING_SABOTAGES, share_partitions

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def eight(settings: Settings) -> Settings:
    """Topics of eight partitions, and a short session, so that who left is missed soon."""
    made = msgspec.structs.replace(settings, partitions=8, session_timeout_ms=3000)
    create_topics(made)
    return made


def test_r6_one_joins_and_one_leaves_and_nothing_is_lost_or_twice(eight: Settings, tmp_path: Path) -> None:
    sharing = share_partitions(eight, tmp_path, cycles=1, most=2, rate=400, seed=5)
    assert (len(sharing.joins), len(sharing.leaves)) == (1, 1)
    assert sharing.holds, sharing


@noticed_by_chance
def test_r6_sabotaged_writes_some_twice(eight: Settings, tmp_path: Path) -> None:
    (sabotage,) = SHARING_SABOTAGES
    sharing = share_partitions(eight, tmp_path, cycles=1, most=2, rate=400, seed=6, leave=False, sabotage=sabotage)
    assert sharing.comparison.extra > 0
