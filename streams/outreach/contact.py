"""A contact that was triggered, as it is remembered: for caps, for taking it back, for what came of it."""

from __future__ import annotations

import msgspec

from schemas import Cancellation
from streams.identifiers import digest_id

PENDING, REACHED, WORKED, VOID = 0, 1, 2, 3
"""Not reported yet; it reached the customer; the customer did something with it; it never came about."""


class Contact(msgspec.Struct, array_like=True):
    """One trigger.

    Attributes:
        moment_id, attempt: whose decision it was; the ids follow from them.
        at: from when caps count it, ms UTC: the trigger's time, or its delivery's once that is reported.
        deliver_until: of the trigger, ms UTC.
        counts: whether it fills caps.
        evident_at: ``occurred_at`` of the moment's last evidence; only what came later resolves it.
        product_id: what the moment is about, if anything.
        status: one of the four above.
        bounced: whether it came back, which a report of its delivery does not undo.
    """

    moment_id: str
    attempt: int
    at: int
    deliver_until: int
    action: str
    channel: str
    purpose: str
    action_class: str
    counts: bool
    rule: str
    correlation_id: str | None
    evident_at: int
    product_id: str | None = None
    status: int = PENDING
    bounced: bool = False

    @property
    def decision_id(self) -> str:
        """The id of its decision."""
        return digest_id(self.moment_id, self.attempt)

    @property
    def trigger_id(self) -> str:
        """The id of its trigger."""
        return digest_id(self.decision_id)

    def is_open(self, clock: int) -> bool:
        """Whether somebody may still carry it out at ``clock`` (ms UTC), as far as was reported."""
        return self.status == PENDING and clock < self.deliver_until

    def cancel(self, customer_id: str, reason: str, clock: int) -> Cancellation:
        """Take it back: it counts no more, unless its delivery is reported all the same."""
        self.status = VOID
        decision_id = self.decision_id
        return {
            "trigger_id": digest_id(decision_id),
            "decision_id": decision_id,
            "moment_id": self.moment_id,
            "customer_id": customer_id,
            "action": self.action,
            "channel": self.channel,
            "reason": reason,
            "cancelled_at": clock,
        }
