"""What came of a delivery, and the touchpoint that tells the customer's own state of it. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from schemas import Properties, Touchpoint
from streams.delivery.message import Delivery
from streams.identifiers import digest_id

SOURCE = "momentous/deliver"
ANONYMOUS = "anon:"

Ending = Literal["sent", "bounced", "expired", "no_capacity", "cancelled", "dead", "unrouted"]

ENDINGS: dict[Ending, str] = {
    "sent": "The endpoint took it.",
    "bounced": "It will never reach the customer: no address, or the address refused it.",
    "expired": "Its time ran out before an endpoint took it.",
    "no_capacity": "The endpoint had no room, and is not to be waited for.",
    "cancelled": "It was called off before it was sent.",
    "dead": "Set aside in deliveries.dead, to be replayed.",
    "unrouted": "No endpoint of deliver.yaml takes it; others read the topic for themselves.",
}
"""How a delivery ends, each exactly one way."""

_TYPES: dict[Ending, str] = {
    "sent": "outreach.sent",
    "bounced": "outreach.bounced",
    "expired": "outreach.expired",
    "no_capacity": "outreach.no_capacity",
}


class Outcome(NamedTuple):
    """An ending.

    Attributes:
        ending: which.
        reason: a fixed word, or a code like ``HTTP_503``; never personal.
        detail: of a dead one, for people.
        reference: the endpoint's own name for the message.
    """

    ending: Ending
    reason: str = ""
    detail: str = ""
    reference: str | None = None


def outcome_touchpoint(delivery: Delivery, outcome: Outcome, now_ms: int) -> Touchpoint | None:
    """The touchpoint that tells of it; None where the customer's state has no use for it.

    Its id follows from the trigger, so the same ending told again after a crash counts once. A
    rehearsal and a cancellation tell nothing, and neither does what was set aside: it may have arrived
    although nobody said so, and a replay may still bring it, so it goes on to count as a contact. Told
    as bounced it would free a place under the caps, and a replay would then be one contact too many.
    """
    kind = _TYPES.get(outcome.ending)
    if kind is None or delivery.kind != "trigger" or delivery.record["sandbox"]:
        return None
    properties: Properties = {"action": delivery.record["action"], "trigger_id": delivery.trigger_id}
    if kind == "outreach.sent":
        properties["template"] = delivery.record["template"]
        if outcome.reference is not None:
            properties["message_id"] = outcome.reference
    elif kind == "outreach.bounced":
        properties |= {"code": outcome.reason, "hard": True}
    else:
        properties["code" if kind == "outreach.no_capacity" else "reason"] = outcome.reason
    return {
        "event_id": digest_id(delivery.trigger_id, kind),
        "source": SOURCE,
        "customer_id": delivery.customer_id,
        "identified": not delivery.customer_id.startswith(ANONYMOUS),
        "channel": delivery.record["channel"],
        "type": kind,
        "occurred_at": now_ms,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": dict(sorted(properties.items())),
    }
