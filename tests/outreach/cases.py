"""Moments, customers and policies for tests of single checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from schemas import Check, Decision, Moment, Trigger, Value
from streams.outreach import OutreachState, Policy, Situation, decide_all, hear, parse_policy
from tests.customer.log import DAY, MINUTE, T0, touchpoint

ACTIONS = """
actions:
  - {id: call, moments: [a.call], class: service, purpose: care, channels: [sms, email, push], template: x}
  - {id: news, moments: [a.news], class: promotional, purpose: offers, channels: [email, push], template: x,
     value: 4, propensity: 0.5, bought_within: 30d}
  - {id: card, moments: [a.card], class: service, purpose: care, channels: [sms, push], template: x, priority: 9,
     may_override: [caps, quiet_hours, ask_use, holdout]}
  - {id: alarm, moments: [a.alarm], class: service, purpose: care, channels: [sms], template: x,
     may_override: [arbitration]}
  - {id: aside, moments: [a.aside], class: service, purpose: care, channels: [sms], template: x,
     counts_toward_caps: false}
"""


def policy(more: str = "", actions: str = ACTIONS) -> Policy:
    """A policy with these actions and whatever else is asked for."""
    return parse_policy(f"id: outreach\nversion: 1\ndescription: For tests.\n{more}{actions}", "policy.yaml")


@dataclass
class Known:
    """Facts of a customer, by section and name."""

    facts: dict[tuple[str, str], Value] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def get(self, section: str, name: str) -> Value:
        return self.facts.get((section, name))

    def segments(self) -> list[str]:
        return list(self.names)


def consenting() -> OutreachState:
    """A customer who agreed to everything."""
    state = OutreachState()
    for purpose in ("care", "offers"):
        for channel in ("sms", "email", "push"):
            state.note_consent("consent.given", purpose, channel, 0)
    return state


def moment(kind: str = "call", at: int = T0, number: int = 0, **fields: Any) -> Moment:
    """A moment ``a.KIND`` of customer c1, detected at ``at``; it expires two days later."""
    made: Any = {
        "moment_id": f"{kind}-{at}-{number}",
        "rule": f"a.{kind}",
        "rule_version": 1,
        "customer_id": "c1",
        "identified": True,
        "emotion": "stressed",
        "intensity": 0.5,
        "phase": "detected",
        "channel": "web",
        "correlation_id": None,
        "evidence": [
            {"event_id": f"e{number}", "source": "s", "type": "t", "channel": "web", "occurred_at": at - MINUTE}
        ],
        "context": {},
        "opened_at": at - MINUTE,
        "detected_at": at,
        "expires_at": at + 2 * DAY,
        "mode": "live",
        **fields,
    }
    result: Moment = made
    return result


def judged(
    rules: Policy, state: OutreachState, *moments: Moment, at: int = T0, facts: Known | None = None, attempt: int = 1
) -> list[tuple[Decision, Trigger | None]]:
    """The decisions on moments of one record at ``at``."""
    situation = Situation(rules, state, at, facts or Known())
    return decide_all(situation, [(one, None, attempt, one["detected_at"]) for one in moments])


def reasons(
    rules: Policy, state: OutreachState, *moments: Moment, at: int = T0, facts: Known | None = None
) -> list[str]:
    """Only their reasons."""
    return [decision["reason"] for decision, _ in judged(rules, state, *moments, at=at, facts=facts)]


def check(decision: Decision, name: str) -> Check:
    """One of a decision's checks."""
    return next(one for one in decision["checks"] if one["name"] == name)


def tell(rules: Policy, state: OutreachState, kind: str, at: int = T0, **properties: Any) -> list[str]:
    """A touchpoint of the customer; the reasons of what it takes back."""
    said = touchpoint(0, at, kind, properties=properties)
    return [one["reason"] for one in hear(state, said, at, rules)]
