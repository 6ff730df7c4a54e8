"""Too much at once."""

from __future__ import annotations

from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_HOUR_MS = 3_600_000


def _too_much(stage: Stage, script: Script, at: int) -> None:
    """A complaint, and an hour later something that arrived broken."""
    opening = script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + _HOUR_MS, "delivery.damaged", "delivery", order_id=script.id("order"))
    script.expect("emotion.overload", opening, at + _HOUR_MS)


def _almost(stage: Stage, script: Script, at: int) -> None:
    """A complaint and two sign-ins that fail: four, had the complaint not faded for a second."""
    script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + 1_000, "login.failed", "web")
    script.say(at + 1_000, "login.failed", "web")


def _praised(stage: Stage, script: Script, at: int) -> None:
    """A complaint, thanks for its answer, and another one."""
    script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + _HOUR_MS, "praise.given", "email", topic="delivery")
    script.say(at + 2 * _HOUR_MS, "complaint.made", "email", topic="delivery")


_RULES = ("emotion.overload",)

PLOTS = (
    Plot("A complaint and a broken delivery", _RULES, _too_much),
    Plot("A complaint and two sign-ins that fail", _RULES, _almost),
    Plot("Two complaints with a kind word between them", _RULES, _praised),
)
