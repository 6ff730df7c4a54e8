"""What customers do day after day."""

from __future__ import annotations

from functools import partial

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_HOUR_MS = 3_600_000
_FORTNIGHT_MS = 14 * DAY_MS


def _uses(times_ms: tuple[int, ...], noticed: bool, stage: Stage, script: Script, at: int) -> None:
    """A function used at these times after the next midnight (UTC)."""
    midnight = (at // DAY_MS + 1) * DAY_MS
    for after in times_ms:
        script.say(midnight + after, "feature.used", "app", feature="transfer", page="/transfer")
    if noticed:
        script.expect("habit.noticed", script.lines[0].touchpoint, midnight + times_ms[-1])


def _has_a_shortcut(stage: Stage, script: Script, at: int) -> None:
    """Five days of use, and a short way to it since the third."""
    for day in range(5):
        script.say(at + day * DAY_MS, "feature.used", "app", feature="transfer")
    script.say(at + 2 * DAY_MS + _HOUR_MS, "shortcut.added", "app", feature="transfer", automatic=False)


_RULES = ("habit.noticed",)
_DAYS = (0, 2 * DAY_MS, 5 * DAY_MS, 9 * DAY_MS)

PLOTS = (
    Plot(
        "A function used on five days just within a fortnight",
        _RULES,
        partial(_uses, (*_DAYS, _FORTNIGHT_MS - 1), True),
    ),
    Plot("A function used on five days in exactly a fortnight", _RULES, partial(_uses, (*_DAYS, _FORTNIGHT_MS), False)),
    Plot("A function used on four days, five times", _RULES, partial(_uses, (*_DAYS, 10 * DAY_MS - 1), False)),
    Plot("A function used on a fifth day from midnight on", _RULES, partial(_uses, (*_DAYS, 10 * DAY_MS), True)),
    Plot("A function with a shortcut to it", _RULES, _has_a_shortcut),
)
