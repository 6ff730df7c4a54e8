"""Frequency caps: how many contacts a customer has had, against how many are allowed. Pure."""

from __future__ import annotations

from streams.outreach.contact import VOID, Contact
from streams.outreach.policy import Action, Cap


def counted(cap: Cap, contacts: list[Contact], now: int) -> int:
    """How many contacts fill the cap in the ``within`` that ends at ``now`` (ms UTC), ``now - within`` left out.

    What was taken back, came back or was not carried out never counts.
    """
    oldest = now - cap.within
    return sum(
        one.at > oldest
        and one.counts
        and one.status != VOID
        and cap.channel in (None, one.channel)
        and cap.purpose in (None, one.purpose)
        and cap.action_class in (None, one.action_class)
        for one in contacts
    )


def concerns(cap: Cap, action: Action, channel: str) -> bool:
    """Whether the cap holds for this action on this channel."""
    return (
        cap.channel in (None, channel)
        and cap.purpose in (None, action.purpose)
        and cap.action_class in (None, action.action_class)
    )
