"""Beginning with something new, learning it, and leaving it unused."""

from __future__ import annotations

from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_WEEK_MS = 7 * DAY_MS


def _stuck(stage: Stage, script: Script, at: int) -> None:
    """Signed up, looked for help, got to no use; and then to one, when seven days are over."""
    opening = script.say(at, "signup.completed", "web", product_id="plan-1", plan="home")
    script.say(at + DAY_MS, "help.viewed", "web", topic="first steps")
    script.say(at + _WEEK_MS, "value.first_reached", "app", product_id="plan-1")
    script.expect("onboarding.stuck", opening, at + _WEEK_MS)


def _just_begun(stage: Stage, script: Script, at: int) -> None:
    script.say(at, "signup.completed", "app", product_id="plan-1", plan="home")
    script.say(at + _WEEK_MS - 1, "value.first_reached", "app", product_id="plan-1")


def _signed_up_and_left(stage: Stage, script: Script, at: int) -> None:
    script.say(at, "signup.completed", "store", product_id="plan-1", plan="home")
    script.say(at + 3 * DAY_MS, "subscription.cancelled", "web", product_id="plan-1")


def _next_step(stage: Stage, script: Script, at: int) -> None:
    """A step done, the next one opened an hour later, and no more."""
    done = script.say(at, "learning.step_done", "app", path="solar-basics", step=1, steps=3)
    opened_at = at + 3_600_000
    script.say(opened_at, "learning.step_opened", "app", path="solar-basics", step=2, steps=3)
    script.expect("learning.next_step", done, opened_at + _WEEK_MS)


def _learns_on(stage: Stage, script: Script, at: int) -> None:
    """The next step is done a millisecond before the week is over, and with it the path."""
    script.say(at, "learning.step_done", "app", path="solar-basics", step=1, steps=2)
    script.say(at + 60_000, "learning.step_opened", "app", path="solar-basics", step=2, steps=2)
    script.say(at + 60_000 + _WEEK_MS - 1, "learning.step_done", "app", path="solar-basics", step=2, steps=2)
    script.say(at + 60_000 + _WEEK_MS, "learning.path_completed", "app", path="solar-basics", steps=2)


def _unused(stage: Stage, script: Script, at: int) -> None:
    """A benefit used after ten days, and then not for sixty."""
    benefit = script.id("benefit")
    script.say(at, "benefit.granted", "email", benefit_id=benefit, name="Lounge access")
    used = script.say(at + 10 * DAY_MS, "benefit.used", "partner", benefit_id=benefit)
    script.expect("value.unused", used, at + 70 * DAY_MS)


def _expired(stage: Stage, script: Script, at: int) -> None:
    """A benefit that is over before sixty days without a use."""
    benefit = script.id("benefit")
    script.say(at, "benefit.granted", "email", benefit_id=benefit, name="Lounge access")
    script.say(at + 30 * DAY_MS, "benefit.expired", "email", benefit_id=benefit)


_STUCK, _NEXT, _UNUSED = ("onboarding.stuck",), ("learning.next_step",), ("value.unused",)

PLOTS = (
    Plot("Signed up and stuck", _STUCK, _stuck),
    Plot("Signed up and begun just within a week", _STUCK, _just_begun),
    Plot("Signed up and left", _STUCK, _signed_up_and_left),
    Plot("The next step stays open", _NEXT, _next_step),
    Plot("The next step done just within a week", _NEXT, _learns_on),
    Plot("A benefit used once", _UNUSED, _unused),
    Plot("A benefit that expires", _UNUSED, _expired),
)
