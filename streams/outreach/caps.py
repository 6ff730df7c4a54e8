"""Frequency caps: how many contacts a customer has had, against how many are allowed. Pure."""

from __future__ import annotations

from streams.outreach.contact import VOID, Contact
from streams.outreach.policy import Action, Cap


def counted(cap: Cap, contacts: list[Contact], now: int) -> int:
    """How many contacts fill the cap in the ``within`` that ends at ``now`` (ms UTC), ``now - within`` left out.

    What was taken back, came back or was not carried out never counts.
    """
    oldest, channel, purpose, action_class = now - cap.within, cap.channel, cap.purpose, cap.action_class
    found = 0
    for one in contacts:  # a generator costs twice as much
        if (
            one.at > oldest
            and one.counts
            and one.status != VOID
            and (channel is None or channel == one.channel)
            and (purpose is None or purpose == one.purpose)
            and (action_class is None or action_class == one.action_class)
        ):
            found += 1
    return found


def concerned_channels(cap: Cap, action: Action, channels: list[str]) -> list[str]:
    """Those of the channels on which the cap holds for this action."""
    if cap.purpose is not None and cap.purpose != action.purpose:
        return []
    if cap.action_class is not None and cap.action_class != action.action_class:
        return []
    if cap.channel is None:
        return channels
    return [cap.channel] if cap.channel in channels else []
