"""What one record does to one customer: profile, then detection, then policy.

Pure: no I/O, no clock of its own, no randomness. The worker, backtests, rule tests and the oracle
of the kill tests all run this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas import Cancellation, Decision, Emotion, Evidence, Moment, Touchpoint, Trigger
from streams.customer import emotional_state
from streams.customer.definitions import Definitions
from streams.customer.profile import PROFILE_TYPES, Profile
from streams.customer.state import Customer
from streams.detection import Firing, Rule, RuleFailure
from streams.outreach import (
    CONSENT_TYPES,
    HEARD,
    NO_FACTS,
    PERMISSION_TYPES,
    History,
    OpenMoment,
    OutreachState,
    Situation,
    Waiting,
    cancel_open,
    cancel_waiting,
    decide_all,
    hear,
)


@dataclass(slots=True)
class Effects:
    """What came of a record or a deadline, in order; ``refused_facts`` of a profile, and consents, found no room."""

    moments: list[Moment] = field(default_factory=list)
    emotions: list[Emotion] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    decisions: list[tuple[Decision, Trigger | None]] = field(default_factory=list)
    failures: list[RuleFailure] = field(default_factory=list)
    refused_facts: int = 0
    refused_consents: int = 0
    resolved: list[OpenMoment] = field(default_factory=list)
    """What ``moments`` tells as resolved, as it was remembered."""


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
    touchpoint_type, policy = touchpoint["type"], definitions.policy
    cancelled: list[Cancellation] = NO_EFFECTS.cancellations
    refused_consents = 0
    if touchpoint_type in HEARD or touchpoint_type in policy.uses:
        cancelled = hear(customer.outreach, touchpoint, clock, policy)
        if touchpoint_type in CONSENT_TYPES and customer.outreach.has_no_room(touchpoint):
            refused_consents = 1
    refused_facts = _note_profile(customer, touchpoint) if touchpoint_type in PROFILE_TYPES else 0
    resolving = definitions.resolving(touchpoint_type)
    closed = _resolve(customer, touchpoint, clock, resolving, definitions) if resolving else NO_EFFECTS
    found = definitions.detector.on_touchpoint(customer.detection, touchpoint, clock)
    definition = definitions.emotions
    emotions: list[Emotion] = []
    if found or closed.resolved or (definition is not None and definition.hears(touchpoint)):
        found, emotions = emotional_state.take_in(customer, touchpoint, closed.resolved, found, clock, definitions)
    if not (found or emotions or cancelled or refused_facts or refused_consents or closed is not NO_EFFECTS):
        return NO_EFFECTS
    effects = Effects(list(closed.moments), emotions, [*cancelled, *closed.cancellations], list(closed.decisions))
    effects.refused_facts, effects.refused_consents = refused_facts, refused_consents
    if found:
        _answer(effects, customer, touchpoint["customer_id"], found, [], clock if now is None else now, definitions)
    return effects


def permit(customer: Customer, touchpoint: Touchpoint, clock: int, definitions: Definitions) -> Effects:
    """Take in at once what a touchpoint that is to wait says of consent or suppression.

    When it is taken in itself, it says the same again. Arguments and result as of :func:`apply`.
    """
    if touchpoint["type"] not in PERMISSION_TYPES:
        return NO_EFFECTS
    cancelled = hear(customer.outreach, touchpoint, clock, definitions.policy)
    return Effects(cancellations=list(cancelled)) if cancelled else NO_EFFECTS


def attend(customer: Customer, customer_id: str, due: int, now: int, definitions: Definitions) -> Effects:
    """Fire the customer's deadlines up to ``due``: of rules, and of candidates that waited.

    Args:
        customer: changed in place.
        customer_id: whose record it is.
        due: the deadline, ms UTC; what fires carries this time.
        now: ms UTC that outreach is judged by; later than ``due`` when the deadline is overdue, so
            that moments nobody could answer in time are refused as expired.
        definitions: active rules and policy.
    """
    found, emotions = emotional_state.fire(customer, customer_id, due, definitions)
    history = customer.outreach.history
    released = history.release(due) if history is not None and history.waiting else []
    if not (found or released):
        return NO_EFFECTS
    effects = Effects(emotions=emotions)
    _answer(effects, customer, customer_id, found, released, now, definitions, due)
    return effects


def _answer(
    effects: Effects,
    customer: Customer,
    customer_id: str,
    found: Iterable[Firing | RuleFailure],
    released: Iterable[Waiting],
    now: int,
    definitions: Definitions,
    due: int = 0,
) -> None:
    """Decide what was detected now together with what has waited until now."""
    outreach = customer.outreach
    candidates: list[tuple[Moment, int | None, int, int]] = []
    for waiting in released:
        moment = waiting.moment
        resolved_at = outreach.resolved_at(moment["rule"], moment["correlation_id"])
        candidates.append((moment, resolved_at, waiting.attempt + 1, due))
    for firing in found:
        if isinstance(firing, RuleFailure):
            effects.failures.append(firing)
            continue
        moment = _moment(firing, customer_id, customer.identified)
        effects.moments.append(moment)
        rule = firing.rule
        resolved_at = outreach.resolved_at(rule.id, moment["correlation_id"]) if rule.resolved_by else None
        candidates.append((moment, resolved_at, 1, moment["detected_at"]))
        if rule.resolved_by:
            outreach.open_moment(
                OpenMoment(
                    moment["moment_id"],
                    rule.id,
                    rule.version,
                    moment["emotion"],
                    rule.intensity,
                    moment["correlation_id"],
                    moment["opened_at"],
                    moment["evidence"][-1]["occurred_at"],
                    moment["expires_at"],
                    moment["mode"],
                    emotional_state.felt_at(firing, due > 0, moment["mode"]),
                )
            )
    facts = NO_FACTS if customer.profile is None else customer.profile
    situation = Situation(definitions.policy, outreach, now, facts, definitions.pauses)
    effects.decisions += decide_all(situation, candidates)


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
        "emotion": firing.emotion,
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


def _resolve(
    customer: Customer, touchpoint: Touchpoint, clock: int, rules: Iterable[Rule], definitions: Definitions
) -> Effects:
    """Close what this touchpoint resolves: open moments, waiting candidates, contacts on their way; and
    remember that it did."""
    outreach, occurred_at = customer.outreach, touchpoint["occurred_at"]
    correlation_id = touchpoint["correlation_id"]
    effects, at_stake = NO_EFFECTS, outreach.rules_at_stake(clock)
    for rule in rules:
        reach = rule.reach(touchpoint)
        if reach == "none":
            continue
        outreach.note_resolution(rule.id, occurred_at, None if reach == "any" else correlation_id)
        if rule.id not in at_stake:
            continue
        if effects is NO_EFFECTS:
            effects = Effects()
        left: list[OpenMoment] = []
        for moment in outreach.open:
            alive = moment.rule == rule.id and moment.evident_at < occurred_at and clock < moment.expires_at
            if alive and rule.resolves(touchpoint, moment.correlation_id):
                effects.moments.append(_resolved_moment(moment, touchpoint, clock))
                effects.resolved.append(moment)
            else:
                left.append(moment)
        outreach.open = left
        if outreach.history is not None:
            _resolve_contacts(effects, outreach, outreach.history, rule, touchpoint, clock, definitions)
    return effects


def _resolve_contacts(
    effects: Effects,
    outreach: OutreachState,
    history: History,
    rule: Rule,
    touchpoint: Touchpoint,
    clock: int,
    definitions: Definitions,
) -> None:
    occurred_at = touchpoint["occurred_at"]

    def resolves(about: str, evident_at: int, correlation_id: str | None) -> bool:
        return about == rule.id and evident_at < occurred_at and rule.resolves(touchpoint, correlation_id)

    effects.cancellations += cancel_open(
        outreach,
        touchpoint["customer_id"],
        "resolved",
        clock,
        lambda one: resolves(one.rule, one.evident_at, one.correlation_id),
    )
    left: list[Waiting] = []
    for waiting in history.waiting:
        moment = waiting.moment
        if resolves(moment["rule"], moment["evidence"][-1]["occurred_at"], moment["correlation_id"]):
            effects.decisions.append((cancel_waiting(definitions.policy, waiting, clock, occurred_at), None))
        else:
            left.append(waiting)
    history.waiting = left


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
