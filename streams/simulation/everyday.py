"""Everyday life: what customers do when nothing is planted.

Some of it cannot cause a moment; of the rest each story knows what it causes, and the contact book
what many contacts add up to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from schemas import Touchpoint
from streams.simulation.call_centre import SKILLS, CallCentre
from streams.simulation.person import Person
from streams.simulation.rhythm import HOUR_MS
from streams.simulation.script import Script
from streams.simulation.stage import Stage, Story

SECOND_MS = 1_000
MINUTE_MS = 60_000

ACTIVITIES_A_DAY = 0.7
"""How much one customer begins on a day."""

_PAGES = ("/", "/help/returns", "/account", "/account/bills", "/stores", "/jobs")
_REASONS = {"bill": "billing", "delivery": "orders", "return": "orders", "fault": "technical", "question": "general"}
_PATIENCE_MS = 6 * MINUTE_MS
_CALLS_AGAIN = 0.5


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
    script.say(at, "session.started", who.channel, session_id=session, loose=True)
    for _ in range(1 + int(dice.random() * 5)):
        at += int((2 + dice.random() * 90) * SECOND_MS)
        page = _PAGES[int(dice.random() * len(_PAGES))]
        script.say(at, kind, who.channel, session_id=session, loose=True, page=page)
    script.say(at + MINUTE_MS, "session.ended", who.channel, session_id=session, loose=True)


def measure(stage: Stage, script: Script, at: int) -> None:
    """A device at home reports."""
    volume = round(stage.dice.random() * 9, 2)
    device = f"meter-{script.person.number}"
    script.say(at, "device.measured", "iot", loose=True, device_id=device, volume=volume, volume_unit="kWh")


def shop(stage: Stage, script: Script, at: int) -> None:
    """Buys something in a store."""
    value = round(5 + stage.dice.random() * 95, 2)
    shop_id = f"shop-{script.person.city}"
    script.say(at, "store.visited", "store", loose=True, shop_id=shop_id)
    script.say(at + 9 * MINUTE_MS, "store.purchased", "store", loose=True, shop_id=shop_id, value=value, currency="EUR")


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


def call(stage: Stage, script: Script, at: int) -> None:
    """Calls the firm, gets through the menu, waits in a queue, is served or gives up."""
    _call(stage, script, at, _reason(stage))


def chat(stage: Stage, script: Script, at: int) -> None:
    """Chats with a person about something."""
    about, reason = script.id("chat"), _reason(stage)
    stage.contacts.contact(script.say(at, "chat.started", "chat", about, reason=reason), reason)
    at += 20 * SECOND_MS
    script.say(at, "chat.message", "chat", about, loose=True, reason=reason)
    agent = f"chat-agent-{1 + int(stage.dice.random() * 9)}"
    script.say(at + 30 * SECOND_MS, "agent.connected", "chat", about, agent=agent, reason=reason)
    script.say(at + 8 * MINUTE_MS, "chat.ended", "chat", about, loose=True, reason=reason)


def letter(stage: Stage, script: Script, at: int) -> None:
    """Writes an e-mail, and gets an answer hours later."""
    reason, answered = _reason(stage), int((1 + stage.dice.random() * 20) * HOUR_MS)
    stage.contacts.contact(script.say(at, "email.received", "email", reason=reason), reason)
    script.say(at + answered, "email.answered", "email", loose=True, reason=reason)


def load_reports(centre: CallCentre, at: int, number: Callable[[], int]) -> Iterator[Script]:
    """How busy every agent was who served somebody in the last hour."""
    for skill, agent, callers, busy in centre.loads():
        script = Script(Person(-1, agent, "Europe/Berlin", "Berlin", "laptop", False, 1.0, 0, 0), number(), False)
        load = round(100 * busy)
        script.say(
            at, "employee.load_reported", "employee", loose=True, team=skill, contacts=callers, load_percent=load
        )
        yield script


def _call(stage: Stage, script: Script, at: int, reason: str) -> None:
    dice = stage.dice
    about = script.id(f"call-{at}")
    skill = _REASONS[reason]
    opening = script.say(at, "ivr.entered", "ivr", about, menu="main", reason=reason, skill=skill)
    stage.contacts.contact(opening, reason)
    at += int((8 + dice.random() * 20) * SECOND_MS)
    fate = dice.random()
    if fate < 0.06:
        script.expect("ivr.abandoned", script.say(at, "ivr.abandoned", "ivr", about, menu="main", skill=skill), at)
        return
    script.say(at, "ivr.option_chosen", "ivr", about, menu="main", choice=str(SKILLS.index(skill) + 1))
    at += int((4 + dice.random() * 20) * SECOND_MS)
    if fate < 0.2:
        script.say(at, "ivr.answered", "ivr", about, menu=f"main/{skill}", reason=reason)
        script.say(at, "ivr.exited", "ivr", about, loose=True)
        return
    script.say(at, "ivr.exited", "ivr", about, loose=True)
    stage.later(at, script, lambda at: _queue(stage, script, at, opening, about, reason))


def _queue(stage: Stage, script: Script, at: int, opening: Touchpoint, about: str, reason: str) -> None:
    dice, skill = stage.dice, _REASONS[reason]
    patience_ms = int(dice.expovariate(1.0) * _PATIENCE_MS)
    talk_ms = int((60 + dice.expovariate(1.0) * 240) * SECOND_MS)
    served = stage.centre.ask(skill, at, patience_ms, talk_ms)
    waited = served.wait_ms // SECOND_MS
    left = at + served.wait_ms
    script.say(at, "queue.entered", "voice", about, loose=True, skill=skill, reason=reason)
    if served.agent is not None:
        last = script.say(left, "agent.connected", "voice", about, agent=served.agent, skill=skill, wait_seconds=waited)
        ended = left + talk_ms
        script.say(ended, "agent.ended", "voice", about, loose=True, agent=served.agent, skill=skill)
    else:
        last = script.say(left, "queue.abandoned", "voice", about, skill=skill, wait_seconds=waited)
        if waited >= 5:
            script.expect("queue.abandoned", last, left)
            stage.contacts.gave_up(opening, left)
        if dice.random() < _CALLS_AGAIN:
            again = left + int((2 + dice.random() * 240) * MINUTE_MS)
            stage.later(again, script, lambda at: _call(stage, script, at, reason))
    if waited > 300:
        script.expect("queue.long_wait", last, left)


def _reason(stage: Stage) -> str:
    return _WORDS[int(stage.dice.random() * len(_WORDS))]


_WORDS = tuple(_REASONS)

_WEIGHTS: dict[Story, int] = {visit: 48, measure: 16, shop: 8, flow: 12, call: 10, chat: 3, letter: 3}

LIVES: tuple[Story, ...] = tuple(story for story, weight in _WEIGHTS.items() for _ in range(weight))
"""Each story as often as it happens."""

CALLS_A_DAY = ACTIVITIES_A_DAY * _WEIGHTS[call] / len(LIVES)
"""How often one customer calls, on average."""

QUIET_LIFE: Story = visit
"""What customers of a planted story do besides; no moment hangs on it."""

MOMENTS = (
    "contact.repeated",
    "contact.third",
    "flow.abandoned",
    "ivr.abandoned",
    "queue.abandoned",
    "queue.abandoned_silent",
    "queue.long_wait",
)
"""Moments that everyday life causes; the truth tells all of them."""
