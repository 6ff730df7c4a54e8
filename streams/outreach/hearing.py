"""What a customer's touchpoints tell the policy: consents, suppression lists, purchases, uses, and what
came of contacts. What takes a ground away from a contact on its way takes the contact back. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from schemas import Cancellation, Touchpoint
from streams.outreach.contact import PENDING, REACHED, VOID, WORKED, Contact
from streams.outreach.policy import Policy
from streams.outreach.state import CONSENT_TYPES, GRANTED, LONGEST_NAME, OutreachState

ADDED, REMOVED = "suppression.added", "suppression.removed"

PERMISSION_TYPES = frozenset({*CONSENT_TYPES, ADDED, REMOVED})
"""What counts from the record that says it, whatever order touchpoints are otherwise taken in."""

BOUGHT_TYPES = ("order.placed", "order.completed", "store.purchased", "partner.purchased", "subscription.started")
RETURNED_TYPES = ("order.cancelled", "order.returned", "store.returned")

NO_ROOM_MS = 15 * 60_000
"""A channel whose carrying system had no room is left alone for so long."""

_REACHED = ("delivered", "refused", "ignored", "complained", "opted_out", "resolved")
_WORKED = ("opened", "clicked", "replied", "accepted")
_NEVER_WAS = ("bounced", "expired", "no_capacity", "cancelled")

_LOST = {"email.bounced": "email", "sms.failed": "sms", "post.returned": "post"}
_LOST_FOR_GOOD = {"push.disabled": "push"}
_SEEN = {
    "email.received": "email",
    "email.opened": "email",
    "email.clicked": "email",
    "sms.received": "sms",
    "sms.clicked": "sms",
    "push.enabled": "push",
    "push.opened": "push",
}

NO_CANCELLATIONS: list[Cancellation] = []
"""Shared by nearly all; never to be changed."""


def hear(state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy) -> list[Cancellation]:
    """Take in what a touchpoint tells the policy.

    Args:
        state: changed in place.
        touchpoint: of any type; most tell nothing.
        clock: the partition's, ms UTC.
        policy: the active one.

    Returns:
        Triggers that must not be carried out any more.
    """
    kind = touchpoint["type"]
    listener = _LISTENERS.get(kind)
    cancelled = NO_CANCELLATIONS if listener is None else listener(state, touchpoint, clock, policy)
    if kind in policy.uses:
        state.remember().note_use(touchpoint["occurred_at"])
    return cancelled


def cancel_open(
    state: OutreachState, customer_id: str, reason: str, clock: int, is_meant: Callable[[Contact], bool]
) -> list[Cancellation]:
    """Take back those contacts on their way that are meant."""
    history = state.history
    if history is None or not history.contacts:
        return NO_CANCELLATIONS
    return [one.cancel(customer_id, reason, clock) for one in history.contacts if one.is_open(clock) and is_meant(one)]


def _hear_consent(state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy) -> list[Cancellation]:
    facts = touchpoint["properties"]
    purpose, channel = facts.get("purpose"), facts.get("channel")
    if not state.note_consent(touchpoint["type"], purpose, channel, touchpoint["occurred_at"]):
        return NO_CANCELLATIONS
    answer = state.consent(str(purpose), str(channel))
    if answer == GRANTED:
        _see(state, str(channel), touchpoint["occurred_at"])
        return NO_CANCELLATIONS
    return cancel_open(
        state,
        touchpoint["customer_id"],
        f"consent_{answer}",
        clock,
        lambda one: one.purpose == purpose and one.channel == channel,
    )


def _hear_list(state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy) -> list[Cancellation]:
    name = touchpoint["properties"].get("list")
    if not isinstance(name, str) or not name or len(name) > LONGEST_NAME:
        return NO_CANCELLATIONS
    history = state.remember()
    history.note_list(name, touchpoint["type"] == ADDED, touchpoint["occurred_at"])
    stops = [one for one in policy.suppressions if history.is_listed(one.list)]
    return cancel_open(
        state,
        touchpoint["customer_id"],
        "suppressed",
        clock,
        lambda one: any(
            one.action_class in stop.classes and (not stop.channels or one.channel in stop.channels) for stop in stops
        ),
    )


def _hear_purchase(state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy) -> list[Cancellation]:
    product = touchpoint["properties"].get("product_id")
    if not policy.asks_what_was_bought or not isinstance(product, str):
        return NO_CANCELLATIONS
    state.remember().note_bought(product, touchpoint["occurred_at"])
    pointless = {action.id for action in policy.actions if action.bought_within}
    return cancel_open(
        state,
        touchpoint["customer_id"],
        "bought",
        clock,
        lambda one: one.product_id == product and one.action in pointless,
    )


def _hear_return(state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy) -> list[Cancellation]:
    product = touchpoint["properties"].get("product_id")
    if state.history is not None and isinstance(product, str):
        state.history.note_returned(product, touchpoint["occurred_at"])
    return NO_CANCELLATIONS


def _hear_outcome(
    outcome: str, state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy
) -> list[Cancellation]:
    history, occurred_at = state.history, touchpoint["occurred_at"]
    trigger_id = touchpoint["properties"].get("trigger_id")
    contact = history.contact_of(trigger_id) if history is not None and isinstance(trigger_id, str) else None
    if history is None or contact is None:
        return NO_CANCELLATIONS
    channel = history.channel(contact.channel)
    if outcome in _NEVER_WAS:
        if contact.status in (REACHED, WORKED):
            channel.tried = max(0, channel.tried - 1)
            channel.worked = min(channel.tried, max(0, channel.worked - (contact.status == WORKED)))
        contact.status = VOID
        contact.bounced = contact.bounced or outcome == "bounced"
        if outcome == "bounced" and touchpoint["properties"].get("hard") is True:
            channel.lost_at = max(channel.lost_at, occurred_at)
        elif outcome == "no_capacity":
            channel.full_until = max(channel.full_until, clock + NO_ROOM_MS)
        return NO_CANCELLATIONS
    if contact.bounced:
        return NO_CANCELLATIONS
    if contact.status in (PENDING, VOID):
        contact.status = REACHED
        channel.try_once_more()
        # It counts from when it reached the customer, by whichever clock is behind.
        contact.at = max(contact.at, min(occurred_at, clock))
    if outcome in _WORKED:
        _see(state, contact.channel, occurred_at)
        if contact.status != WORKED:
            contact.status = WORKED
            channel.worked = min(channel.worked + 1, channel.tried)
    elif outcome == "delivered":
        _see(state, contact.channel, occurred_at)
    return NO_CANCELLATIONS


def _hear_lost(
    channel: str, only_hard: bool, state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy
) -> list[Cancellation]:
    if not only_hard or touchpoint["properties"].get("hard") is True:
        record = state.remember().channel(channel)
        record.lost_at = max(record.lost_at, touchpoint["occurred_at"])
    return NO_CANCELLATIONS


def _hear_seen(
    channel: str, state: OutreachState, touchpoint: Touchpoint, clock: int, policy: Policy
) -> list[Cancellation]:
    _see(state, channel, touchpoint["occurred_at"])
    return NO_CANCELLATIONS


def _see(state: OutreachState, channel: str, occurred_at: int) -> None:
    """A sign of life; of use only where the customer was lost."""
    record = None if state.history is None else state.history.channels.get(channel)
    if record is not None and record.lost_at:
        record.seen_at = max(record.seen_at, occurred_at)


_Listener = Callable[[OutreachState, Touchpoint, int, Policy], list[Cancellation]]

_LISTENERS: dict[str, _Listener] = {
    **dict.fromkeys(CONSENT_TYPES, _hear_consent),
    **dict.fromkeys((ADDED, REMOVED), _hear_list),
    **dict.fromkeys(BOUGHT_TYPES, _hear_purchase),
    **dict.fromkeys(RETURNED_TYPES, _hear_return),
    **{f"outreach.{end}": partial(_hear_outcome, end) for end in (*_REACHED, *_WORKED, *_NEVER_WAS)},
    **{kind: partial(_hear_lost, channel, True) for kind, channel in _LOST.items()},
    **{kind: partial(_hear_lost, channel, False) for kind, channel in _LOST_FOR_GOOD.items()},
    **{kind: partial(_hear_seen, channel) for kind, channel in _SEEN.items()},
}

HEARD = frozenset(_LISTENERS)
"""Types of touchpoints that may tell the policy something, besides those that it counts as a use."""
