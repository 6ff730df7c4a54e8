"""Errors, forms and buttons that make a visit hard."""

from __future__ import annotations

from functools import partial

from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_MINUTE_MS = 60_000


def _errors(last_ms: int, stage: Stage, script: Script, at: int) -> None:
    """Three errors in one session, the last so long after the first."""
    channel, session = script.person.channel, script.id("visit")
    for offset in (0, _MINUTE_MS, last_ms):
        script.say(at + offset, "error.occurred", channel, session_id=session, code="HTTP_502", page="/pay")
    if last_ms < 5 * _MINUTE_MS:
        script.expect("error.burst", script.lines[0].touchpoint, at + last_ms)


def _errors_in_two_visits(stage: Stage, script: Script, at: int) -> None:
    for number in range(4):
        session = script.id(f"visit-{number % 2}")
        script.say(at + number * 10_000, "error.occurred", script.person.channel, session_id=session, code="HTTP_502")


def _refused(last_ms: int, stage: Stage, script: Script, at: int) -> None:
    """Three times the form refuses what was entered."""
    channel, about = script.person.channel, script.id("flow")
    for offset in (0, 3 * _MINUTE_MS, last_ms):
        script.say(at + offset, "form.validation_failed", channel, about, flow="open_account", field="iban", step=2)
    if last_ms < 10 * _MINUTE_MS:
        script.expect("form.struggle", script.lines[0].touchpoint, at + last_ms)


def _clicks(gaps_ms: tuple[int, int], kind: str, angry: bool, stage: Stage, script: Script, at: int) -> None:
    """Three clicks on one element with these gaps."""
    channel, session = script.person.channel, script.id("visit")
    for offset in (0, gaps_ms[0], sum(gaps_ms)):
        script.say(
            at + offset,
            "element.clicked",
            channel,
            session_id=session,
            element="#pay-now",
            element_kind=kind,
            page="/pay",
        )
    if angry:
        script.expect("rage.clicks", script.lines[0].touchpoint, at + sum(gaps_ms))


_CLICKS = ("rage.clicks",)

PLOTS = (
    Plot("Three clicks just within a second each", _CLICKS, partial(_clicks, (999, 999), "button", True)),
    Plot("Three clicks, the last a second after", _CLICKS, partial(_clicks, (300, 1000), "button", False)),
    Plot("Three clicks on a stepper", _CLICKS, partial(_clicks, (200, 200), "stepper", False)),
    Plot("Three errors just within five minutes", ("error.burst",), partial(_errors, 5 * _MINUTE_MS - 1)),
    Plot("Three errors in exactly five minutes", ("error.burst",), partial(_errors, 5 * _MINUTE_MS)),
    Plot("Two errors in each of two visits", ("error.burst",), _errors_in_two_visits),
    Plot("A form that refuses thrice just within ten minutes", ("form.struggle",), partial(_refused, 600_000 - 1)),
    Plot("A form that refuses thrice in exactly ten minutes", ("form.struggle",), partial(_refused, 600_000)),
)
