"""What the policy would allow now for the moments that are open or wait, asked without changing anything. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas import Evidence, Moment
from streams.customer import Customer
from streams.customer.definitions import Definitions
from streams.outreach import OpenMoment, OutreachState
from streams.outreach.candidate import Situation
from streams.outreach.decision import decide_all
from streams.outreach.person import NO_FACTS

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OutreachState).decode


class Considered(msgspec.Struct, kw_only=True):
    """One action that would answer one open or waiting moment.

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
    """Every unanswered moment's action, as the policy would judge it at ``now`` (ms UTC); allowed ones first, by worth.

    Each is judged as if it were alone: which one goes first, the worth says.
    """
    outreach, policy = customer.outreach, definitions.policy
    if not outreach.open and outreach.history is None:
        return []
    data = b""
    found: list[Considered] = []
    for moment, attempt in _unanswered(outreach, customer_id, customer.identified):
        action = policy.by_moment.get(moment["rule"])
        if action is None or action.sandbox or now >= moment["expires_at"]:
            continue
        data = data or _encode(outreach)
        # Deciding writes cool-downs, contacts and waiting candidates: it happens to a copy.
        state = _decode(data)
        situation = Situation(policy, state, now, customer.profile or NO_FACTS, definitions.pauses)
        resolved_at = state.resolved_at(moment["rule"], moment["correlation_id"])
        # An attempt after the first waits for no competitors: here it is to be judged now.
        ((decision, _),) = decide_all(situation, [(moment, resolved_at, max(2, attempt), now)])
        found.append(
            Considered(
                action=action.id,
                purpose=action.purpose,
                template=action.template,
                moment_id=moment["moment_id"],
                rule=moment["rule"],
                emotion=moment["emotion"],
                status=decision["status"],
                reason=decision["reason"],
                channel=decision["channel"],
                worth=action.priority * action.value * action.propensity,
            )
        )
    return sorted(found, key=lambda one: (one.status != "triggered", -one.worth))


def _unanswered(outreach: OutreachState, customer_id: str, identified: bool) -> Iterator[tuple[Moment, int]]:
    """Moments that wait, with their next attempt, then the open ones; none that was answered by a contact."""
    history = outreach.history
    waiting = history.waiting if history is not None else []
    known = {contact.moment_id for contact in history.contacts} if history is not None else set()
    for one in waiting:
        known.add(one.moment["moment_id"])
        yield one.moment, one.attempt + 1
    for open_moment in outreach.open:
        if open_moment.moment_id not in known:
            yield _moment(open_moment, customer_id, identified), 1


def _moment(moment: OpenMoment, customer_id: str, identified: bool) -> Moment:
    """As far as it is remembered: its last evidence only by time, and nothing of its context."""
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
