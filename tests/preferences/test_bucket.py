"""Token buckets."""

from __future__ import annotations

from streams.preferences.bucket import Buckets


def test_a_burst_passes_and_the_next_waits_for_a_token() -> None:
    buckets = Buckets(burst=2, per_second=0.5)
    assert [buckets.take("a", 0) for _ in range(3)] == [0, 0, 2]
    assert buckets.take("a", 1999) == 1
    assert buckets.take("a", 2000) == 0


def test_one_name_takes_nothing_from_another() -> None:
    buckets = Buckets(burst=1, per_second=1)
    assert [buckets.take(name, 0) for name in "aab"] == [0, 1, 0]


def test_a_bucket_holds_no_more_than_its_burst() -> None:
    buckets = Buckets(burst=2, per_second=1)
    buckets.take("a", 0)
    assert [buckets.take("a", 1_000_000) for _ in range(3)] == [0, 0, 1]


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    buckets = Buckets(burst=1, per_second=1)
    assert [buckets.take("a", 1000), buckets.take("a", 0), buckets.take("a", 1000)] == [0, 1, 1]


def test_names_are_remembered_up_to_a_number() -> None:
    buckets = Buckets(burst=1, per_second=1, most=2)
    assert [buckets.take(name, 0) for name in "abca"] == [0, 0, 0, 0]
