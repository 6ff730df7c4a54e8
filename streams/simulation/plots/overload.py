"""Too much at once."""

from __future__ import annotations

from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_HOUR_MS = 3_600_000


def _too_much(stage: Stage, script: Script, at: int) -> None:
    """A complaint, something that arrived broken, a bill that is wrong as well, and another complaint."""
    opening = script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + _HOUR_MS, "delivery.damaged", "delivery", order_id=script.id("order"))
    script.say(at + 2 * _HOUR_MS, "bill.disputed", "email", bill_id=script.id("bill"))
    script.say(at + 3 * _HOUR_MS, "complaint.made", "email", topic="bill")
    script.expect("emotion.overload", opening, at + 3 * _HOUR_MS)


def _almost(stage: Stage, script: Script, at: int) -> None:
    """Two complaints and a delivery that broke: four, had the first not faded for a second."""
    script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + 1_000, "complaint.made", "email", topic="delivery")
    script.say(at + 1_000, "delivery.damaged", "delivery", order_id=script.id("order"))


def _praised(stage: Stage, script: Script, at: int) -> None:
    """A complaint, thanks for its answer, and three things that go wrong."""
    script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + _HOUR_MS, "praise.given", "email", topic="delivery")
    script.say(at + 2 * _HOUR_MS, "delivery.damaged", "delivery", order_id=script.id("order"))
    script.say(at + 2 * _HOUR_MS, "bill.disputed", "email", bill_id=script.id("bill"))
    script.say(at + 2 * _HOUR_MS, "complaint.made", "email", topic="bill")


_RULES = ("emotion.overload",)

PLOTS = (
    Plot("Two complaints, a broken delivery and a wrong bill", _RULES, _too_much),
    Plot("Two complaints and a broken delivery", _RULES, _almost),
    Plot("A complaint, a kind word, and three things that go wrong", _RULES, _praised),
)
