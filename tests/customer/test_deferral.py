"""Candidates that wait: decided again in the whole order at their time, exactly once for good."""

from __future__ import annotations

from typing import Any

import pytest

from streams.customer import apply, attend, journal
from tests.customer.log import (
    DAY,
    HOUR,
    HUNG_UP,
    MINUTE,
    SECOND,
    T0,
    Log,
    Outcome,
    changes,
    compacted,
    played,
    restored,
)

MORNING = T0 + 23 * HOUR + 30 * MINUTE
"""08:00 UTC of the next day; T0 is 08:30."""

NIGHT = T0 + 13 * HOUR
"""21:30 UTC."""

POLICY = """
id: outreach
version: 3
description: For tests.
actions:
  - {id: call.back, moments: [queue.abandoned], class: service, purpose: care, channels: [sms, email], template: x}
limits:
  caps: [{id: day, most: 1, within: 1d}]
  quiet_hours: {windows: [{from: "21:00", to: "08:00"}]}
suppressions: [{list: do_not_contact, classes: [service]}]
"""
LONG = HUNG_UP.replace("expires_after: 1h", "expires_after: 12h")


@pytest.fixture
def log() -> Log:
    """A customer in a zone without summer time who agreed, and gave up in the queue at night."""
    log = Log()
    log.rule(T0, LONG, POLICY)
    log.touchpoint(T0, "profile.set", time_zone="Etc/GMT")
    log.consent(T0, "consent.given")
    log.touchpoint(NIGHT, "queue.abandoned")
    return log


def told(outcome: Outcome) -> list[tuple[str, str, int, bool]]:
    return [(one["status"], one["reason"], one["attempt"], one["final"]) for one in outcome.decisions]


def test_it_waits_for_the_morning_and_goes_then(log: Log) -> None:
    log.tick(MORNING)
    outcome = played(log)
    assert told(outcome) == [("deferred", "quiet_hours", 1, False), ("triggered", "ok", 2, True)]
    (trigger,) = outcome.triggers
    assert (trigger["not_before"], trigger["created_at"], trigger["deliver_until"], trigger["expires_at"]) == (
        MORNING,
        MORNING,
        NIGHT + 12 * HOUR,
        NIGHT + 12 * HOUR,
    )


def test_not_a_millisecond_earlier(log: Log) -> None:
    log.tick(MORNING - 1)
    assert played(log).triggers == []


def test_a_deferred_decision_names_when(log: Log) -> None:
    (decision,) = played(log).decisions
    assert decision["checks"][-1]["inputs"]["not_before"] == str(MORNING)


def test_the_partition_wants_a_tick_then(log: Log) -> None:
    assert played(log).partition.next_deadline() == MORNING
    assert restored(changes(played(log).partition)).partition.next_deadline() == MORNING


def test_the_ids_of_both_decisions_differ_and_the_triggers_follows_the_last(log: Log) -> None:
    log.tick(MORNING)
    outcome = played(log)
    first, second = outcome.decisions
    assert first["decision_id"] != second["decision_id"]
    assert outcome.triggers[0]["decision_id"] == second["decision_id"]


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("consent.withdrawn", {"purpose": "care", "channel": "sms"}, "consent_withdrawn"),
        ("suppression.added", {"list": "do_not_contact"}, "suppressed"),
        ("preference.set", {"quiet_from": "07:00", "quiet_to": "10:00"}, "quiet_until_expiry"),
    ],
)
def test_what_was_said_meanwhile_counts_at_the_release(
    log: Log, kind: str, facts: dict[str, str], expected: str
) -> None:
    log.touchpoint(NIGHT + HOUR, kind, properties=facts)
    log.tick(MORNING)
    outcome = played(log)
    assert (told(outcome)[1:], outcome.triggers) == ([("refused", expected, 2, True)], [])


def test_wishes_may_make_it_wait_again(log: Log) -> None:
    log.touchpoint(NIGHT + HOUR, "preference.set", properties={"quiet_from": "07:00", "quiet_to": "09:00"})
    log.tick(MORNING)
    log.tick(MORNING + HOUR)
    assert told(played(log)) == [
        ("deferred", "quiet_hours", 1, False),
        ("deferred", "quiet_hours", 2, False),
        ("triggered", "ok", 3, True),
    ]


def test_what_is_resolved_meanwhile_is_cancelled_at_once(log: Log) -> None:
    log.touchpoint(NIGHT + HOUR, "agent.connected")
    outcome = played(log)
    assert told(outcome)[1:] == [("cancelled", "resolved", 2, True)]
    assert outcome.partition.next_deadline() is None
    log.tick(MORNING)
    assert told(played(log)) == told(outcome)


def test_a_release_so_late_that_it_expired_is_refused(log: Log) -> None:
    log.tick(NIGHT + 12 * HOUR)
    assert told(played(log))[1:] == [("refused", "expired", 2, True)]


def test_two_that_waited_for_the_same_time_compete_then(log: Log) -> None:
    log.touchpoint(NIGHT + HOUR, "queue.abandoned")
    log.tick(MORNING)
    outcome = played(log)
    assert told(outcome)[2:] == [("triggered", "ok", 2, True), ("refused", "outranked", 2, True)]
    assert outcome.decisions[-1]["checks"][-1]["inputs"]["winner_moment"] == outcome.decisions[2]["moment_id"]


def test_one_that_goes_meanwhile_fills_the_cap(log: Log) -> None:
    more = POLICY.replace("version: 3", "version: 4").replace("x}", "x, may_override: [quiet_hours]}")
    log.rule(NIGHT + HOUR, more)
    log.touchpoint(NIGHT + HOUR, "queue.abandoned")
    log.tick(MORNING)
    assert told(played(log))[1:] == [("triggered", "ok", 1, True), ("refused", "frequency_cap", 2, True)]


def test_when_its_action_is_gone_so_is_the_candidate(log: Log) -> None:
    log.rule(NIGHT + HOUR, POLICY.replace("version: 3", "version: 4").replace("queue.abandoned]", "other.rule]"))
    log.tick(MORNING)
    assert told(played(log))[1:] == [("refused", "no_action", 2, True)]


def test_with_the_kill_switch_thrown_it_is_refused(log: Log) -> None:
    from streams.controls import throw_switch
    from streams.outreach import ALL, Pause

    log.control(NIGHT + HOUR, throw_switch(Pause(id=ALL, paused=True, at=NIGHT)))
    log.tick(MORNING)
    assert told(played(log))[1:] == [("refused", "paused", 2, True)]


@pytest.mark.parametrize("stopped_after", [4, 5, 6])
def test_stopped_anywhere_it_writes_the_same(log: Log, stopped_after: int) -> None:
    log.touchpoint(NIGHT + HOUR, "page.viewed")
    log.tick(MORNING)
    log.touchpoint(MORNING + HOUR, "queue.abandoned")
    straight = played(log)
    first = Outcome().play(log.records[:stopped_after])
    second = restored(changes(first.partition)).play(log.records[stopped_after:])
    assert first.outputs + second.outputs == straight.outputs


def test_who_waits_or_was_contacted_is_not_forgotten(log: Log) -> None:
    rules = [
        LONG.replace("version: 1", "version: 2").replace("12h", "20d"),
        POLICY.replace("version: 3", "version: 4").replace("within: 1d", "within: 30d"),
    ]
    log.rule(NIGHT + SECOND, *rules)
    log.touchpoint(NIGHT + MINUTE, "queue.abandoned")
    log.tick(MORNING)
    log.tick(T0 + 25 * DAY)
    log.touchpoint(T0 + 25 * DAY + 6 * HOUR, "queue.abandoned")
    outcome = played(log)
    assert [one["reason"] for one in outcome.decisions][-1] == "frequency_cap"


# -- undoing ------------------------------------------------------------------------------------


class Poison(Exception):
    """Raised where the core should not."""


@pytest.mark.parametrize("at", [NIGHT + HOUR, MORNING + HOUR])
def test_a_poisoned_record_leaves_waiting_and_contacts_as_they_were(
    log: Log, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(customer: Any, touchpoint: Any, *rest: Any) -> Any:
        poison = touchpoint["type"].startswith("poison.")
        effects = apply(customer, {**touchpoint, "type": touchpoint["type"].removeprefix("poison.")}, *rest)  # type: ignore[typeddict-item]
        if poison:
            raise Poison
        return effects

    monkeypatch.setattr(journal, "apply", raising)
    if at > MORNING:
        log.tick(MORNING)
    log.touchpoint(at, "poison.agent.connected")
    poisoned, straight = played(log), Outcome().play(log.records[:-1])
    ends = [compacted(changes(one.partition))[b"c1"] for one in (poisoned, straight)]
    assert ends[0] == ends[1]
    assert poisoned.decisions == straight.decisions


def test_a_poisoned_release_is_told_and_does_not_come_again(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*given: Any) -> Any:
        attend(*given)
        raise Poison

    monkeypatch.setattr(journal, "attend", raising)
    log.tick(MORNING)
    outcome = played(log)
    assert ([letter["stage"] for letter in outcome.letters], outcome.partition.next_deadline()) == (["apply"], None)
