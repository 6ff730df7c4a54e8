"""What the policy would allow now for the moments that are open, asked without changing anything. Pure."""

from __future__ import annotations

import msgspec

from schemas import Evidence, Moment
from streams.customer import Customer
from streams.customer.definitions import Definitions
from streams.outreach import OpenMoment, OutreachState, decide

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OutreachState).decode


class Considered(msgspec.Struct, kw_only=True):
    """One action that would answer one open moment.

    Attributes:
        status: ``triggered`` (it would be), ``refused`` or ``deferred``.
        reason: ``ok`` or the first failed check's.
        channel: where it would go; None unless it is allowed.
        worth: what arbitration goes by: priority x value x propensity.
    """

    action: str
    purpose: str
    template: str
    moment_id: str
    rule: str
    emotion: str
    status: str
    reason: str
    channel: str | None
    worth: float


def considered(customer: Customer, customer_id: str, definitions: Definitions, now: int) -> list[Considered]:
    """Every open moment's action, as the policy would judge it at ``now`` (ms UTC); allowed ones first, by worth."""
    outreach, policy = customer.outreach, definitions.policy
    if not outreach.open:
        return []
    data = _encode(outreach)
    found: list[Considered] = []
    for open_moment in outreach.open:
        action = policy.by_moment.get(open_moment.rule)
        if action is None or now >= open_moment.expires_at:
            continue
        moment = _moment(open_moment, customer_id, customer.identified)
        # Deciding writes cool-downs and counts: each is judged on a copy, as if it were alone.
        copy = _decode(data)
        resolved_at = copy.resolved_at(open_moment.rule, open_moment.correlation_id)
        decision, _ = decide(policy, copy, moment, now, resolved_at, definitions.pauses)
        found.append(
            Considered(
                action=action.id,
                purpose=action.purpose,
                template=action.template,
                moment_id=open_moment.moment_id,
                rule=open_moment.rule,
                emotion=open_moment.emotion,
                status=decision["status"],
                reason=decision["reason"],
                channel=decision["channel"],
                worth=action.priority * action.value * action.propensity,
            )
        )
    return sorted(found, key=lambda one: (one.status != "triggered", -one.worth))


def _moment(moment: OpenMoment, customer_id: str, identified: bool) -> Moment:
    evidence: Evidence = {
        "event_id": "",
        "source": "",
        "type": "",
        "channel": "unknown",
        "occurred_at": moment.evident_at,
    }
    return {
        "moment_id": moment.moment_id,
        "rule": moment.rule,
        "rule_version": moment.rule_version,
        "customer_id": customer_id,
        "identified": identified,
        "emotion": moment.emotion,
        "intensity": moment.intensity,
        "phase": "detected",
        "channel": "unknown",
        "correlation_id": moment.correlation_id,
        "evidence": [evidence],
        "context": {},
        "opened_at": moment.opened_at,
        "detected_at": moment.evident_at,
        "expires_at": moment.expires_at,
        "mode": moment.mode,
    }
