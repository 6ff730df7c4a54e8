"""The rate of several processes: steady while all work, and to the last, from commits written out by hand."""

from __future__ import annotations

import pytest

from benchmarks.definitions import EIGHT, shipped_rules
from benchmarks.ledger import Commit
from benchmarks.shares import Pace, Share, pace, shares
from streams.customer.ledger import PartitionRecord

LOG = """\
timestamp='2026-01-01T00:00:00.250000Z' level='info' event='lane runs' process=1 partition=0 customers=0 from_offset=3
timestamp='2026-01-01T00:00:00.500000Z' level='info' event='lane runs' process=1 partition=1 customers=0 from_offset=3
timestamp='2026-01-01T00:00:01.000000Z' level='info' event='worker starts' process=2 app='momentous'
timestamp='2026-01-01T00:00:02.000000Z' level='info' event='lane runs' process=2 partition=1 customers=9 from_offset=90
"""
BEGAN = 1_767_225_600_000


def commit(at: int, partition: int, counted: int) -> Commit:
    return Commit(at, partition, PartitionRecord(counters={"in": counted}))


def test_a_partition_is_of_the_process_that_runs_its_lane_last() -> None:
    assert shares(LOG) == {0: Share(1, BEGAN + 250), 1: Share(2, BEGAN + 2_000)}


OF = {0: Share(1, 0), 1: Share(2, 2_000)}
FOUND = [
    commit(500, 1, 100),  # by whoever had partition 1 before
    commit(1_000, 0, 200),
    commit(3_000, 1, 400),  # both have committed in what is theirs: 600 counted
    commit(4_000, 0, 1_000),
    commit(5_000, 1, 1_000),  # process 2 has counted its last: 2,000
    commit(6_000, 1, 1_000),  # a tick counts nothing
    commit(9_000, 0, 1_800),
]


def test_it_is_steady_from_when_all_have_committed_until_the_first_runs_dry() -> None:
    assert pace(FOUND, OF, 2, 2_800, 100) == Pace(steady=700.0, to_last=2_200 / 6, measured=0.5)


def test_the_warm_up_is_not_measured() -> None:
    assert pace(FOUND, OF, 2, 2_800, 700) == Pace(steady=600.0, to_last=280.0, measured=600 / 2_800)


def test_a_process_that_ran_dry_before_all_had_begun_makes_no_rate() -> None:
    found = [commit(1_000, 0, 1_000), commit(3_000, 1, 500), commit(4_000, 1, 1_000)]
    with pytest.raises(RuntimeError, match="a process had none left when all had begun"):
        pace(found, OF, 2, 2_000, 100)


def test_a_process_without_a_partition_makes_no_rate() -> None:
    with pytest.raises(RuntimeError, match="1 of 2 processes had anything to do"):
        pace([commit(1_000, 0, 10), commit(2_000, 0, 20)], {0: Share(1, 0)}, 2, 20, 1)


def test_what_was_published_and_not_counted_makes_no_rate() -> None:
    with pytest.raises(RuntimeError, match="2801 records published, 2800 counted"):
        pace(FOUND, OF, 2, 2_801, 100)


def test_eight_rules_are_those_of_calls_and_all_are_the_catalogue() -> None:
    eight = [control["activation"]["id"] for control in shipped_rules("eight") if control["activation"]]
    assert eight == list(EIGHT)
    assert len(eight) == 8
    assert set(eight) < {control["activation"]["id"] for control in shipped_rules() if control["activation"]}
