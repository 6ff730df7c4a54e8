"""What one record does to one customer: profile, then detection, then policy.

Pure: no I/O, no clock of its own, no randomness. The worker, backtests, rule tests and the oracle
of the kill tests all run this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas import Decision, Evidence, Moment, Touchpoint, Trigger
from streams.customer.definitions import Definitions
from streams.customer.profile import PROFILE_TYPES, Profile
from streams.customer.state import Customer
from streams.detection import Firing, Rule, RuleFailure
from streams.outreach import CONSENT_TYPES, OpenMoment, decide


@dataclass(slots=True)
class Effects:
    """What came of a record or a deadline, in order; ``refused_facts`` of a profile found no room."""

    moments: list[Moment] = field(default_factory=list)
    decisions: list[tuple[Decision, Trigger | None]] = field(default_factory=list)
    failures: list[RuleFailure] = field(default_factory=list)
    refused_facts: int = 0


NO_EFFECTS = Effects()
"""Shared by the records, most of them, that nothing comes of; never to be changed."""


def apply(
    customer: Customer, touchpoint: Touchpoint, clock: int, definitions: Definitions, now: int | None = None
) -> Effects:
    """Take an accepted touchpoint into the customer's state.

    Args:
        customer: changed in place.
        touchpoint: new and not late.
        clock: the partition's, ms UTC.
        definitions: active rules and policy.
        now: ms UTC that outreach is judged by, where it is later than ``clock``.

    Returns:
        Moments detected or resolved, their decisions, and rules that failed.
    """
    touchpoint_type = touchpoint["type"]
    if touchpoint_type in CONSENT_TYPES:
        facts = touchpoint["properties"]
        customer.outreach.note_consent(
            touchpoint_type, facts.get("purpose"), facts.get("channel"), touchpoint["occurred_at"]
        )
    refused_facts = _note_profile(customer, touchpoint) if touchpoint_type in PROFILE_TYPES else 0
    resolving = definitions.resolving(touchpoint_type)
    resolved = _resolve(customer, touchpoint, clock, resolving) if resolving else []
    found = definitions.detector.on_touchpoint(customer.detection, touchpoint, clock)
    if not (found or resolved or refused_facts):
        return NO_EFFECTS
    effects = Effects(moments=resolved, refused_facts=refused_facts)
    _answer(effects, customer, touchpoint["customer_id"], found, clock if now is None else now, definitions)
    return effects


def attend(customer: Customer, customer_id: str, due: int, now: int, definitions: Definitions) -> Effects:
    """Fire the customer's deadlines up to ``due``.

    Args:
        customer: changed in place.
        customer_id: whose record it is.
        due: the deadline, ms UTC; what fires carries this time.
        now: ms UTC that outreach is judged by; later than ``due`` when the deadline is overdue, so
            that moments nobody could answer in time are refused as expired.
        definitions: active rules and policy.
    """
    found = definitions.detector.on_deadline(customer.detection, due)
    if not found:
        return NO_EFFECTS
    effects = Effects()
    _answer(effects, customer, customer_id, found, now, definitions)
    return effects


def _answer(
    effects: Effects,
    customer: Customer,
    customer_id: str,
    found: Iterable[Firing | RuleFailure],
    now: int,
    definitions: Definitions,
) -> None:
    outreach = customer.outreach
    for firing in found:
        if isinstance(firing, RuleFailure):
            effects.failures.append(firing)
            continue
        moment = _moment(firing, customer_id, customer.identified)
        effects.moments.append(moment)
        rule = firing.rule
        resolved_at = outreach.resolved_at(rule.id, moment["correlation_id"]) if rule.resolved_by else None
        effects.decisions.append(decide(definitions.policy, outreach, moment, now, resolved_at, definitions.pauses))
        if rule.resolved_by:
            outreach.open_moment(
                OpenMoment(
                    moment["moment_id"],
                    rule.id,
                    rule.version,
                    rule.emotion,
                    rule.intensity,
                    moment["correlation_id"],
                    moment["opened_at"],
                    moment["evidence"][-1]["occurred_at"],
                    moment["expires_at"],
                    moment["mode"],
                )
            )


def _note_profile(customer: Customer, touchpoint: Touchpoint) -> int:
    profile = customer.profile or Profile()
    refused_facts = profile.note(touchpoint)
    if profile.facts:
        customer.profile = profile
    return refused_facts


def _moment(firing: Firing, customer_id: str, identified: bool) -> Moment:
    rule = firing.rule
    return {
        "moment_id": firing.moment_id,
        "rule": rule.id,
        "rule_version": rule.version,
        "customer_id": customer_id,
        "identified": identified,
        "emotion": rule.emotion,
        "intensity": rule.intensity,
        "phase": "detected",
        "channel": firing.channel,
        "correlation_id": firing.correlation_id,
        "evidence": [evidence.record() for evidence in firing.evidence],
        "context": firing.context,
        "opened_at": firing.opening.occurred_at,
        "detected_at": firing.detected_at,
        "expires_at": firing.detected_at + rule.expires_after_ms,
        "mode": rule.mode,
    }


def _resolve(customer: Customer, touchpoint: Touchpoint, clock: int, rules: Iterable[Rule]) -> list[Moment]:
    """Close the open moments that this touchpoint resolves, and remember that it did."""
    outreach, occurred_at = customer.outreach, touchpoint["occurred_at"]
    correlation_id = touchpoint["correlation_id"]
    resolved: list[Moment] = []
    for rule in rules:
        if rule.resolves(touchpoint, None):
            outreach.note_resolution(rule.id, occurred_at, None)
        elif rule.resolves(touchpoint, correlation_id):
            outreach.note_resolution(rule.id, occurred_at, correlation_id)
        else:
            continue
        if not outreach.open:
            continue
        left: list[OpenMoment] = []
        for moment in outreach.open:
            alive = moment.rule == rule.id and moment.evident_at < occurred_at and clock < moment.expires_at
            if alive and rule.resolves(touchpoint, moment.correlation_id):
                resolved.append(_resolved_moment(moment, touchpoint, clock))
            else:
                left.append(moment)
        outreach.open = left
    return resolved


def _resolved_moment(moment: OpenMoment, touchpoint: Touchpoint, clock: int) -> Moment:
    evidence: Evidence = {
        "event_id": touchpoint["event_id"],
        "source": touchpoint["source"],
        "type": touchpoint["type"],
        "channel": touchpoint["channel"],
        "occurred_at": touchpoint["occurred_at"],
    }
    return {
        "moment_id": moment.moment_id,
        "rule": moment.rule,
        "rule_version": moment.rule_version,
        "customer_id": touchpoint["customer_id"],
        "identified": touchpoint["identified"],
        "emotion": moment.emotion,
        "intensity": moment.intensity,
        "phase": "resolved",
        "channel": touchpoint["channel"],
        "correlation_id": moment.correlation_id,
        "evidence": [evidence],
        "context": {},
        "opened_at": moment.opened_at,
        "detected_at": clock,
        "expires_at": moment.expires_at,
        "mode": moment.mode,
    }
