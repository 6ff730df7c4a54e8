"""Cases that stand still or open again."""

from __future__ import annotations

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_DESK = "contact_centre"


def _stalled(stage: Stage, script: Script, at: int) -> None:
    """Opened, worked on the day after, and then nothing for seven days."""
    case = script.id("case")
    script.say(at, "case.opened", _DESK, case_id=case, reason="fault")
    step = script.say(at + DAY_MS, "case.step", _DESK, case_id=case, department="technical")
    script.expect("case.stalled", step, at + 8 * DAY_MS)
    script.say(at + 9 * DAY_MS, "case.closed", _DESK, case_id=case, resolution="unsolved")


def _just_moving(stage: Stage, script: Script, at: int) -> None:
    """A step a millisecond before seven days are over, and closed as late again."""
    case = script.id("case")
    script.say(at, "case.opened", _DESK, case_id=case, reason="fault")
    script.say(at + 7 * DAY_MS - 1, "case.step", _DESK, case_id=case)
    script.say(at + 14 * DAY_MS - 2, "case.closed", _DESK, case_id=case, resolution="solved")


def _reopened(stage: Stage, script: Script, at: int) -> None:
    case = script.id("case")
    script.say(at, "case.opened", _DESK, case_id=case, reason="bill")
    solved = script.say(at + DAY_MS, "case.solved", _DESK, case_id=case)
    script.say(at + 4 * DAY_MS, "case.reopened", _DESK, case_id=case)
    script.expect("case.reopened", solved, at + 4 * DAY_MS)
    script.say(at + 5 * DAY_MS, "case.closed", _DESK, case_id=case, resolution="solved")


def _taken_up_again(stage: Stage, script: Script, at: int) -> None:
    """Closed as not solved and opened again: nobody had said that it was solved."""
    case = script.id("case")
    script.say(at, "case.opened", _DESK, case_id=case, reason="bill")
    script.say(at + DAY_MS, "case.closed", _DESK, case_id=case, resolution="unsolved")
    script.say(at + 4 * DAY_MS, "case.reopened", _DESK, case_id=case)
    script.say(at + 5 * DAY_MS, "case.closed", _DESK, case_id=case, resolution="unsolved")


_BOTH = ("case.reopened", "case.stalled")

PLOTS = (
    Plot("A case that stands still", _BOTH, _stalled),
    Plot("A case that only just moves", _BOTH, _just_moving),
    Plot("A solved case that opens again", _BOTH, _reopened),
    Plot("An unsolved case that is taken up again", _BOTH, _taken_up_again),
)
