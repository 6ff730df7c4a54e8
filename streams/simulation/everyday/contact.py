"""Everyday contacts: calls through menu and queue, chats, e-mails, and who was busy with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from schemas import Touchpoint
from streams.simulation.call_centre import SKILLS, CallCentre
from streams.simulation.person import Person
from streams.simulation.rhythm import HOUR_MS
from streams.simulation.script import Script
from streams.simulation.stage import Stage

SECOND_MS = 1_000
MINUTE_MS = 60_000

_REASONS = {"bill": "billing", "delivery": "orders", "return": "orders", "fault": "technical", "question": "general"}
_WORDS = tuple(_REASONS)
_PATIENCE_MS = 6 * MINUTE_MS
_CALLS_AGAIN = 0.5


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
    if not stage.contacts.bears_a_call(script.person.id, at):
        return
    about = script.id(f"call-{at}")
    skill = _REASONS[reason]
    opening = script.say(at, "ivr.entered", "ivr", about, menu="main", reason=reason, skill=skill)
    stage.contacts.call(opening, reason)
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
