"""A partition restored from its changelog goes on exactly as one that never stopped."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.customer.log import (
    DAY,
    HOUR,
    POLICY,
    SILENCE,
    T0,
    Log,
    Logged,
    Outcome,
    changes,
    compacted,
    played,
    restored,
)
from tests.customer.traffic import mixed_log

_RECORDS = 400


def _with_stops(records: list[Logged], taken: set[int], stopped: set[int]) -> tuple[Outcome, dict[bytes, bytes]]:
    """Take in the records; after those in ``taken`` a transaction ends, after those in ``stopped`` also the process."""
    outcome, outputs, changelog = Outcome(), [], dict[bytes, bytes]()
    for record in records:
        outcome.play([record])
        if record.offset in taken | stopped:
            changelog = compacted(changelog.items(), changes(outcome.partition))
        if record.offset in stopped:
            outputs += outcome.outputs
            outcome = restored(changelog.items())
    outcome.outputs = outputs + outcome.outputs
    return outcome, compacted(changelog.items(), changes(outcome.partition))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 1_000_000),
    st.sets(st.integers(0, _RECORDS - 1), max_size=12),
    st.sets(st.integers(0, _RECORDS - 1), max_size=6),
)
def test_stopped_anywhere_it_writes_the_same_bytes(seed: int, taken: set[int], stopped: set[int]) -> None:
    records = mixed_log(_RECORDS, seed, customers=6).records
    straight, straight_changelog = _with_stops(records, set(), set())
    outcome, changelog = _with_stops(records, taken, stopped)
    assert outcome.outputs == straight.outputs
    assert changelog == straight_changelog


def test_stopped_after_every_record_it_writes_the_same_bytes() -> None:
    records = mixed_log(400, seed=3, customers=12).records
    straight, straight_changelog = _with_stops(records, set(), set())
    outcome, changelog = _with_stops(records, set(), set(range(len(records))))
    assert outcome.outputs == straight.outputs
    assert changelog == straight_changelog


def test_the_partition_record_comes_last_and_tells_how_far_it_is() -> None:
    log = Log()
    log.rule(T0, SILENCE)
    log.touchpoint(T0, "page.viewed")
    outcome = restored(changes(played(log).partition))
    assert (outcome.partition.applied, outcome.counters, outcome.partition.clock.now) == (
        1,
        {"in": 1, "accepted": 1},
        T0,
    )


def test_changes_taken_once_are_not_taken_again() -> None:
    log = Log()
    log.rule(T0, SILENCE)
    log.touchpoint(T0, "page.viewed")
    partition = played(log).partition
    first = [key for key, _ in partition.take_changes()]
    written = [b"c1", b"\0version\0rule\0flow.abandoned\x001", b"\0definition\0rule\0flow.abandoned"]
    assert (first, list(partition.take_changes())) == (written, [])


def test_only_changed_customers_are_taken() -> None:
    log = Log()
    log.touchpoint(T0, "page.viewed", "c1")
    log.touchpoint(T0, "page.viewed", "c2")
    outcome = played(log)
    changes(outcome.partition)
    log.touchpoint(T0, "page.viewed", "c2")
    outcome.play(log.records[-1:])
    assert [key for key, _ in outcome.partition.take_changes()] == [b"c2"]


def test_a_duplicate_changes_no_customer() -> None:
    log = Log()
    log.touchpoint(T0, "page.viewed", event_id="e7")
    outcome = played(log)
    changes(outcome.partition)
    log.touchpoint(T0 + HOUR, "page.viewed", event_id="e7")
    outcome.play(log.records[-1:])
    assert list(outcome.partition.take_changes()) == []


def test_the_definitions_are_restored_with_their_full_text() -> None:
    log = Log()
    log.rule(T0, SILENCE, POLICY)
    outcome = restored(changes(played(log).partition))
    assert outcome.partition.definitions.versions() == {"policy outreach": 1, "rule flow.abandoned": 1}
    assert outcome.partition.definitions.standings["rule", "flow.abandoned"].text == SILENCE


def test_a_lane_that_comes_back_reads_only_what_was_written_meanwhile() -> None:
    log = Log()
    log.rule(T0, SILENCE)
    log.touchpoint(T0, "flow.started", "c1", correlation_id="k")
    log.touchpoint(T0, "page.viewed", "c2")
    mine = played(log)
    changelog = changes(mine.partition)
    others = restored(changelog)
    log.touchpoint(T0 + HOUR, "flow.started", "c3", correlation_id="k")
    log.tick(T0 + 10 * DAY)
    others.play(log.records[3:])
    for key, value in changes(others.partition):
        mine.partition.restore(key, value)
    mine.partition.restored()
    log.touchpoint(T0 + 11 * DAY, "flow.started", "c1", correlation_id="k")
    log.tick(T0 + 12 * DAY)
    mine.outputs.clear()
    others.outputs.clear()
    assert mine.play(log.records[5:]).outputs == others.play(log.records[5:]).outputs
    assert changes(mine.partition) == changes(others.partition)
