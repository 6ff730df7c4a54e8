"""No forbidden contact in any life that can be drawn; and a referee that notices when there is one.

``MOMENTOUS_DRAWN_LIVES`` sets how many lives are drawn; ``python -m tests.reliability --only R16`` draws 20,000.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.outreach import REASONS
from tests.outreach.forbidden import findings
from tests.outreach.sabotage import SABOTAGES, broken
from tests.outreach.scenario import EDGES, ZONES, draw_life
from tests.outreach.zones import zone

LIVES = int(os.environ.get("MOMENTOUS_DRAWN_LIVES", "300"))


@settings(max_examples=LIVES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_nobody_is_contacted_who_must_not_be(seed: int, steps: int) -> None:
    assert findings(draw_life(Random(seed), steps)) == []


@pytest.mark.parametrize(("seed", "steps"), [(1526991615, 27), (297173, 30)])
def test_a_refusal_may_be_explained_by_who_goes_first_though_decided_beside_it(seed: int, steps: int) -> None:
    assert findings(draw_life(Random(seed), steps)) == []


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_the_referee_notices_when_it_is_broken(sabotage: str) -> None:
    with broken(sabotage):
        assert any(findings(draw_life(Random(seed))) for seed in range(1_000))


def test_the_lives_reach_every_reason_that_they_can() -> None:
    reasons: Counter[str] = Counter()
    restarts = 0
    for seed in range(400):
        life = draw_life(Random(seed))
        restarts += life.restarts
        reasons.update(decision["reason"] for decision in life.done("Decision"))
    unreached = {"no_action", "paused", "shadow", "too_many_waiting"}
    assert REASONS.keys() - reasons.keys() - unreached == set()
    assert restarts > 400


@pytest.mark.parametrize("name", ZONES)
def test_the_lives_lie_around_changes_of_each_zones_offset(name: str) -> None:
    for edge in EDGES[name]:
        before, after = (datetime.fromtimestamp((edge + beside) / 1000, zone(name)) for beside in (-1, 0))
        assert before.utcoffset() != after.utcoffset()
