"""The benchmark of growth looks at every word of the rule language, and what it looks at is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from benchmarks.growth import CASES, MOST_GROWTH, weigh
from benchmarks.growth_of_records import RECORDS, weigh_record, weigh_seen
from streams.customer.seen import CAPACITY
from streams.detection.detect_reader import OPERATORS
from streams.detection.operators.pattern import EVERY, REPORTS
from streams.detection.operators.promise import LEVELS
from streams.detection.promise_reader import PROMISE_KEYS
from streams.detection.ratio_reader import RATIO_KEYS
from streams.detection.rhythm_reader import HABIT_KEYS, RHYTHM_KEYS, SCORE_KEYS
from streams.detection.sequence_reader import SEQUENCE_KEYS
from streams.detection.series_reader import SERIES_KEYS
from streams.detection.step_reader import STEP_KEYS

READ = YAML(typ="safe", pure=True).load
FEW = 530
"""Enough to reach every bound but that of remembered events."""


def words(node: Any) -> Iterator[str]:
    """Every key and every text of a document."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from words(value)
    elif isinstance(node, list):
        for value in node:
            yield from words(value)
    elif isinstance(node, str):
        yield node


SAID = {word for case in CASES.values() for word in words(READ(f"detect: {case.detect}\n{case.more}"))}
LANGUAGE = {
    *OPERATORS,
    *STEP_KEYS,
    *(key for keys in (*STEP_KEYS.values(), *SERIES_KEYS.values()) for key in keys),
    *(*SEQUENCE_KEYS, *PROMISE_KEYS, *RATIO_KEYS, *RHYTHM_KEYS, *HABIT_KEYS, *SCORE_KEYS),
    *(*EVERY, *REPORTS, *LEVELS, "no_skip", "skip_to_next", "skip_to_first", "skip_to_last"),
}
BY_DEFAULT = {"first_step", "complete"}
"""What holds where nothing is said."""


def test_every_word_of_the_rule_language_has_a_case() -> None:
    assert not LANGUAGE - SAID - BY_DEFAULT


def test_every_operator_has_a_case_of_its_own() -> None:
    begun = {next(iter(READ(case.detect))) for case in CASES.values()}
    assert begun == set(OPERATORS)


@pytest.mark.parametrize("name", CASES)
def test_twice_as_many_touchpoints_weigh_as_much(name: str) -> None:
    assert weigh(CASES[name], (FEW, 2 * FEW)).growth <= MOST_GROWTH


@pytest.mark.parametrize("name", RECORDS)
def test_no_part_of_a_record_weighs_more_after_twice_as_many(name: str) -> None:
    first, last = weigh_record(RECORDS[name], (FEW, 2 * FEW))
    assert 0 < last <= first * MOST_GROWTH


def test_remembered_events_weigh_14_bytes_each_up_to_their_most() -> None:
    assert weigh_seen((1_000, CAPACITY, CAPACITY + 1_000)) == [14_000, 14 * CAPACITY, 14 * CAPACITY]
