"""Away from home: a lost card, a car that stops."""

from __future__ import annotations

from schemas import Touchpoint
from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_HOUR_MS = 3_600_000


def _card_lost_away(stage: Stage, script: Script, at: int) -> None:
    """Two days into a trip the card is gone; a new one comes to where the customer is."""
    card = script.id("card")
    opening = _leave(script, at)
    lost_at = at + 2 * DAY_MS
    script.say(lost_at, "card.reported_lost", "voice", card_id=card, stolen=True, place="Lisbon", country="PT")
    script.expect("card.lost_travelling", opening, lost_at)
    script.say(lost_at + 60_000, "card.blocked", "billing", card_id=card)
    script.say(lost_at + 20 * _HOUR_MS, "card.replaced", "delivery", card_id=card, place_kind="away")
    _return(script, at + 9 * DAY_MS)


def _card_lost_at_home(stage: Stage, script: Script, at: int) -> None:
    """The card is lost an hour after the return."""
    _leave(script, at)
    _return(script, at + 5 * DAY_MS)
    script.say(at + 5 * DAY_MS + _HOUR_MS, "card.reported_lost", "app", card_id=script.id("card"))


def _card_lost_after_a_month(stage: Stage, script: Script, at: int) -> None:
    """Thirty days to the millisecond after the trip began, from which nobody heard of a return."""
    _leave(script, at)
    script.say(at + 30 * DAY_MS, "card.reported_lost", "app", card_id=script.id("card"))


def _breakdown(stage: Stage, script: Script, at: int) -> None:
    """The car reports it, the driver calls within the hour, and it stops again four hours later."""
    car = script.id("car")
    first = script.say(at, "vehicle.broke_down", "iot", vehicle_id=car, symptom="engine", place="Graz", urgent=True)
    script.expect("vehicle.breakdown", first, at)
    script.say(at + _HOUR_MS, "vehicle.broke_down", "voice", vehicle_id=car, place_kind="roadside", urgent=True)
    script.say(at + 2 * _HOUR_MS, "vehicle.recovered", "partner", vehicle_id=car, partner="alpine-tows")
    again_at = at + 4 * _HOUR_MS
    script.expect("vehicle.breakdown", script.say(again_at, "vehicle.broke_down", "iot", vehicle_id=car), again_at)


def _warning(stage: Stage, script: Script, at: int) -> None:
    """A warning light, with which one may drive on."""
    script.say(at, "device.alerted", "iot", device_id=script.id("car"), severity="warning", symptom="oil")


def _leave(script: Script, at: int) -> Touchpoint:
    return script.say(at, "travel.started", "partner", ticket_id=script.id("trip"), usual_place=script.person.city)


def _return(script: Script, at: int) -> None:
    script.say(at, "travel.ended", "partner", ticket_id=script.id("trip"))


PLOTS = (
    Plot("A card lost on a trip", ("card.lost_travelling",), _card_lost_away),
    Plot("A card lost after the return", ("card.lost_travelling",), _card_lost_at_home),
    Plot("A card lost thirty days after a trip began", ("card.lost_travelling",), _card_lost_after_a_month),
    Plot("A breakdown told twice, and another one four hours later", ("vehicle.breakdown",), _breakdown),
    Plot("A warning light", ("vehicle.breakdown",), _warning),
)
