"""Waiting: just long enough to matter, and just not."""

from __future__ import annotations

from functools import partial

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_SECOND_MS = 1_000
_DROPPED = "it arrived more than seven days after a later touchpoint of the customer, and was not applied"


def _waits(seconds: int, ends: str, stage: Stage, script: Script, at: int) -> None:
    """A call with that wait and that ending, and no other contact ever."""
    about = script.id("call")
    opening = script.say(at, "ivr.entered", "ivr", about, reason="question", skill="general")
    at += 30 * _SECOND_MS
    script.say(at, "queue.entered", "voice", about, loose=True, skill="general")
    at += seconds * _SECOND_MS
    if ends == "agent":
        last = script.say(at, "agent.connected", "voice", about, agent="agent-general-1", wait_seconds=seconds)
    else:
        last = script.say(at, "queue.abandoned", "voice", about, skill="general", wait_seconds=seconds)
        if seconds >= 5:
            script.expect("queue.abandoned", last, at)
            script.expect("queue.abandoned_silent", opening, at + 3 * DAY_MS)
    if seconds > 300:
        script.expect("queue.long_wait", last, at)


def _comes_back(stage: Stage, script: Script, at: int) -> None:
    """Hangs up after a minute, and is back a millisecond before three days are over."""
    about = script.id("call")
    script.say(at, "ivr.entered", "ivr", about, reason="question", skill="general")
    at += 90 * _SECOND_MS
    script.expect("queue.abandoned", script.say(at, "queue.abandoned", "voice", about, wait_seconds=60), at)
    script.say(at + 3 * DAY_MS - 1, "email.received", "email", reason="tariff")


def _menu(stage: Stage, script: Script, at: int) -> None:
    about = script.id("call")
    script.say(at, "ivr.entered", "ivr", about, menu="main", reason="question", skill="general")
    at += 40 * _SECOND_MS
    script.expect("ivr.abandoned", script.say(at, "ivr.abandoned", "ivr", about, menu="main"), at)


def _told_too_late(stage: Stage, script: Script, at: int) -> None:
    """Hangs up waiting; the touchpoint arrives nine days later, eight days after the customer's next one."""
    about = script.id("call")
    last = script.say(at, "queue.abandoned", "voice", about, delay_ms=9 * DAY_MS, wait_seconds=60)
    script.say(at + 8 * DAY_MS, "store.visited", "store", shop_id="shop-1")
    script.expect("queue.abandoned", last, at, excuse=_DROPPED)


_ALL = ("queue.abandoned", "queue.abandoned_silent", "queue.long_wait")

PLOTS = (
    Plot("Served after 301 seconds", _ALL, partial(_waits, 301, "agent")),
    Plot("Served after 300 seconds", _ALL, partial(_waits, 300, "agent")),
    Plot("Hung up after 4 seconds", _ALL, partial(_waits, 4, "hang")),
    Plot("Hung up after 5 seconds and never came back", _ALL, partial(_waits, 5, "hang")),
    Plot("Hung up after 400 seconds and never came back", _ALL, partial(_waits, 400, "hang")),
    Plot("Hung up and came back just within three days", _ALL, _comes_back),
    Plot("Hung up in the menu", ("ivr.abandoned",), _menu),
    Plot("Hung up, and told nine days late", ("queue.abandoned",), _told_too_late, spoilt=True),
)
