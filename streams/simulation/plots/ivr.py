"""Voice menus that go round in circles, or nowhere."""

from __future__ import annotations

from functools import partial

from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_SECOND_MS = 1_000
_ANSWER = "answered"


def _menus(heard: tuple[str, ...], moment: str, stage: Stage, script: Script, at: int) -> None:
    """A call that hears these menus, ten seconds each; the moment, if any, is at the last one."""
    about = script.id("call")
    script.say(at, "ivr.entered", "ivr", about, reason="question", skill="general")
    menus = []
    for number, menu in enumerate(heard, 1):
        at += 10 * _SECOND_MS
        if menu == _ANSWER:
            script.say(at, "ivr.answered", "ivr", about)
        else:
            menus.append(script.say(at, "ivr.menu_entered", "ivr", about, menu=menu, step=number))
    if moment:
        script.expect(moment, menus[0], at)


_BOTH = ("ivr.loop", "ivr.lost")
_SIX = ("main", "bills", "bills/old", "bills/new", "cards", "cards/lost")

PLOTS = (
    Plot("The same menu three times", _BOTH, partial(_menus, ("main", "main", "main"), "ivr.loop")),
    Plot("Two menus, twice each", _BOTH, partial(_menus, ("main", "bills", "main", "bills"), "")),
    Plot("Six menus without an answer", _BOTH, partial(_menus, _SIX, "ivr.lost")),
    Plot("Five menus", _BOTH, partial(_menus, _SIX[:5], "")),
    Plot("Six menus with an answer after the fifth", _BOTH, partial(_menus, (*_SIX[:5], _ANSWER, _SIX[5]), "")),
)
