"""A backtest over a bank's real January 1999 finds what independent SQL counted (see tests/catalogue)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from schemas import Codec
from streams.backtest import Report, Source, backtest, choose, file_source, read_period, warm_up
from streams.catalogue import load_catalogue
from tests.catalogue.test_bank_reference import (
    ALSO_SHORT_ABANDONS,
    ALSO_SHORT_ABANDONS_IN_STEP,
    ANY_REASON,
    LOG,
    no_cool_down,
)

_POLICY = "id: none\nversion: 1\ndescription: Nobody is contacted.\nactions: []\n"


@cache
def calls() -> Source:
    return file_source(LOG)


@pytest.fixture
def tested(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(_POLICY)
    return tmp_path


@pytest.fixture(scope="module")
def long_wait(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("bank")
    (folder / "policy.yaml").write_text(_POLICY)
    return report(folder, "queue.long_wait")


def report(folder: Path, rule_id: str, *changes: tuple[str, str]) -> Report:
    text = dict(load_catalogue())[f"{rule_id}.yaml"]
    for old, new in changes:
        assert text.count(old) == 1, f"{rule_id} no longer says {old!r}"
        text = text.replace(old, new)
    file = folder / f"{rule_id}.yaml"
    file.write_text(text)
    choice = choose(str(file), "none", [folder / "policy.yaml"])
    policy = choice.together(choice.candidate).policy
    period = read_period("1999-01-01", "1999-02-08", "Asia/Jerusalem")
    return backtest(calls(), choice, policy, period, warm_up(choice.candidate.rule, policy), Codec(), examples=0)


def test_3101_calls_abandoned_in_the_queue_1738_of_them_by_identified_customers(tested: Path) -> None:
    side = report(tested, "queue.abandoned", ALSO_SHORT_ABANDONS).side
    assert (side.moments, side.moments - side.anonymous) == (3_101, 1_738)


def test_191_calls_waited_longer_than_300_seconds_123_of_them_by_identified_customers(long_wait: Report) -> None:
    side = long_wait.side
    assert (side.moments, side.moments - side.anonymous) == (191, 123)


def test_8168_calls_by_1636_customers_repeat_one_of_the_last_seven_days(tested: Path) -> None:
    side = report(tested, "contact.repeated", ANY_REASON, no_cool_down("1d")).side
    assert (side.moments, side.customers, side.anonymous) == (8_168, 1_636, 0)


def test_472_calls_of_identified_customers_were_abandoned_and_then_silent_for_three_days(tested: Path) -> None:
    changes = (ALSO_SHORT_ABANDONS_IN_STEP, no_cool_down("{for: 7d, by: []}"))
    side = report(tested, "queue.abandoned_silent", *changes).side
    assert side.moments - side.anonymous == 472


def test_all_137823_touchpoints_are_read_and_the_sums_agree(long_wait: Report) -> None:
    found = long_wait
    assert found.history.read == 137_823
    assert sum(found.history.fates.values()) == 137_823
    assert sum(day.moments for day in found.side.days) == 191
    assert found.side.refused == found.side.moments
    assert [one.reason for one in found.side.reasons] == ["no_action"]
    assert found.notes == ["No action of policy none answers queue.long_wait, so no contact could come of it."]
