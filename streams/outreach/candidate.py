"""One action that could answer one moment, as it is being judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas import Check, Moment
from streams.outreach.pause import NO_PAUSES, Pauses
from streams.outreach.person import NO_FACTS, Facts, variant_of
from streams.outreach.policy import Action, Limits, Policy, Variant
from streams.outreach.state import OutreachState


@dataclass(slots=True)
class Situation:
    """What all candidates of a customer are judged by at one time.

    Attributes:
        now: ms UTC; later than a moment's detection when an overdue deadline fired it.
        facts: of the customer's profile.
        pauses: the kill switches that are thrown.
        variant: of the policy, for customers of this persona or segment, if there is one.
        limits: the variant's, or everybody's.
    """

    policy: Policy
    state: OutreachState
    now: int
    facts: Facts = NO_FACTS
    pauses: Pauses = field(default_factory=lambda: NO_PAUSES)
    variant: Variant | None = field(init=False)
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        """Whose limits hold."""
        self.variant = variant_of(self.policy, self.facts) if self.policy.variants else None
        self.limits = self.policy.limits if self.variant is None else self.variant.limits


@dataclass(slots=True)
class Candidate:
    """A moment with its action.

    Attributes:
        resolved_at: ``occurred_at`` of the newest touchpoint that resolves it, ms UTC.
        attempt: 1, and one more each time that it has waited.
        decided_at: ms UTC; what decision and trigger are dated by.
        allowed: channels that are left, preferred first; checks narrow them.
        wait_until: set by a check that failed only for now, ms UTC.
        deliver_until: where the allowed hours end, ms UTC, if they do before the moment expires.
        checks: made so far.
    """

    moment: Moment
    action: Action
    situation: Situation
    resolved_at: int | None = None
    attempt: int = 1
    decided_at: int = 0
    allowed: list[str] = field(default_factory=list)
    wait_until: int | None = None
    deliver_until: int | None = None
    checks: list[Check] = field(default_factory=list)

    @property
    def now(self) -> int:
        """ms UTC."""
        return self.situation.now

    @property
    def score(self) -> float:
        """What candidates compete by: priority x value x propensity."""
        return self.action.priority * self.action.value * self.action.propensity

    def may_override(self, limit: str) -> bool:
        """Whether the action passes over a limit."""
        return limit in self.action.may_override
