"""Which of the allowed channels a contact takes."""

from __future__ import annotations

from streams.outreach.history import ChannelRecord
from streams.outreach.policy import Action

FIRST_RATE = 0.5
"""How often a contact is taken to work on the action's first channel before anything is known."""

PLACE = 0.9
"""What each further place in the action's order takes from that."""

PRIOR = 4
"""How many contacts such a guess weighs as much as."""


def worth(action: Action, place: int, record: ChannelRecord | None, cost: float) -> float:
    """What a contact on a channel is expected to bring, currency units.

    Value x propensity x how often contacts worked there, less the cost.

    Args:
        action: whose value, propensity and order of channels.
        place: of the channel in that order, from 0.
        record: how the channel did with this customer, if it was tried.
        cost: of one contact.
    """
    guess = FIRST_RATE * PLACE**place
    tried, worked = (0, 0) if record is None else (record.tried, record.worked)
    return action.value * action.propensity * (PRIOR * guess + worked) / (PRIOR + tried) - cost
