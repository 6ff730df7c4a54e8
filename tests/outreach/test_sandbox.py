"""Rehearsed actions: triggers like real ones, marked, and nothing taken away from anybody."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import Decision, Trigger
from streams.outreach import OutreachState, Policy, Situation, parse_policy
from streams.outreach.decision import decide_all
from streams.outreach.history import MOST_WAITING, Waiting
from tests.outreach.test_decision import DAY, HOUR, T0, consenting, moment

REAL, REHEARSED = "queue.abandoned", "first.service"


def policy(more: str = "", limits: str = "{}") -> Policy:
    """``call.back`` is real, ``gift`` is rehearsed, and worth more."""
    return parse_policy(
        f"""
id: outreach
version: 1
description: For tests.
limits: {limits}
{more}
actions:
  - {{id: call.back, moments: [{REAL}], class: service, purpose: care, channels: [sms], template: x, cool_down: 1d}}
  - {{id: gift, moments: [{REHEARSED}], class: promotional, purpose: care, channels: [sms], template: y,
     cool_down: 1d, value: 100, sandbox: true}}
""",
        "policy.yaml",
    )


def decided(
    state: OutreachState, *rules: str, of: Policy | None = None, now: int = T0, **fields: Any
) -> list[tuple[Decision, Trigger | None]]:
    """The decisions on moments of these rules, all of one record."""
    moments = [moment(rule=rule, moment_id=f"{number:032}", **fields) for number, rule in enumerate(rules)]
    return decide_all(Situation(of or policy(), state, now), [(one, None, 1, now) for one in moments])


def told(state: OutreachState, *rules: str, of: Policy | None = None, now: int = T0, **fields: Any) -> list[str]:
    """Only the reasons."""
    return [decision["reason"] for decision, _ in decided(state, *rules, of=of, now=now, **fields)]


def test_triggers_of_a_rehearsed_action_are_marked_and_no_others() -> None:
    triggers = [trigger for _, trigger in decided(consenting("sms"), REAL, REHEARSED)]
    assert [(one["action"], one["sandbox"]) for one in triggers if one] == [("call.back", False), ("gift", True)]


def test_its_decision_says_so_in_its_last_check() -> None:
    ((decision, _),) = decided(consenting("sms"), REHEARSED)
    assert decision["checks"][-1] == {"name": "sandbox", "passed": True, "reason": "ok", "inputs": {"sandbox": "yes"}}


def test_a_real_action_has_no_such_check() -> None:
    ((decision, _),) = decided(consenting("sms"), REAL)
    assert [check["name"] for check in decision["checks"]][-1] == "channel"


@pytest.mark.parametrize(
    ("state", "fields", "expected"),
    [
        (OutreachState(), {}, "consent_none"),
        (consenting("sms"), {"identified": False}, "anonymous"),
        (consenting("sms"), {"mode": "shadow"}, "shadow"),
        (consenting("sms"), {"expires_at": T0}, "expired"),
    ],
)
def test_it_runs_through_the_same_checks(state: OutreachState, fields: dict[str, Any], expected: str) -> None:
    assert told(state, REHEARSED, **fields) == [expected]


def test_it_fills_no_cap() -> None:
    of, state = policy(limits="{caps: [{id: day, most: 1, within: 1d}]}"), consenting("sms")
    assert told(state, REHEARSED, of=of) == ["ok"]
    assert told(state, REAL, of=of) == ["ok"]


def test_real_contacts_fill_its_caps() -> None:
    of = policy(limits="{caps: [{id: day, most: 1, within: 1d}]}")
    assert told(consenting("sms"), REHEARSED, REAL, of=of) == ["frequency_cap", "ok"]


def test_it_is_no_ask() -> None:
    of = policy(limits="{ask_use: {most: 0.5, least_asks: 1, within: 1d, uses: [order.placed]}}")
    state = consenting("sms")
    assert told(state, REHEARSED, of=of) == ["ok"]
    assert told(state, REAL, of=of) == ["ok"]


def test_it_starts_no_cool_down() -> None:
    state = consenting("sms")
    assert told(state, REHEARSED) == ["ok"]
    assert told(state, REHEARSED, now=T0 + 1) == ["ok"]


def test_nothing_is_remembered_of_it() -> None:
    state = consenting("sms")
    decided(state, REHEARSED)
    assert state == consenting("sms")


def test_it_beats_no_real_candidate_and_loses_to_none() -> None:
    assert told(consenting("sms"), REHEARSED, REAL) == ["ok", "ok"]


def test_it_waits_for_no_competitors() -> None:
    assert told(consenting("sms"), REHEARSED, REAL, of=policy("arbitration_wait: 5m")) == ["ok", "arbitration_wait"]


def test_it_draws_no_control_group() -> None:
    of = policy("holdout: {percent: 100%, salt: s}")
    (rehearsed, _), (real, _) = decided(consenting("sms"), REHEARSED, REAL, of=of)
    assert (rehearsed["reason"], real["reason"]) == ("ok", "holdout")
    assert "holdout" not in [check["name"] for check in rehearsed["checks"]]


@pytest.mark.parametrize(("waiting", "late"), [(REHEARSED, REAL), (REAL, REHEARSED)])
def test_those_that_wait_are_counted_apart(waiting: str, late: str) -> None:
    of = policy(limits='{quiet_hours: {windows: [{from: "00:00", to: "10:00"}], zones: [UTC]}}')
    state = consenting("sms")
    state.remember().waiting = [
        Waiting(T0 + HOUR, 1, "quiet_hours", moment(rule=waiting, expires_at=T0 + DAY)) for _ in range(MOST_WAITING)
    ]
    assert told(state, late, waiting, of=of) == ["quiet_hours", "too_many_waiting"]
