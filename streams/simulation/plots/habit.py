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
    """A function used at these times after the first."""
    for after in (0, *times_ms):
        script.say(at + after, "feature.used", "app", feature="transfer", page="/transfer")
    if noticed:
        script.expect("habit.noticed", script.lines[0].touchpoint, at + times_ms[-1])


def _has_a_shortcut(stage: Stage, script: Script, at: int) -> None:
    """Five days of use, and a short way to it since the third."""
    for day in range(5):
        script.say(at + day * DAY_MS, "feature.used", "app", feature="transfer")
    script.say(at + 2 * DAY_MS + _HOUR_MS, "shortcut.added", "app", feature="transfer", automatic=False)


_RULES = ("habit.noticed",)
_DAYS = tuple(day * DAY_MS for day in (2, 5, 9))

PLOTS = (
    Plot(
        "A function used every eighteen hours",
        _RULES,
        partial(_uses, tuple(18 * _HOUR_MS * n for n in range(1, 5)), True),
    ),
    Plot(
        "A function used five times just within a fortnight", _RULES, partial(_uses, (*_DAYS, _FORTNIGHT_MS - 1), True)
    ),
    Plot("A function used five times in exactly a fortnight", _RULES, partial(_uses, (*_DAYS, _FORTNIGHT_MS), False)),
    Plot("A function used four times", _RULES, partial(_uses, _DAYS, False)),
    Plot("A function with a shortcut to it", _RULES, _has_a_shortcut),
)
