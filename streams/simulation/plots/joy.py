"""Good days: a first service, an anniversary."""

from __future__ import annotations

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage


def _first_service(stage: Stage, script: Script, at: int) -> None:
    """A new car, a repair that does not count, its first service, and a second one."""
    car = script.id("car")
    owned = script.say(at, "product.owned", "store", product_id=car, product="Family car")
    for day, kind in ((3, "repair"), (8, "inspection"), (12, "inspection")):
        script.say(at + day * DAY_MS, "service.completed", "store", product_id=car, kind=kind, shop_id="shop-1")
    script.expect("first.service", owned, at + 8 * DAY_MS)
    script.say(at + 13 * DAY_MS, "product.disowned", "store", product_id=car)


def _service_of_another(stage: Stage, script: Script, at: int) -> None:
    """A service of a product that the customer is not known to own."""
    script.say(at, "product.owned", "store", product_id=script.id("bike"))
    script.say(at + DAY_MS, "service.completed", "store", product_id=script.id("boiler"), kind="inspection")
    script.say(at + 2 * DAY_MS, "product.disowned", "store", product_id=script.id("bike"))


def _milestones(stage: Stage, script: Script, at: int) -> None:
    """An anniversary, on the same day a higher level, and a day later to the millisecond an upgrade."""
    first = script.say(at, "milestone.reached", "email", milestone="anniversary")
    script.expect("milestone.joy", first, at)
    script.say(at + DAY_MS // 2, "loyalty.level_changed", "app", level="gold", kind="up")
    upgrade = script.say(at + DAY_MS, "milestone.reached", "store", milestone="upgrade")
    script.expect("milestone.joy", upgrade, at + DAY_MS)


def _level_down(stage: Stage, script: Script, at: int) -> None:
    script.say(at, "loyalty.level_changed", "app", level="silver", kind="down")


PLOTS = (
    Plot("The first service of a new car", ("first.service",), _first_service),
    Plot("A service of something else", ("first.service",), _service_of_another),
    Plot("Three milestones, of which two are a day apart", ("milestone.joy",), _milestones),
    Plot("A level down", ("milestone.joy",), _level_down),
)
