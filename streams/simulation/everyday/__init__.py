"""Everyday life: what customers do when nothing is planted.

Some of it cannot cause a moment; of the rest each story knows what it causes, and the books of
contacts and promises what many of them add up to.
"""

from streams.simulation.everyday.contact import call, chat, letter, load_reports
from streams.simulation.everyday.life import (
    bill,
    content,
    flow,
    measure,
    message,
    passing,
    settle_in,
    shop,
    trip,
    visit,
)
from streams.simulation.everyday.order import order
from streams.simulation.stage import Story

__all__ = ["ACTIVITIES_A_DAY", "CALLS_A_DAY", "LIVES", "MOMENTS", "QUIET_LIFE", "load_reports", "settle_in"]

ACTIVITIES_A_DAY = 0.7
"""How much one customer begins on a day."""

_WEIGHTS: dict[Story, int] = {
    visit: 34,
    passing: 4,
    message: 4,
    measure: 13,
    shop: 6,
    flow: 11,
    call: 10,
    chat: 3,
    letter: 3,
    order: 6,
    trip: 1,
    bill: 3,
    content: 2,
}

LIVES: tuple[Story, ...] = tuple(story for story, weight in _WEIGHTS.items() for _ in range(weight))
"""Each story as often as it happens."""

CALLS_A_DAY = ACTIVITIES_A_DAY * _WEIGHTS[call] / len(LIVES)
"""How often one customer calls, on average."""

QUIET_LIFE: Story = visit
"""What customers of a planted story do besides; no moment hangs on it."""

MOMENTS = (
    "contact.repeated",
    "contact.third",
    "flow.abandoned",
    "ivr.abandoned",
    "promise.broken",
    "promise.exceeded",
    "promise.minimum_again",
    "queue.abandoned",
    "queue.abandoned_silent",
    "queue.long_wait",
    "silence.unusual",
)
"""Moments that everyday life causes; the truth tells all of them."""
