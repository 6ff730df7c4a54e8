"""Health looks at progress: each way of standing still has its sentence, and idle is well."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from streams.customer import PartitionRecord
from streams.telemetry import Health, LaneWatch, Unread, worker_health

STALL_S = 30.0
TOPIC = "touchpoints"
NOTHING = Unread(end=100, records=0, oldest_at=None)
WAITING = Unread(end=200, records=100, oldest_at=1_795_422_600_000)


class Looked:
    """What a watch of the log has seen."""

    def __init__(self, found: Unread, waiting_s: float = 0.0, silent_s: float = 0.0) -> None:
        now = monotonic()
        where = (TOPIC, 0)
        self.unread = {where: found}
        self.waiting_since = {where: now - waiting_s} if found.oldest_at is not None else {}
        self.answered_at = now - silent_s
        self.trouble = "timed out" if silent_s else ""


def lane(phase: str = "running", *, since_s: float = 600, committed_s: float = 600, **fields: Any) -> LaneWatch:
    """A lane in that phase for ``since_s``, whose last transaction was ``committed_s`` ago."""
    watch = LaneWatch(0)
    watch.enter(phase)
    watch.record = PartitionRecord(applied=99)
    watch.phase_since = watch.progress_at = monotonic() - since_s
    watch.committed_at = monotonic() - committed_s
    for name, value in fields.items():
        setattr(watch, name, value)
    return watch


def health(looked: Looked, *lanes: LaneWatch, stuck_s: float = 0.0, assigned: bool = True) -> Health:
    unread: Any = looked
    return worker_health(lanes, unread, TOPIC, stall_s=STALL_S, loop_stuck_s=stuck_s, was_assigned=assigned)


def verdicts(found: Health) -> tuple[bool, bool, bool]:
    return found.ok, found.live, found.ready


def test_an_idle_lane_is_well_however_long_it_is_idle() -> None:
    found = health(Looked(NOTHING), lane(committed_s=86_400))
    assert (verdicts(found), found.reasons) == ((True, True, True), [])


def test_a_busy_lane_that_commits_is_well_however_far_behind_it_is() -> None:
    found = health(Looked(WAITING, waiting_s=600), lane(committed_s=2))
    assert (verdicts(found), found.partitions["0"].lag_records) == ((True, True, True), 100)


def test_input_that_has_just_come_is_given_its_time() -> None:
    assert verdicts(health(Looked(WAITING, waiting_s=29), lane())) == (True, True, True)


def test_with_input_waiting_and_nothing_committed_a_lane_is_ill_and_a_restart_may_help() -> None:
    found = health(Looked(WAITING, waiting_s=31), lane())
    assert verdicts(found) == (False, False, False)
    assert found.reasons == ["partition 0: input waits and nothing was committed for 31 s"]
    assert (found.partitions["0"].ok, found.partitions["0"].reason) == (
        False,
        "input waits and nothing was committed for 31 s",
    )


def test_what_a_lane_waits_for_is_told() -> None:
    found = health(Looked(WAITING, waiting_s=31), lane(reason="waits for the schema registry: no answer"))
    assert found.reasons == [
        "partition 0: input waits and nothing was committed for 31 s (waits for the schema registry: no answer)"
    ]


def test_restoring_with_progress_is_well_but_not_ready() -> None:
    found = health(Looked(WAITING, waiting_s=600), lane("restoring", since_s=600, progress_at=monotonic() - 3))
    assert (verdicts(found), found.reasons) == ((True, True, False), ["not running yet: partition 0"])


def test_restoring_without_progress_is_ill_and_says_why_it_restores() -> None:
    found = health(Looked(WAITING), lane("restoring", since_s=40, reason="restores after an error: aborted"))
    assert verdicts(found) == (False, False, False)
    assert found.reasons == ["partition 0: no progress in restoring for 40 s (restores after an error: aborted)"]


def test_a_fenced_lane_is_named_and_a_restart_is_not_asked_for() -> None:
    found = health(Looked(NOTHING), lane("fenced", reason="fenced: another owner took the partition"))
    assert verdicts(found) == (False, True, False)
    assert found.reasons == ["partition 0: fenced: another owner took the partition"]


def test_a_lane_that_refuses_is_named() -> None:
    found = health(Looked(NOTHING), lane(refused=True, reason="the log begins at 7"))
    assert (verdicts(found), found.reasons) == ((False, False, False), ["partition 0: refused: the log begins at 7"])


def test_a_silent_broker_is_ill_but_no_reason_to_restart() -> None:
    found = health(Looked(WAITING, waiting_s=60, silent_s=45), lane())
    assert verdicts(found) == (False, True, False)
    assert found.reasons[0] == "Kafka has not answered for 45 s: timed out"


def test_an_event_loop_that_stands_still_is_a_reason_to_restart() -> None:
    found = health(Looked(NOTHING), lane(), stuck_s=31)
    assert (verdicts(found), found.reasons) == (
        (False, False, False),
        ["the event loop has not turned for 31 s"],
    )


def test_before_the_group_has_dealt_it_is_well_and_not_ready() -> None:
    found = health(Looked(NOTHING), assigned=False)
    assert (verdicts(found), found.reasons) == ((True, True, False), ["the group has not dealt partitions yet"])


def test_without_a_partition_to_own_it_is_ready() -> None:
    assert verdicts(health(Looked(NOTHING))) == (True, True, True)


@pytest.mark.parametrize(("read", "progress"), [((10, 10), True), ((10, 0), False)])
def test_a_restore_that_begins_again_makes_progress_only_beyond_where_it_was(
    read: tuple[int, int], progress: bool
) -> None:
    watch = lane("restoring")
    before = watch.progress_at
    watch.restore_records(read[0])
    first = watch.progress_at
    watch.failed("error", "aborted")
    watch.begin_restore()
    watch.restore_records(read[0])
    watch.restore_records(read[1])
    assert (first > before, watch.progress_at > first) == (True, progress)
