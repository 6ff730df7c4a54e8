"""Metrics follow Prometheus's conventions and stay bounded."""

from __future__ import annotations

import re

import pytest

from streams.telemetry import WORKER_METRICS, Instruments, Metric
from streams.telemetry.metric import MOST_SERIES

COUNT = Metric("momentous_test_things_total", "counter", "Things.", ("source",))
LEVEL = Metric("momentous_test_level", "gauge", "A level.", ("partition",))


def lines(of: Instruments, name: str) -> list[str]:
    return [line for line in of.text().decode().splitlines() if line.startswith(name)]


def test_a_counter_counts_by_its_labels() -> None:
    of = Instruments((COUNT,))
    of.count(COUNT.name, 2, "pbx")
    of.count(COUNT.name, 3, "pbx")
    assert lines(of, COUNT.name) == ['momentous_test_things_total{source="pbx"} 5.0']


def test_label_values_beyond_the_bound_are_counted_as_other() -> None:
    of = Instruments((COUNT,))
    for number in range(MOST_SERIES + 7):
        of.count(COUNT.name, 1, f"s{number}")
    of.count(COUNT.name, 1, "s0")
    told = lines(of, COUNT.name)
    assert len(told) == MOST_SERIES + 1
    assert 'momentous_test_things_total{source="other"} 7.0' in told
    assert 'momentous_test_things_total{source="s0"} 2.0' in told


def test_a_cleared_gauge_forgets_the_partitions_that_went_away() -> None:
    of = Instruments((LEVEL,))
    of.set(LEVEL.name, 1, "0")
    of.clear()
    of.set(LEVEL.name, 2, "1")
    assert lines(of, LEVEL.name) == ['momentous_test_level{partition="1"} 2.0']


@pytest.mark.parametrize("metric", WORKER_METRICS, ids=lambda metric: metric.name)
def test_names_follow_the_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"momentous_(worker|loader)_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not re.search(r"_(ms|milliseconds|minutes|count)(_|$)", metric.name)
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.meaning.endswith(".")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("momentous_x_seconds", "s"),
        ("momentous_x_timestamp_seconds", "s since 1970, UTC"),
        ("momentous_x_bytes", "bytes"),
        ("momentous_lag_records", "records"),
        ("momentous_records_total", "records"),
        ("momentous_decisions_total", "1"),
    ],
)
def test_the_unit_is_read_from_the_name(name: str, unit: str) -> None:
    assert Metric(name, "gauge", "It.").unit == unit
