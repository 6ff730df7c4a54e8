"""Errors and forms that make a visit hard."""

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


PLOTS = (
    Plot("Three errors just within five minutes", ("error.burst",), partial(_errors, 5 * _MINUTE_MS - 1)),
    Plot("Three errors in exactly five minutes", ("error.burst",), partial(_errors, 5 * _MINUTE_MS)),
    Plot("Two errors in each of two visits", ("error.burst",), _errors_in_two_visits),
    Plot("A form that refuses thrice just within ten minutes", ("form.struggle",), partial(_refused, 600_000 - 1)),
    Plot("A form that refuses thrice in exactly ten minutes", ("form.struggle",), partial(_refused, 600_000)),
)
