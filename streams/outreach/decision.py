"""From candidates to their decisions, and to a trigger for each that every check allows."""

from __future__ import annotations

from collections.abc import Sequence

from schemas import Decision, Moment, Trigger
from streams.identifiers import digest_id
from streams.outreach.arbitration import ranked, standing, window_end
from streams.outreach.candidate import Candidate, Situation
from streams.outreach.checks import CARRYING_OUT, ELIGIBILITY, OK, run_checks
from streams.outreach.contact import Contact
from streams.outreach.history import MOST_WAITING, Waiting
from streams.outreach.pause import NO_PAUSES, Pauses
from streams.outreach.person import NO_FACTS, Facts
from streams.outreach.policy import ARBITRATION, Action, Policy
from streams.outreach.state import OutreachState

Decided = tuple[Decision, Trigger | None]

TRIGGERED, REFUSED, DEFERRED, CANCELLED = "triggered", "refused", "deferred", "cancelled"


def decide(
    policy: Policy,
    state: OutreachState,
    moment: Moment,
    now: int,
    resolved_at: int | None,
    pauses: Pauses = NO_PAUSES,
    facts: Facts = NO_FACTS,
) -> Decided:
    """Decide whether this moment, which competes with none, is answered; see :func:`decide_all`."""
    situation = Situation(policy, state, now, facts, pauses)
    return decide_all(situation, [(moment, resolved_at, 1, moment["detected_at"])])[0]


def decide_all(situation: Situation, moments: Sequence[tuple[Moment, int | None, int, int]]) -> list[Decided]:
    """Decide which of a customer's moments of one record or deadline are answered, and how.

    What is triggered is remembered in the situation's state, starts its action's cool-down and fills
    caps, unless it is a rehearsal; what is deferred waits there.

    Args:
        situation: what they are judged by.
        moments: each as detected, with ``occurred_at`` of the newest touchpoint that resolves it,
            the attempt, and the time (ms UTC) that its decision is dated by.

    Returns:
        One decision for each moment, in their order.
    """
    actions = situation.policy.by_moment
    candidates: list[Candidate | None] = []
    for moment, resolved_at, attempt, decided_at in moments:
        action = actions.get(moment["rule"])
        allowed = list(action.channels) if action else []
        candidates.append(
            Candidate(moment, action, situation, resolved_at, attempt, decided_at, allowed) if action else None
        )
    outcomes = _Round(situation).judge([one for one in candidates if one is not None])
    decided: list[Decided] = []
    for candidate, (moment, _, attempt, decided_at) in zip(candidates, moments, strict=True):
        if candidate is None:
            policy = situation.policy
            decided.append((_decision(policy, moment, None, attempt, decided_at, REFUSED, "no_action"), None))
        else:
            decided.append(outcomes[id(candidate)])
    return decided


def cancel_waiting(policy: Policy, waiting: Waiting, clock: int, occurred_at: int) -> Decision:
    """The last decision on a candidate whose matter was resolved while it waited.

    Args:
        policy: the active one.
        waiting: taken out of the customer's state by the caller.
        clock: the partition's, ms UTC.
        occurred_at: of the touchpoint that resolves it, ms UTC.
    """
    moment = waiting.moment
    action = policy.by_moment.get(moment["rule"])
    decision = _decision(policy, moment, action, waiting.attempt + 1, clock, CANCELLED, "resolved")
    inputs = {"expires_at": str(moment["expires_at"]), "now": str(clock), "resolved_at": str(occurred_at)}
    decision["checks"] = [{"name": "still_valid", "passed": False, "reason": "resolved", "inputs": inputs}]
    return decision


class _Round:
    """One evaluation; ``outcomes`` by the candidate's identity."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._outcomes: dict[int, Decided] = {}

    def judge(self, candidates: list[Candidate]) -> dict[int, Decided]:
        rehearsals = [one for one in candidates if one.action.sandbox]
        if rehearsals:
            candidates = [one for one in candidates if not one.action.sandbox]
        # 1. who does not compete goes first: what it does, the others must see
        for candidate in candidates:
            if candidate.may_override(ARBITRATION):
                reason = run_checks(candidate, ELIGIBILITY)
                self._close(candidate, reason if reason != OK else run_checks(candidate, CARRYING_OUT))
        # 2. who comes into question
        eligible: list[Candidate] = []
        for candidate in candidates:
            if not candidate.may_override(ARBITRATION):
                reason = run_checks(candidate, ELIGIBILITY)
                if reason == OK:
                    eligible.append(candidate)
                else:
                    self._close(candidate, reason)
        # 3. who waits for others to compete with
        competing = [one for one in eligible if not self._waits(one)]
        # 4. who wins
        self._compete(ranked(competing))
        # 5. rehearsals, which take nothing away from anybody
        for candidate in rehearsals:
            reason = run_checks(candidate, ELIGIBILITY)
            self._close(candidate, reason if reason != OK else run_checks(candidate, CARRYING_OUT))
        return self._outcomes

    def _waits(self, candidate: Candidate) -> bool:
        until = window_end(candidate)
        if until is None:
            return False
        candidate.wait_until = until
        inputs = {"score": f"{candidate.score:g}", "not_before": str(until)}
        candidate.checks.append({"name": ARBITRATION, "passed": False, "reason": "arbitration_wait", "inputs": inputs})
        self._close(candidate, "arbitration_wait")
        return True

    def _compete(self, candidates: list[Candidate]) -> None:
        """Of the ranked candidates the first that can be carried out now wins, else the first that can be later."""
        winner: Candidate | None = None
        later: Candidate | None = None
        alone = len(candidates) == 1
        for candidate in candidates:
            if winner is None:
                so_far = len(candidate.checks)
                if not alone:
                    candidate.checks.append(standing(candidate, candidate, len(candidates)))
                reason = run_checks(candidate, CARRYING_OUT)
                if reason == OK:
                    winner = candidate
                elif candidate.wait_until is not None and later is None:
                    later = candidate
                elif candidate.wait_until is not None:
                    del candidate.checks[so_far:]
                    self._outrank(candidate, later or candidate, len(candidates))
                    continue
                self._close(candidate, reason)
            else:
                self._outrank(candidate, winner, len(candidates))

    def _outrank(self, candidate: Candidate, winner: Candidate, competitors: int) -> None:
        candidate.wait_until = None
        candidate.checks.append(standing(candidate, winner, competitors))
        self._close(candidate, "outranked")

    def _close(self, candidate: Candidate, reason: str) -> None:
        """Write the decision, and do to the state what it says."""
        status = TRIGGERED if reason == OK else REFUSED if candidate.wait_until is None else DEFERRED
        if status == DEFERRED and self._waiting(candidate.action.sandbox) >= MOST_WAITING:
            status, reason = REFUSED, "too_many_waiting"
            last = candidate.checks[-1]
            last["reason"], last["inputs"] = reason, {**last["inputs"], "waiting": str(MOST_WAITING)}
        moment, action = candidate.moment, candidate.action
        decision = _decision(
            self._situation.policy, moment, action, candidate.attempt, candidate.decided_at, status, reason
        )
        decision["checks"] = candidate.checks
        trigger = None
        if status == DEFERRED:
            assert candidate.wait_until is not None
            waiting = Waiting(candidate.wait_until, candidate.attempt, reason, moment)
            self._situation.state.remember().waiting.append(waiting)
        elif status == TRIGGERED:
            decision["channel"] = candidate.allowed[0]
            trigger = _trigger(candidate, decision)
            if not action.sandbox:
                _remember(candidate, trigger)
        self._outcomes[id(candidate)] = decision, trigger

    def _waiting(self, sandbox: bool) -> int:
        """How many wait already; rehearsals apart, so that they crowd nobody out."""
        waiting, actions = self._situation.state.remember().waiting, self._situation.policy.by_moment
        if not any(action.sandbox for action in self._situation.policy.actions):
            return len(waiting)
        of_each = (actions.get(one.moment["rule"]) for one in waiting)
        return sum((action is not None and action.sandbox) == sandbox for action in of_each)


def _remember(candidate: Candidate, trigger: Trigger) -> None:
    situation, moment, action = candidate.situation, candidate.moment, candidate.action
    product = moment["context"].get("product_id")
    contact = Contact(
        moment_id=moment["moment_id"],
        attempt=candidate.attempt,
        at=candidate.now,
        deliver_until=trigger["deliver_until"],
        action=action.id,
        channel=trigger["channel"],
        purpose=action.purpose,
        action_class=action.action_class,
        counts=action.counts_toward_caps,
        rule=moment["rule"],
        correlation_id=moment["correlation_id"],
        evident_at=moment["evidence"][-1]["occurred_at"],
        product_id=product if isinstance(product, str) else None,
    )
    situation.state.remember().add_contact(contact, candidate.now, situation.policy.memory_ms)
    if action.cool_down:
        situation.state.cooling[action.id] = candidate.now + action.cool_down


def _decision(
    policy: Policy, moment: Moment, action: Action | None, attempt: int, decided_at: int, status: str, reason: str
) -> Decision:
    return {
        "decision_id": digest_id(moment["moment_id"], attempt),
        "moment_id": moment["moment_id"],
        "customer_id": moment["customer_id"],
        "rule": moment["rule"],
        "rule_version": moment["rule_version"],
        "action": action.id if action else "",
        "action_class": action.action_class if action else "service",
        "attempt": attempt,
        "status": status,
        "reason": reason,
        "checks": [],
        "final": status != DEFERRED,
        "channel": None,
        "policy": policy.id,
        "policy_version": policy.version,
        "decided_at": decided_at,
        "mode": moment["mode"],
    }


def _trigger(candidate: Candidate, decision: Decision) -> Trigger:
    moment, action, expires_at = candidate.moment, candidate.action, candidate.moment["expires_at"]
    deliver_until = candidate.deliver_until
    return {
        "trigger_id": digest_id(decision["decision_id"]),
        "decision_id": decision["decision_id"],
        "moment_id": moment["moment_id"],
        "customer_id": moment["customer_id"],
        "rule": moment["rule"],
        "rule_version": moment["rule_version"],
        "action": action.id,
        "purpose": action.purpose,
        "channel": candidate.allowed[0],
        "template": action.template,
        "emotion": moment["emotion"],
        "intensity": moment["intensity"],
        "context": moment["context"],
        "evidence": moment["evidence"],
        "not_before": candidate.now,
        "deliver_until": expires_at if deliver_until is None else deliver_until,
        "expires_at": expires_at,
        "created_at": candidate.decided_at,
        "sandbox": action.sandbox,
    }
