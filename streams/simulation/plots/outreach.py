"""Customers whom our own messages weary."""

from __future__ import annotations

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage


def _weary(stage: Stage, script: Script, at: int) -> None:
    first = script.say(at, "outreach.ignored", "email", trigger_id=script.id("trigger-a"), action="news")
    script.say(at + 5 * DAY_MS, "outreach.ignored", "sms", trigger_id=script.id("trigger-b"), action="news")
    script.expect("outreach.fatigue", first, at + 5 * DAY_MS)


def _interested(stage: Stage, script: Script, at: int) -> None:
    """Ignored, opened, ignored."""
    script.say(at, "outreach.ignored", "email", trigger_id=script.id("trigger-a"), action="news")
    script.say(at + DAY_MS, "outreach.opened", "email", trigger_id=script.id("trigger-b"), action="news")
    script.say(at + 5 * DAY_MS, "outreach.ignored", "email", trigger_id=script.id("trigger-c"), action="news")


def _told_twice(stage: Stage, script: Script, at: int) -> None:
    """Two systems say that one message was ignored."""
    for number in range(2):
        script.say(at + number * DAY_MS, "outreach.ignored", "email", trigger_id=script.id("trigger"), action="news")


_RULES = ("outreach.fatigue",)

PLOTS = (
    Plot("Two messages ignored", _RULES, _weary),
    Plot("Two messages ignored, and one opened in between", _RULES, _interested),
    Plot("One message told twice as ignored", _RULES, _told_twice),
)
