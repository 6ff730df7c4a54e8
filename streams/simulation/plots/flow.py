"""Flows left unfinished, ended at the last moment, and ended in time but told too late."""

from __future__ import annotations

from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_MINUTE_MS = 60_000
_HALF_HOUR_MS = 30 * _MINUTE_MS
TOLD_LATE = "the ending arrived after the half hour was over, though it occurred within"


def _left(stage: Stage, script: Script, at: int) -> None:
    about, channel = script.id("flow"), script.person.channel
    opening = script.say(at, "flow.started", channel, about, flow="open_account")
    for step in (1, 2, 3):
        script.say(at + step * _MINUTE_MS, "flow.step", channel, about, flow="open_account", step=step)
    script.expect("flow.abandoned", opening, at + _HALF_HOUR_MS)


def _ended_on_the_dot(stage: Stage, script: Script, at: int) -> None:
    about, channel = script.id("flow"), script.person.channel
    opening = script.say(at, "flow.started", channel, about, flow="open_account")
    script.say(at + _HALF_HOUR_MS, "flow.completed", channel, about, flow="open_account")
    script.expect("flow.abandoned", opening, at + _HALF_HOUR_MS)


def _just_ended(stage: Stage, script: Script, at: int) -> None:
    about, channel = script.id("flow"), script.person.channel
    script.say(at, "flow.started", channel, about, flow="open_account")
    script.say(at + _HALF_HOUR_MS - 1, "flow.completed", channel, about, flow="open_account")


def _ended_and_told_late(stage: Stage, script: Script, at: int) -> None:
    about, channel = script.id("flow"), script.person.channel
    opening = script.say(at, "flow.started", channel, about, flow="open_account")
    script.say(at + 10 * _MINUTE_MS, "flow.completed", channel, about, delay_ms=2 * 60 * _MINUTE_MS)
    script.excuse("flow.abandoned", opening, at + _HALF_HOUR_MS, TOLD_LATE)


def _beginning_told_twice(stage: Stage, script: Script, at: int) -> None:
    """The same flow under two correlations of two devices: each is its own."""
    channel = script.person.channel
    for offset in (0, 7 * _MINUTE_MS):
        opening = script.say(at + offset, "flow.started", channel, script.id(f"flow-{offset}"), flow="move_house")
        script.expect("flow.abandoned", opening, at + offset + _HALF_HOUR_MS)


_RULES = ("flow.abandoned",)

PLOTS = (
    Plot("A flow left after three steps", _RULES, _left),
    Plot("A flow completed at exactly thirty minutes, which is too late", _RULES, _ended_on_the_dot),
    Plot("A flow completed a millisecond before", _RULES, _just_ended),
    Plot("Two flows left on two devices", _RULES, _beginning_told_twice),
    Plot("A flow completed in time and told two hours late", _RULES, _ended_and_told_late, spoilt=True),
)
