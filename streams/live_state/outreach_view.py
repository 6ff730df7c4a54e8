"""What outreach did with a customer lately and what waits, as systems that talk to the customer see it. Pure."""

from __future__ import annotations

import msgspec

from streams.customer import Customer
from streams.customer.definitions import Definitions
from streams.outreach.contact import PENDING, REACHED, VOID, WORKED

MOST_CONTACTS = 5
"""Most contacts shown; ClickHouse has them all."""

CONTACT_STATUS = {PENDING: "pending", REACHED: "reached", WORKED: "worked", VOID: "void"}
"""Not reported yet; it reached the customer; the customer did something with it; it never came about."""


class DeferredContact(msgspec.Struct, kw_only=True):
    """A contact that waits; times are ms UTC.

    Attributes:
        reason: of the last decision, like ``quiet_hours``.
        attempts: decisions made so far.
        channels: those that the action may take; empty where the policy has no such action any more.
        not_before: when it is decided again, from the first check on.
    """

    action: str
    moment_id: str
    rule: str
    emotion: str
    channels: list[str]
    reason: str
    attempts: int
    not_before: int
    expires_at: int


class RecentContact(msgspec.Struct, kw_only=True):
    """A contact that was triggered; ``at`` is ms UTC, ``status`` one of pending, reached, worked, void."""

    action: str
    purpose: str
    channel: str
    rule: str
    at: int
    status: str


class ConsentView(msgspec.Struct, kw_only=True):
    """The customer's newest word on one purpose and channel; what is not there was never given, and means no."""

    purpose: str
    channel: str
    status: str
    since: int


def deferred_contacts(customer: Customer, definitions: Definitions) -> list[DeferredContact]:
    """Contacts that wait, the next one first."""
    history, actions = customer.outreach.history, definitions.policy.by_moment
    found = []
    for one in history.waiting if history is not None else ():
        action = actions.get(one.moment["rule"])
        found.append(
            DeferredContact(
                action=action.id if action is not None else "",
                moment_id=one.moment["moment_id"],
                rule=one.moment["rule"],
                emotion=one.moment["emotion"],
                channels=list(action.channels) if action is not None else [],
                reason=one.reason,
                attempts=one.attempt,
                not_before=one.release_at,
                expires_at=one.moment["expires_at"],
            )
        )
    return sorted(found, key=lambda one: (one.not_before, one.moment_id))


def recent_contacts(customer: Customer) -> list[RecentContact]:
    """Contacts that are remembered, newest first."""
    history = customer.outreach.history
    contacts = sorted(history.contacts, key=lambda one: one.at, reverse=True) if history is not None else []
    return [
        RecentContact(
            action=one.action,
            purpose=one.purpose,
            channel=one.channel,
            rule=one.rule,
            at=one.at,
            status=CONTACT_STATUS.get(one.status, "pending"),
        )
        for one in contacts
    ]


def suppression_lists(customer: Customer) -> list[str]:
    """The suppression lists that the customer is on."""
    history = customer.outreach.history
    return sorted(name for name, one in history.lists.items() if one.member) if history is not None else []


def consents(customer: Customer) -> list[ConsentView]:
    """The customer's word on every purpose and channel of which there is one."""
    found = []
    for key, consent in sorted(customer.outreach.consents.items()):
        purpose, _, channel = key.rpartition(" ")
        found.append(ConsentView(purpose=purpose, channel=channel, status=consent.status, since=consent.occurred_at))
    return found
