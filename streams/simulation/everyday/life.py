"""Everyday visits, flows, purchases and things at home."""

from __future__ import annotations

from streams.simulation.plan import DAY_MS
from streams.simulation.rhythm import HOUR_MS
from streams.simulation.script import ANONYMOUS, Script
from streams.simulation.stage import Stage

SECOND_MS = 1_000
MINUTE_MS = 60_000

_PAGES = ("/", "/help/returns", "/account", "/account/bills", "/stores", "/jobs")


def settle_in(stage: Stage, script: Script, at: int) -> None:
    """The firm gets to know a customer: home, zone, and what they agreed to."""
    who = script.person
    script.say(at, "profile.set", who.channel, loose=True, home_place=who.city, time_zone=who.zone)
    for bit, (purpose, channel) in enumerate((("care", "sms"), ("care", "email"), ("care", "push"))):
        answer = who.luck >> 2 * bit & 3
        if answer:
            kind = "consent.denied" if answer == 1 else "consent.given"
            script.say(at, kind, who.channel, purpose=purpose, channel=channel)


def visit(stage: Stage, script: Script, at: int) -> None:
    """Looks around on web or app."""
    dice, who = stage.dice, script.person
    session, kind = script.id("visit"), "screen.viewed" if who.mobile else "page.viewed"
    device = f"{who.device}-{who.number}"
    script.say(at, "session.started", who.channel, session_id=session, device_id=device)
    for _ in range(1 + int(dice.random() * 5)):
        at += int((2 + dice.random() * 90) * SECOND_MS)
        page = _PAGES[int(dice.random() * len(_PAGES))]
        script.say(at, kind, who.channel, session_id=session, loose=True, page=page)
    script.say(at + MINUTE_MS, "session.ended", who.channel, session_id=session, loose=True)


def passing(stage: Stage, script: Script, at: int) -> None:
    """Looks around without saying who it is."""
    script.call_by(ANONYMOUS + script.id("visit"))
    visit(stage, script, at)


def message(stage: Stage, script: Script, at: int) -> None:
    """Gets one of the firm's ordinary messages, and may open it."""
    dice = stage.dice
    channel = ("email", "email", "sms", "push", "post")[int(dice.random() * 5)]
    number = script.id("message")
    script.say(at, f"{channel}.sent", channel, loose=True, message_id=number, purpose="news", topic="season")
    if channel in ("email", "push") and dice.random() < 0.4:
        opened_at = at + int((1 + dice.random() * 300) * MINUTE_MS)
        script.say(opened_at, f"{channel}.opened", channel, loose=True, message_id=number)


def measure(stage: Stage, script: Script, at: int) -> None:
    """A device at home reports."""
    volume = round(stage.dice.random() * 9, 2)
    device = f"meter-{script.person.number}"
    script.say(at, "device.measured", "iot", loose=True, device_id=device, volume=volume, volume_unit="kWh")


def shop(stage: Stage, script: Script, at: int) -> None:
    """Buys something in a store."""
    value = round(5 + stage.dice.random() * 95, 2)
    shop_id = f"shop-{script.person.city}"
    script.say(at, "store.visited", "store", shop_id=shop_id)
    script.say(at + 9 * MINUTE_MS, "store.purchased", "store", shop_id=shop_id, value=value, currency="EUR")


def flow(stage: Stage, script: Script, at: int) -> None:
    """Fills in something of several steps; one in eight is left unfinished."""
    dice, who = stage.dice, script.person
    about, name = script.id("flow"), ("open_account", "move_house", "book_visit")[int(dice.random() * 3)]
    opening = script.say(at, "flow.started", who.channel, about, flow=name)
    ends = dice.random()
    step_at = at
    for step in range(1, 2 + int(dice.random() * 4)):
        step_at += int((10 + dice.random() * 230) * SECOND_MS)
        script.say(step_at, "flow.step", who.channel, about, flow=name, step=step)
    if ends < 0.125:
        script.expect("flow.abandoned", opening, at + 30 * MINUTE_MS)
        return
    kind = "flow.cancelled" if ends < 0.25 else "flow.completed"
    script.say(step_at + 45 * SECOND_MS, kind, who.channel, about, flow=name)


def trip(stage: Stage, script: Script, at: int) -> None:
    """Goes away for some days; the card pays abroad and comes back with its owner."""
    dice, who = stage.dice, script.person
    ticket, days = script.id("trip"), 1 + int(dice.random() * 6)
    script.say(at, "travel.booked", "web", loose=True, ticket_id=ticket, usual_place=who.city)
    away_at = at + int((1 + dice.random() * 3) * DAY_MS)
    script.say(away_at, "travel.started", "partner", loose=True, ticket_id=ticket, usual_place=who.city)
    script.say(away_at + 5 * HOUR_MS, "location.seen", "billing", loose=True, away=True, away_km=900)
    script.say(away_at + days * DAY_MS, "travel.ended", "partner", loose=True, ticket_id=ticket)


def bill(stage: Stage, script: Script, at: int) -> None:
    """Pays a bill on the web when it comes."""
    number, amount = script.id("bill"), round(30 + (script.person.luck & 0x3F) + stage.dice.random(), 2)
    script.say(at, "bill.issued", "billing", bill_id=number, amount=amount, currency="EUR", plan="home")
    at += int((1 + stage.dice.random() * 60) * HOUR_MS)
    script.say(at, "bill.viewed", "web", loose=True, bill_id=number, amount=amount)
    script.say(at + 3 * MINUTE_MS, "bill.paid", "web", loose=True, bill_id=number, amount=amount, method="card")


def content(stage: Stage, script: Script, at: int) -> None:
    """Says that it was well: CSAT 4 or 5."""
    score = 4 + (stage.dice.random() < 0.5)
    script.say(
        at,
        "survey.answered",
        "survey",
        metric="csat",
        score=score,
        scale_low=1,
        scale_high=5,
        direction="high_is_good",
    )
