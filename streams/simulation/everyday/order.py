"""Everyday orders: promised, perhaps moved, delivered as it comes."""

from __future__ import annotations

from schemas import Touchpoint
from streams.simulation.plan import DAY_MS
from streams.simulation.promise_book import EARLY_MS, TOLERANCE_MS
from streams.simulation.rhythm import HOUR_MS
from streams.simulation.script import Script
from streams.simulation.stage import Stage

MINUTE_MS = 60_000


def order(stage: Stage, script: Script, at: int) -> None:
    """Orders something, which is promised for in two days, perhaps moved, and delivered as it comes."""
    dice, who = stage.dice, script.person
    number, promise = script.id("order"), script.id("promise")
    value = round(10 + dice.random() * 190, 2)
    product = f"sku-{int(dice.random() * 400)}"
    script.say(at, "cart.added", who.channel, cart_id=script.id("cart"), product_id=product, value=value)
    at += int((1 + dice.random() * 50) * MINUTE_MS)
    script.say(at, "order.placed", who.channel, order_id=number, product_id=product, value=value)
    script.say(at, "payment.succeeded", who.channel, loose=True, order_id=number, amount=value, currency="EUR")
    due = at + 2 * DAY_MS
    made = script.say(at, "promise.made", who.channel, promise_id=promise, order_id=number, due_at=due)
    if dice.random() < 0.15:
        due += DAY_MS
        changed_at = at + 6 * HOUR_MS
        script.say(changed_at, "order.changed", who.channel, loose=True, order_id=number, item_id="item-2")
        script.say(changed_at, "promise.changed", who.channel, promise_id=promise, order_id=number, due_at=due)
    fate = dice.random()
    if fate < 0.04:
        script.say(at + 10 * HOUR_MS, "order.cancelled", who.channel, loose=True, order_id=number)
        script.say(at + 10 * HOUR_MS, "promise.cancelled", who.channel, promise_id=promise, order_id=number)
        return
    script.say(
        due - 20 * HOUR_MS, "delivery.status_changed", "delivery", loose=True, order_id=number, status="on_board"
    )
    kept_at = _delivered_at(due, fate, dice.random())
    if kept_at >= due:
        script.expect("promise.broken", made, due)
    stage.later(kept_at, script, lambda at: _deliver(stage, script, at, made, due))


def _delivered_at(due: int, fate: float, luck: float) -> int:
    """When it comes: mostly in time, now and then half a day early, a little late, or very late."""
    if fate < 0.75:
        return due - int((0.02 + 0.97 * luck) * EARLY_MS)
    if fate < 0.83:
        return due - EARLY_MS - int(luck * 8 * HOUR_MS)
    if fate < 0.94:
        return due + int(luck * (TOLERANCE_MS - HOUR_MS))
    return due + TOLERANCE_MS + int(luck * DAY_MS)


def _deliver(stage: Stage, script: Script, at: int, made: Touchpoint, due: int) -> None:
    promise, number = made["properties"]["promise_id"], made["properties"]["order_id"]
    script.say(at, "promise.kept", "delivery", promise_id=promise, order_id=number)
    script.say(at, "delivery.completed", "delivery", loose=True, order_id=number)
    stage.promises.kept(made, due, at)
