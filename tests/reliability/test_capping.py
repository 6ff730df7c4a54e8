"""R16b: moments of one customer all at once never pass a cap, whoever is killed; ``make chaos`` runs it longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.settings import Settings
from streams.topics import TRIGGERS
from tests.customer.log import CODEC, T0, Log, played
from tests.kafka.reader import Record
from tests.outreach.sabotage import broken
from tests.reliability.capping import (
    BURST,
    CUSTOMERS,
    MOMENTS,
    WAVES,
    count_contacts,
    definitions,
    pass_no_cap,
)
from tests.reliability.chance import noticed_by_chance

pytestmark = pytest.mark.timeout(180)


def test_r16b_moments_at_once_at_two_workers_under_kills_never_pass_a_cap_by_one(
    topics: Settings, tmp_path: Path
) -> None:
    result = pass_no_cap(topics, tmp_path, waves=WAVES, seed=1)
    assert result.moments == WAVES * (MOMENTS + CUSTOMERS)
    assert result.holds, result


@noticed_by_chance
def test_r16b_caps_passed_by_workers_that_forget_contacts_are_noticed(topics: Settings, tmp_path: Path) -> None:
    result = pass_no_cap(topics, tmp_path, waves=3, seed=2, sabotage="forget_contacts")
    assert result.passed


def counted() -> tuple[dict[str, int], int]:
    log = Log()
    for control in definitions():
        log.control(T0, control)
    log.consent(T0, "consent.given")
    for number in range(MOMENTS):
        log.touchpoint(T0 + number, "queue.abandoned", queue=f"q{number % 5}")
    triggers = [Record(0, at, 0, one.key, one.value, []) for at, one in enumerate(played(log).of(TRIGGERS))]
    return count_contacts(CODEC, triggers)


def test_the_checker_counts_what_the_caps_count() -> None:
    assert counted() == ({"c1": BURST}, BURST)


def test_the_checker_notices_one_more_than_a_cap_allows() -> None:
    with broken("one more than the cap"):
        assert counted() == ({"c1": BURST + 1}, BURST + 1)
