"""Contacts that come back, add up, and are handed around."""

from __future__ import annotations

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_HOUR_MS = 3_600_000
_WEEK_MS = 7 * DAY_MS


def _repeated(stage: Stage, script: Script, at: int) -> None:
    """By phone, and two days later by e-mail, about the same."""
    opening = script.say(at, "ivr.entered", "ivr", script.id("call"), reason="moving", skill="general")
    script.say(at + 2 * DAY_MS, "email.received", "email", reason="moving")
    script.expect("contact.repeated", opening, at + 2 * DAY_MS)


def _not_repeated(stage: Stage, script: Script, at: int) -> None:
    """About the same at exactly seven days, and about something else in between."""
    script.say(at, "ivr.entered", "ivr", script.id("call"), reason="moving", skill="general")
    script.say(at + 3 * DAY_MS, "email.received", "email", reason="tariff")
    script.say(at + _WEEK_MS, "chat.started", "chat", script.id("chat"), reason="moving")


def _third(stage: Stage, script: Script, at: int) -> None:
    """Three reasons on three channels, the third a millisecond before the week is over."""
    opening = script.say(at, "ivr.entered", "ivr", script.id("call"), reason="moving", skill="general")
    script.say(at + 3 * DAY_MS, "email.received", "email", reason="tariff")
    script.say(at + _WEEK_MS - 1, "chat.started", "chat", script.id("chat"), reason="password")
    script.expect("contact.third", opening, at + _WEEK_MS - 1)


def _third_out_of_order(stage: Stage, script: Script, at: int) -> None:
    """Three reasons; the second arrives last, and completes what is over by then."""
    opening = script.say(at, "ivr.entered", "ivr", script.id("call"), reason="moving", skill="general")
    script.say(at + _HOUR_MS, "email.received", "email", delay_ms=5 * _HOUR_MS, reason="tariff")
    script.say(at + 3 * _HOUR_MS, "chat.started", "chat", script.id("chat"), reason="password")
    # The partition's clock is where its newest touchpoint is, at most when this one arrives.
    script.expect("contact.third", opening, at + 3 * _HOUR_MS, until=at + 6 * _HOUR_MS)


def _bounced(stage: Stage, script: Script, at: int) -> None:
    """Three agents of three departments on one case."""
    case = script.id("case")
    for number, department in enumerate(("billing", "orders", "technical")):
        script.say(
            at + number * DAY_MS,
            "agent.connected",
            "contact_centre",
            script.id(f"talk-{number}"),
            case_id=case,
            agent=f"agent-{department}-1",
            department=department,
        )
    script.say(at + 3 * DAY_MS, "case.solved", "contact_centre", case_id=case)
    opening = script.lines[0].touchpoint
    script.expect("contact.bounced", opening, at + 2 * DAY_MS)


def _two_agents(stage: Stage, script: Script, at: int) -> None:
    """Two agents of one department take turns on one case: nobody is bounced."""
    case = script.id("case")
    for number in range(4):
        script.say(
            at + number * DAY_MS,
            "agent.connected",
            "contact_centre",
            script.id(f"talk-{number}"),
            case_id=case,
            agent=f"agent-billing-{number % 2}",
            department="billing",
        )


def _pingpong(stage: Stage, script: Script, at: int) -> None:
    """Loans, billing, loans."""
    case = script.id("case")
    for number, department in enumerate(("loans", "billing", "loans")):
        script.say(at + number * _HOUR_MS, "case.transferred", "contact_centre", case_id=case, department=department)
    script.say(at + 3 * _HOUR_MS, "case.solved", "contact_centre", case_id=case)
    opening = script.lines[0].touchpoint
    script.expect("contact.pingpong", opening, at + 2 * _HOUR_MS)


PLOTS = (
    Plot("The same reason again after two days", ("contact.repeated",), _repeated),
    Plot("The same reason again at exactly seven days", ("contact.repeated", "contact.third"), _not_repeated),
    Plot("A third contact just within the week", ("contact.third",), _third),
    Plot("A third contact whose middle one arrives last", ("contact.third",), _third_out_of_order, lonely=True),
    Plot("Three departments on one case", ("contact.bounced",), _bounced),
    Plot("Two agents take turns on one case", ("contact.bounced", "contact.pingpong"), _two_agents),
    Plot("There and back again between departments", ("contact.pingpong",), _pingpong),
)
