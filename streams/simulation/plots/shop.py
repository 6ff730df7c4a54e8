"""Carts that stay, orders that are looked after too often, prices that are watched."""

from __future__ import annotations

from functools import partial

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS


def _cart_left(stage: Stage, script: Script, at: int) -> None:
    """Two things into the cart; the four hours count from the second."""
    cart = script.id("cart")
    script.say(at, "cart.added", "web", cart_id=cart, product_id="sku-17", value=20.0, currency="EUR")
    last_at = at + 20 * _MINUTE_MS
    last = script.say(last_at, "cart.filled", "web", cart_id=cart, items=2, value=55.0, currency="EUR")
    script.expect("cart.abandoned", last, last_at + 4 * _HOUR_MS)


def _bought_elsewhere(stage: Stage, script: Script, at: int) -> None:
    """Filled on the web, bought in a store a millisecond before four hours are over."""
    script.say(at, "cart.added", "web", cart_id=script.id("cart"), product_id="sku-17", value=20.0)
    script.say(at + 4 * _HOUR_MS - 1, "store.purchased", "store", basket_id=script.id("basket"), value=20.0)


def _bought_too_late(stage: Stage, script: Script, at: int) -> None:
    opening = script.say(at, "cart.added", "app", cart_id=script.id("cart"), product_id="sku-9", value=80.0)
    script.say(at + 4 * _HOUR_MS, "order.placed", "app", order_id=script.id("order"), value=80.0)
    script.expect("cart.abandoned", opening, at + 4 * _HOUR_MS)


def _emptied(stage: Stage, script: Script, at: int) -> None:
    script.say(at, "cart.added", "web", cart_id=script.id("cart"), product_id="sku-17", value=20.0)
    script.say(at + _HOUR_MS, "cart.emptied", "web", cart_id=script.id("cart"))


def _looks_thrice(stage: Stage, script: Script, at: int) -> None:
    """Where is it? On the web, by chat, and a millisecond before a day is over on the web again."""
    order = script.id("order")
    opening = script.say(at, "delivery.status_viewed", "web", order_id=order, status="in_transit")
    script.say(at + 6 * _HOUR_MS, "delivery.status_viewed", "chat", order_id=order, status="in_transit")
    script.say(at + DAY_MS - 1, "delivery.status_viewed", "web", order_id=order, status="in_transit")
    script.expect("delivery.anxious_checking", opening, at + DAY_MS - 1)


def _looks_at_two(stage: Stage, script: Script, at: int) -> None:
    """Twice at each of two orders."""
    for number in range(4):
        order = script.id(f"order-{number % 2}")
        script.say(at + number * _HOUR_MS, "delivery.status_viewed", "app", order_id=order, status="in_transit")


def _watches(times_ms: tuple[int, ...], bought: bool, watched: bool, stage: Stage, script: Script, at: int) -> None:
    """Views of one product, at these times after the next midnight (UTC); bought after the second or not."""
    midnight = (at // DAY_MS + 1) * DAY_MS
    views = [
        script.say(midnight + after, "product.viewed", "web", product_id="sku-88", price=129.0) for after in times_ms
    ]
    if bought:
        ordered_at = midnight + times_ms[1] + _HOUR_MS
        script.say(ordered_at, "order.placed", "app", order_id=script.id("order"), product_id="sku-88")
    if watched:
        script.expect("price.watch", views[0], midnight + times_ms[-1])


_WATCH = ("price.watch",)
_CART = ("cart.abandoned",)
_CHECKING = ("delivery.anxious_checking",)

PLOTS = (
    Plot("A cart left", _CART, _cart_left),
    Plot("A cart bought in a store just within four hours", _CART, _bought_elsewhere),
    Plot("A cart ordered at exactly four hours", _CART, _bought_too_late),
    Plot("A cart emptied", _CART, _emptied),
    Plot("Three looks at an order just within a day", _CHECKING, _looks_thrice),
    Plot("A product viewed on three days", _WATCH, partial(_watches, (0, DAY_MS, 2 * DAY_MS), False, True)),
    Plot("A product viewed thrice on two days", _WATCH, partial(_watches, (0, DAY_MS - 1, DAY_MS), False, False)),
    Plot("A product viewed on three days and bought", _WATCH, partial(_watches, (0, DAY_MS, 2 * DAY_MS), True, False)),
    Plot("Two looks at each of two orders", _CHECKING, _looks_at_two),
)
