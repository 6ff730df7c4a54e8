"""Too much at once."""

from __future__ import annotations

from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_HOUR_MS = 3_600_000


def _too_much(stage: Stage, script: Script, at: int) -> None:
    """Thanks, which wipe out what was before, and then one thing after the other goes wrong."""
    script.say(at, "praise.given", "email", topic="order")
    opening = script.say(at + _HOUR_MS, "complaint.made", "email", topic="delivery")
    script.say(at + 2 * _HOUR_MS, "delivery.damaged", "delivery", order_id=script.id("order"))
    script.say(at + 3 * _HOUR_MS, "bill.disputed", "email", bill_id=script.id("bill"))
    script.say(at + 4 * _HOUR_MS, "product.broke_down", "web", product_id=script.id("product"))
    script.say(at + 5 * _HOUR_MS, "complaint.made", "email", topic="bill")
    script.expect("emotion.overload", opening, at + 5 * _HOUR_MS)


def _almost(stage: Stage, script: Script, at: int) -> None:
    """Two complaints are not too much."""
    script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + _HOUR_MS, "complaint.made", "email", topic="delivery")


def _praised(stage: Stage, script: Script, at: int) -> None:
    """A complaint, thanks for its answer, and three things that go wrong."""
    script.say(at, "complaint.made", "email", topic="delivery")
    script.say(at + _HOUR_MS, "praise.given", "email", topic="delivery")
    script.say(at + 2 * _HOUR_MS, "delivery.damaged", "delivery", order_id=script.id("order"))
    script.say(at + 2 * _HOUR_MS, "bill.disputed", "email", bill_id=script.id("bill"))
    script.say(at + 2 * _HOUR_MS, "product.broke_down", "web", product_id=script.id("product"))


_RULES = ("emotion.overload",)

PLOTS = (
    Plot("One thing after the other goes wrong", _RULES, _too_much),
    Plot("Two complaints", _RULES, _almost),
    Plot("A complaint, a kind word, and three things that go wrong", _RULES, _praised),
)
