"""Violations counted by source: the counters' names, and a bound on how many there are."""

from __future__ import annotations

import pytest

from streams.vocabulary import KINDS, ViolationCounting, read_violation_counter, shipped_vocabulary, violation_counter
from streams.vocabulary.counting import LONGEST_SOURCE, SOURCES
from tests.customer.log import T0, touchpoint

SHIPPED = shipped_vocabulary()


def take_in(counting: ViolationCounting, source: str, kind: str = "no.such") -> None:
    counting.take_in(touchpoint(1, T0, kind, source=source))


def test_what_fits_is_not_counted() -> None:
    counters: dict[str, int] = {}
    take_in(ViolationCounting(SHIPPED, counters), "shop", "page.viewed")
    assert counters == {}


def test_each_touchpoint_counts_once_per_kind() -> None:
    counters: dict[str, int] = {}
    counting = ViolationCounting(SHIPPED, counters)
    counting.take_in(touchpoint(1, T0, "queue.abandoned", source="ivr", moood=1, mod=2))
    counting.take_in(touchpoint(2, T0, "queue.abandoned", source="ivr", correlation_id="k"))
    assert counters == {
        "violation:ivr:unknown_property": 1,
        "violation:ivr:missing_property": 2,
        "violation:ivr:missing_field": 1,
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["shop", "consents:bank.csv", "a:b:c", "", "*"])
def test_a_counter_s_name_tells_source_and_kind(source: str, kind: str) -> None:
    assert read_violation_counter(violation_counter(source, kind)) == (source, kind)


@pytest.mark.parametrize("name", ["in", "out_of_order", "violation", "violations:a:b", "violation:a:"])
def test_other_counters_are_none_of_these(name: str) -> None:
    assert read_violation_counter(name) is None


def test_the_sources_after_the_most_are_counted_as_others() -> None:
    counters: dict[str, int] = {}
    counting = ViolationCounting(SHIPPED, counters)
    for number in range(SOURCES + 3):
        take_in(counting, f"source-{number}")
    assert (len(counters), counters["violation:*:unknown_type"], counters["violation:source-63:unknown_type"]) == (
        SOURCES + 1,
        3,
        1,
    )


def test_a_known_source_goes_on_counting_by_name() -> None:
    counters: dict[str, int] = {}
    counting = ViolationCounting(SHIPPED, counters)
    for number in range(SOURCES + 3):
        take_in(counting, f"source-{number}")
    take_in(counting, "source-0")
    assert counters["violation:source-0:unknown_type"] == 2


def test_the_most_holds_for_sources_that_were_counted_before_a_restart_too() -> None:
    counters = {"in": 5} | {violation_counter(f"old:{number}", "wrong_type"): 1 for number in range(SOURCES)}
    counting = ViolationCounting(SHIPPED, counters)
    take_in(counting, "new")
    take_in(counting, "old:3")
    assert (counters["violation:*:unknown_type"], counters["violation:old:3:unknown_type"]) == (1, 1)


@pytest.mark.parametrize(("length", "counted_as"), [(LONGEST_SOURCE, "s" * LONGEST_SOURCE), (LONGEST_SOURCE + 1, "*")])
def test_a_source_with_a_long_name_is_one_of_the_others(length: int, counted_as: str) -> None:
    counters: dict[str, int] = {}
    take_in(ViolationCounting(SHIPPED, counters), "s" * length)
    assert counters == {f"violation:{counted_as}:unknown_type": 1}


def test_a_source_that_is_named_like_the_others_takes_no_place_of_its_own() -> None:
    counters: dict[str, int] = {}
    counting = ViolationCounting(SHIPPED, counters)
    take_in(counting, "*")
    for number in range(SOURCES):
        take_in(counting, f"source-{number}")
    assert (counters["violation:*:unknown_type"], len(counters)) == (1, SOURCES + 1)
