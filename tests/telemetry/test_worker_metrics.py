"""From a partition's own counts to series: what a transaction added, in this process's counters."""

from __future__ import annotations

import time
from typing import Any

import pytest

from streams.customer import PartitionRecord
from streams.customer.standing import Quarantined
from streams.outreach import ALL, Pause
from streams.telemetry import LaneWatch, Unread, WorkerMetrics
from tests.customer.log import HUNG_UP, MINUTE, POLICY, SILENCE, T0, Log, Outcome, played

TOPIC = "touchpoints"


class Looked:
    """What a watch of the log has seen."""

    answered_at = time.monotonic()

    def __init__(self, found: Unread | None = None) -> None:
        self.unread = {} if found is None else {(TOPIC, 0): found}


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics()


@pytest.fixture
def watch(metrics: WorkerMetrics) -> LaneWatch:
    watch = LaneWatch(0, metrics)
    watch.enter("running")
    return watch


def told(metrics: WorkerMetrics, watch: LaneWatch, looked: Looked | None = None) -> dict[str, float]:
    """Every series of ours that is not 0, its value."""
    unread: Any = looked or Looked()
    text = metrics.text(lambda: [watch], unread, TOPIC).decode()
    found = [line.rpartition(" ") for line in text.splitlines() if line.startswith("momentous_worker_")]
    return {series.removeprefix("momentous_worker_"): float(value) for series, _, value in found if float(value)}


def commit(watch: LaneWatch, outcome: Outcome, records: int = 1) -> None:
    """What a lane does with a partition's batch."""
    watch.hand_over(outcome.partition, outcome.outputs)
    list(outcome.partition.take_changes())
    watch.committed(outcome.partition, records, 0.004)


def test_a_transaction_counts_what_it_added(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    log = Log()
    log.rule(T0, HUNG_UP, POLICY)
    log.touchpoint(T0, "queue.abandoned")
    log.raw(T0, b"?")
    commit(watch, played(log), records=4)
    series = told(metrics, watch)
    assert {name: value for name, value in series.items() if "_total" in name and "violations" not in name} == {
        "records_in_total": 2,
        'records_total{outcome="accepted"}': 1,
        'records_total{outcome="dead"}': 1,
        'moments_total{phase="detected",rule="queue.abandoned"}': 1,
        'decisions_total{reason="consent_none",status="refused"}': 1,
        'dead_letters_total{reason="wrong_magic_byte"}': 1,
    }
    assert (series["transaction_records_sum"], series["transaction_seconds_sum"]) == (4, 0.004)


def test_what_was_counted_before_a_restore_is_not_counted_again(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    log = Log()
    log.touchpoint(T0, "page.viewed")
    outcome = played(log)
    watch.restored(outcome.partition, 0.2)
    outcome.play([log.touchpoint(T0, "page.viewed")])
    commit(watch, outcome)
    series = told(metrics, watch)
    assert (series["records_in_total"], series['restore_seconds_sum{cause="assigned"}']) == (1, 0.2)


def test_violations_are_told_by_source_and_kind(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    watch.record = PartitionRecord(counters={"violation:urn:crm:missing": 3, "out_of_order": 2})
    metrics.committed(watch, PartitionRecord(), 1, 0.001)
    series = told(metrics, watch)
    assert series['violations_total{kind="missing",source="urn:crm"}'] == 3
    assert series['observations_total{kind="out_of_order"}'] == 2


def test_a_trigger_is_timed_from_the_moment_to_the_commit(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    at = int(time.time() * 1000) - 5_000
    log = Log()
    log.rule(at, HUNG_UP, POLICY)
    log.consent(at, "consent.given")
    log.touchpoint(at, "queue.abandoned")
    commit(watch, played(log))
    series = told(metrics, watch)
    assert series["event_to_trigger_seconds_count"] == 1
    assert 5 <= series["event_to_trigger_seconds_sum"] < 15


def test_how_late_deadlines_fired_is_told(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    log = Log()
    log.rule(T0, SILENCE)
    log.touchpoint(T0, "flow.started", correlation_id="f1")
    log.tick(T0 + 10 * MINUTE + 250)
    commit(watch, played(log))
    series = told(metrics, watch)
    assert (series["deadline_lateness_seconds_count"], series["deadline_lateness_seconds_sum"]) == (1, 0.25)


def test_what_an_aborted_transaction_fired_is_not_told(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    log = Log()
    log.rule(T0, SILENCE)
    log.touchpoint(T0, "flow.started", correlation_id="f1")
    log.tick(T0 + 10 * MINUTE)
    outcome = played(log)
    watch.hand_over(outcome.partition, outcome.outputs)
    watch.failed("error", "aborted")
    commit(watch, Outcome())
    assert "deadline_lateness_seconds_count" not in told(metrics, watch)


# -- as of now --------------------------------------------------------------------------------------


def test_lag_is_what_the_broker_has_beyond_what_is_committed(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    watch.record = PartitionRecord(applied=99)
    series = told(metrics, watch, Looked(Unread(200, 100, int(time.time() * 1000) - 60_000)))
    assert series['lag_records{partition="0"}'] == 100
    assert 60 <= series['lag_seconds{partition="0"}'] < 70


def test_what_was_committed_since_the_look_is_no_lag(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    watch.record = PartitionRecord(applied=199)
    series = told(metrics, watch, Looked(Unread(200, 100, 1)))
    assert "lag_records" not in str(series)
    assert "lag_seconds" not in str(series)


def test_state_clock_deadlines_and_phase_are_told(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    log = Log()
    log.rule(T0, SILENCE)
    log.touchpoint(T0, "flow.started", correlation_id="f1")
    commit(watch, played(log))
    series = told(metrics, watch)
    # The log's T0 may lie before or after this machine's time.
    assert [series.get(f'{name}{{partition="0"}}') for name in ("customers", "partial_matches", "applied_offset")] == [
        1,
        1,
        1,
    ]
    assert series['next_deadline_timestamp_seconds{partition="0"}'] == (T0 + 10 * MINUTE) / 1000
    assert series['lane_phase{partition="0",phase="running"}'] == 1


def test_a_deadline_that_passed_is_overdue(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    at = int(time.time() * 1000) - 60 * MINUTE
    log = Log()
    log.rule(at, SILENCE)
    log.touchpoint(at, "flow.started", correlation_id="f1")
    commit(watch, played(log))
    series = told(metrics, watch)
    assert series['deadlines_overdue{partition="0"}'] == 1
    assert 50 * 60 <= series['deadline_overdue_seconds{partition="0"}'] < 51 * 60
    assert 60 * 60 <= series['clock_delay_seconds{partition="0"}'] < 61 * 60


def test_in_a_history_nothing_is_overdue_and_the_clock_has_no_delay(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    watch.record = PartitionRecord(mode="event", clock=5)
    watch.next_deadline = 7
    series = told(metrics, watch)
    assert not [name for name in series if name.startswith(("deadline_overdue", "clock_delay"))]


def test_what_runs_and_what_is_quarantined_is_told_by_its_partition(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    refused = Quarantined(version=3, reason="unreadable", since=1)
    running = {"rule queue.abandoned": 2, "pause *": 1}
    watch.record = PartitionRecord(definitions=running, quarantined={"rule queue.abandoned": refused})
    series = told(metrics, watch)
    assert {name: value for name, value in series.items() if name.startswith("definition_")} == {
        'definition_version{definition="rule queue.abandoned",partition="0"}': 2,
        'definition_quarantined{definition="rule queue.abandoned",partition="0"}': 3,
    }


def test_a_pause_is_told_by_its_action(metrics: WorkerMetrics, watch: LaneWatch) -> None:
    watch.record = PartitionRecord(pauses={ALL: Pause(id=ALL, paused=True)})
    assert told(metrics, watch)['outreach_paused{action="*"}'] == 1
