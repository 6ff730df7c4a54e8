"""The kill switch in a partition's log: it holds from its record on, across restarts, until it is lifted."""

from __future__ import annotations

import pytest

from streams.controls import activation, throw_switch
from streams.outreach import ALL, Pause
from tests.customer.log import DAY, HOUR, HUNG_UP, MINUTE, POLICY, SECOND, SILENCE, T0, Log, changes, played, restored

STOP = Pause(id=ALL, paused=True, reason="a wrong template", by="ann", at=T0)
GO = Pause(id=ALL, paused=False, reason="template corrected", by="ann", at=T0 + HOUR)
STOP_ONE = Pause(id="call.back", paused=True, by="ann", at=T0)


@pytest.fixture
def log() -> Log:
    """Rules, policy, and a customer who agreed to be called."""
    log = Log()
    log.rule(T0, HUNG_UP, SILENCE, POLICY)
    log.consent(T0, "consent.given")
    return log


def hang_up(log: Log, at: int) -> None:
    log.touchpoint(at, "queue.abandoned")


def reasons(log: Log) -> list[str]:
    return [decision["reason"] for decision in played(log).decisions]


@pytest.mark.parametrize("stop", [STOP, STOP_ONE])
def test_what_comes_after_a_pause_is_refused_and_triggers_nothing(log: Log, stop: Pause) -> None:
    log.control(T0, throw_switch(stop))
    hang_up(log, T0 + SECOND)
    outcome = played(log)
    assert [(decision["status"], decision["reason"]) for decision in outcome.decisions] == [("refused", "paused")]
    assert outcome.triggers == []


def test_the_moment_is_detected_all_the_same(log: Log) -> None:
    log.control(T0, throw_switch(STOP))
    hang_up(log, T0 + SECOND)
    assert [moment["rule"] for moment in played(log).moments] == ["queue.abandoned"]


def test_what_came_before_stays_as_it_was(log: Log) -> None:
    hang_up(log, T0 + SECOND)
    log.control(T0 + MINUTE, throw_switch(STOP))
    hang_up(log, T0 + 2 * DAY)
    assert reasons(log) == ["ok", "paused"]


def test_a_resume_lifts_it_for_what_comes_after(log: Log) -> None:
    log.control(T0, throw_switch(STOP))
    hang_up(log, T0 + SECOND)
    log.control(T0 + HOUR, throw_switch(GO))
    hang_up(log, T0 + HOUR + SECOND)
    assert reasons(log) == ["paused", "ok"]


def test_an_action_stays_paused_when_all_the_others_go_on(log: Log) -> None:
    for switch in (STOP, STOP_ONE, GO):
        log.control(T0, throw_switch(switch))
    hang_up(log, T0 + SECOND)
    assert reasons(log) == ["paused"]


def test_a_deadline_that_fires_meanwhile_is_refused_too(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="f1")
    log.control(T0 + MINUTE, throw_switch(STOP))
    log.tick(T0 + HOUR)
    assert reasons(log) == ["paused"]


def test_it_survives_a_restart(log: Log) -> None:
    log.control(T0, throw_switch(STOP))
    changelog = changes(played(log).partition)
    hang_up(log, T0 + SECOND)
    again = restored(changelog).play(log.records[-1:])
    assert [decision["reason"] for decision in again.decisions] == ["paused"]


def test_a_lifted_one_stays_lifted_after_a_restart(log: Log) -> None:
    log.control(T0, throw_switch(STOP))
    log.control(T0, throw_switch(GO))
    changelog = changes(played(log).partition)
    hang_up(log, T0 + SECOND)
    again = restored(changelog).play(log.records[-1:])
    assert [decision["reason"] for decision in again.decisions] == ["ok"]


def test_a_replay_gives_the_same_bytes(log: Log) -> None:
    log.control(T0, throw_switch(STOP))
    hang_up(log, T0 + SECOND)
    log.control(T0 + HOUR, throw_switch(GO))
    hang_up(log, T0 + 2 * HOUR)
    first, second = played(log), played(log)
    assert first.outputs == second.outputs
    assert changes(first.partition) == changes(second.partition)


def test_the_partition_record_tells_who_threw_it_when_and_why(log: Log) -> None:
    log.control(T0, throw_switch(STOP))
    record = played(log).partition.snapshot()
    assert record.pauses == {ALL: STOP}


def test_a_text_that_is_no_pause_is_a_dead_letter_and_changes_nothing(log: Log) -> None:
    log.control(T0, activation("pause", ALL, 1, "off!"))
    hang_up(log, T0 + SECOND)
    outcome = played(log)
    assert [letter["reason"] for letter in outcome.letters] == ["bad_activation"]
    assert [decision["reason"] for decision in outcome.decisions] == ["ok"]


def test_a_switch_of_another_name_than_its_activation_is_a_dead_letter(log: Log) -> None:
    log.control(T0, activation("pause", "call.back", 1, STOP.text()))
    assert [letter["detail"] for letter in played(log).letters] == [
        "the activation says call.back v1, its text says * v1"
    ]
