"""From a moment to its decision, and to a trigger if every check allows it."""

from __future__ import annotations

from schemas import Decision, Moment, Trigger
from streams.identifiers import digest_id
from streams.outreach.checks import OK, Candidate, run_checks
from streams.outreach.pause import NO_PAUSES, Pauses
from streams.outreach.policy import Policy
from streams.outreach.state import OutreachState


def decide(
    policy: Policy,
    state: OutreachState,
    moment: Moment,
    now: int,
    resolved_at: int | None,
    pauses: Pauses = NO_PAUSES,
) -> tuple[Decision, Trigger | None]:
    """Decide whether this moment is answered.

    A triggered action starts its cool-down in ``state``.

    Args:
        policy: the active one.
        state: of the moment's customer.
        moment: as detected.
        now: ms UTC by the partition's clock.
        resolved_at: ``occurred_at`` of the newest touchpoint that resolves the moment's rule.
        pauses: the kill switches that are thrown.
    """
    action = policy.by_moment.get(moment["rule"])
    decision: Decision = {
        "decision_id": digest_id(moment["moment_id"], 1),
        "moment_id": moment["moment_id"],
        "customer_id": moment["customer_id"],
        "rule": moment["rule"],
        "rule_version": moment["rule_version"],
        "action": action.id if action else "",
        "action_class": action.action_class if action else "service",
        "attempt": 1,
        "status": "refused",
        "reason": "no_action",
        "checks": [],
        "final": True,
        "channel": None,
        "policy": policy.id,
        "policy_version": policy.version,
        "decided_at": moment["detected_at"],
        "mode": moment["mode"],
    }
    if action is None:
        return decision, None
    candidate = Candidate(moment, action, state, now, resolved_at, list(action.channels), pauses)
    decision["reason"], decision["checks"] = run_checks(candidate)
    if decision["reason"] != OK:
        return decision, None
    channel = candidate.allowed[0]
    decision["status"], decision["channel"] = "triggered", channel
    if action.cool_down:
        state.cooling[action.id] = now + action.cool_down
    trigger: Trigger = {
        "trigger_id": digest_id(decision["decision_id"]),
        "decision_id": decision["decision_id"],
        "moment_id": moment["moment_id"],
        "customer_id": moment["customer_id"],
        "rule": moment["rule"],
        "rule_version": moment["rule_version"],
        "action": action.id,
        "purpose": action.purpose,
        "channel": channel,
        "template": action.template,
        "emotion": moment["emotion"],
        "intensity": moment["intensity"],
        "context": moment["context"],
        "evidence": moment["evidence"],
        "not_before": now,
        "deliver_until": moment["expires_at"],
        "expires_at": moment["expires_at"],
        "created_at": moment["detected_at"],
        "sandbox": False,
    }
    return decision, trigger
