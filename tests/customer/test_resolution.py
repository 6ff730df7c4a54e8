"""What ends a moment: a later touchpoint, or one that came before its late evidence."""

from __future__ import annotations

import pytest

from tests.customer.log import (
    DAY,
    HOUR,
    HUNG_UP,
    MINUTE,
    POLICY,
    SECOND,
    SILENCE,
    T0,
    Log,
    changes,
    played,
    restored,
)


@pytest.fixture
def log() -> Log:
    made = Log()
    made.rule(T0, SILENCE, HUNG_UP, POLICY)
    made.consent(T0, "consent.given")
    return made


def test_a_touchpoint_that_resolves_an_open_moment_is_told_with_its_id(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned", channel="voice", correlation_id="call-1")
    log.touchpoint(T0 + MINUTE, "agent.connected", channel="voice", event_id="e99", correlation_id="call-2")
    detected, resolved = played(log).moments
    assert (detected["phase"], resolved["phase"]) == ("detected", "resolved")
    assert resolved == {
        **detected,
        "phase": "resolved",
        "evidence": [
            {
                "event_id": "e99",
                "source": "test",
                "type": "agent.connected",
                "channel": "voice",
                "occurred_at": T0 + MINUTE,
            }
        ],
        "context": {},
        "detected_at": T0 + MINUTE,
    }


def test_a_resolved_moment_has_an_event_id_of_its_own(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "agent.connected")
    outcome = played(log)
    moment_id = outcome.moments[0]["moment_id"]
    assert [dict(output.headers)["ce_id"].decode() for output in outcome.of("moments")] == [
        moment_id,
        f"{moment_id}-resolved",
    ]


def test_a_resolution_makes_no_decision(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "agent.connected")
    assert len(played(log).decisions) == 1


def test_a_moment_is_resolved_once(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "agent.connected")
    log.touchpoint(T0 + 2 * MINUTE, "agent.connected")
    assert [moment["phase"] for moment in played(log).moments] == ["detected", "resolved"]


def test_an_expired_moment_is_not_resolved(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + HOUR, "agent.connected")
    assert [moment["phase"] for moment in played(log).moments] == ["detected"]


def test_one_millisecond_before_it_expires_it_is(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + HOUR - 1, "agent.connected")
    assert [moment["phase"] for moment in played(log).moments] == ["detected", "resolved"]


def test_what_occurred_before_the_moment_opened_does_not_resolve_it(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + SECOND, "agent.connected", occurred_at=T0 - SECOND)
    assert [moment["phase"] for moment in played(log).moments] == ["detected"]


def test_with_same_only_the_moment_of_that_correlation_is_resolved(log: Log) -> None:
    log.touchpoint(T0, "flow.started", correlation_id="k")
    log.touchpoint(T0, "flow.started", correlation_id="l")
    log.touchpoint(T0 + 11 * MINUTE, "flow.completed", correlation_id="l")
    assert [(moment["phase"], moment["correlation_id"]) for moment in played(log).moments] == [
        ("detected", "k"),
        ("detected", "l"),
        ("resolved", "l"),
    ]


def test_a_moment_resolved_after_a_restore_is_the_same(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    outcome = restored(changes(played(log).partition))
    log.touchpoint(T0 + MINUTE, "agent.connected")
    straight = played(log)
    assert outcome.play(log.records[-1:]).of("moments") == straight.of("moments")[1:]


def test_evidence_that_comes_after_its_resolution_is_refused_as_resolved(log: Log) -> None:
    log.touchpoint(T0, "agent.connected")
    log.touchpoint(T0 + SECOND, "queue.abandoned", occurred_at=T0 - MINUTE)
    outcome = played(log)
    assert [moment["phase"] for moment in outcome.moments] == ["detected"]
    assert [(decision["status"], decision["reason"]) for decision in outcome.decisions] == [("refused", "resolved")]
    assert outcome.triggers == []


def test_evidence_newer_than_the_last_resolution_is_answered(log: Log) -> None:
    log.touchpoint(T0, "agent.connected")
    log.touchpoint(T0 + SECOND, "queue.abandoned")
    assert [decision["reason"] for decision in played(log).decisions] == ["ok"]


def test_an_older_resolution_that_arrives_later_hides_no_newer_one(log: Log) -> None:
    log.touchpoint(T0, "agent.connected")
    log.touchpoint(T0 + SECOND, "agent.connected", occurred_at=T0 - HOUR)
    log.touchpoint(T0 + 2 * SECOND, "queue.abandoned", occurred_at=T0 - MINUTE)
    assert [decision["reason"] for decision in played(log).decisions] == ["resolved"]


def test_a_resolution_of_another_correlation_does_not_count(log: Log) -> None:
    log.touchpoint(T0 + 20 * MINUTE, "flow.completed", correlation_id="l")
    log.touchpoint(T0 + 20 * MINUTE, "flow.started", correlation_id="k", occurred_at=T0)
    log.tick(T0 + 21 * MINUTE)
    assert [decision["reason"] for decision in played(log).decisions] == ["ok"]


def test_a_completion_that_came_before_its_late_start_refuses_the_moment(log: Log) -> None:
    log.touchpoint(T0 + 20 * MINUTE, "flow.completed", correlation_id="k")
    log.touchpoint(T0 + 20 * MINUTE, "flow.started", correlation_id="k", occurred_at=T0)
    log.tick(T0 + 21 * MINUTE)
    assert [decision["reason"] for decision in played(log).decisions] == ["resolved"]


def test_a_resolution_is_remembered_while_evidence_may_still_be_late(log: Log) -> None:
    log.touchpoint(T0, "agent.connected")
    log.touchpoint(T0 + 6 * DAY, "queue.abandoned", occurred_at=T0 - MINUTE)
    assert [decision["reason"] for decision in played(log).decisions] == ["resolved"]


def test_what_resolves_a_moment_is_what_the_active_version_says(log: Log) -> None:
    log.touchpoint(T0, "case.solved")
    log.rule(T0, HUNG_UP.replace("version: 1", "version: 2").replace("agent.connected", "case.solved"))
    log.touchpoint(T0, "queue.abandoned")
    log.touchpoint(T0 + SECOND, "agent.connected")
    log.touchpoint(T0 + 2 * SECOND, "case.solved")
    assert [(moment["phase"], moment["detected_at"]) for moment in played(log).moments] == [
        ("detected", T0),
        ("resolved", T0 + 2 * SECOND),
    ]
