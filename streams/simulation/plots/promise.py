"""Promises kept, just kept, and not kept."""

from __future__ import annotations

from functools import partial

from schemas import Touchpoint
from streams.simulation.plan import DAY_MS
from streams.simulation.plots.plot import Plot
from streams.simulation.script import Script
from streams.simulation.stage import Stage

_HOUR_MS = 3_600_000


def _make(script: Script, at: int, due: int, name: str = "promise") -> Touchpoint:
    return script.say(
        at,
        "promise.made",
        "web",
        promise_id=script.id(name),
        promise="delivery",
        order_id=script.id("order"),
        due_at=due,
    )


def _keep(script: Script, at: int, name: str = "promise") -> None:
    script.say(at, "promise.kept", "delivery", promise_id=script.id(name), promise="delivery")


def _forgotten(stage: Stage, script: Script, at: int) -> None:
    """Nothing ever comes; the moment is at the due time, not at the complaint."""
    due = at + 2 * DAY_MS
    script.expect("promise.broken", _make(script, at, due), due)
    script.say(due + 5 * _HOUR_MS, "complaint.made", "voice", topic="delivery")


def _kept(before_due_ms: int, stage: Stage, script: Script, at: int) -> None:
    """Kept so long before the due time."""
    due = at + 2 * DAY_MS
    made = _make(script, at, due)
    _keep(script, due - before_due_ms)
    if before_due_ms <= 0:
        script.expect("promise.broken", made, due)
    if before_due_ms >= 12 * _HOUR_MS:
        script.expect("promise.exceeded", made, due - before_due_ms)


def _moved(stage: Stage, script: Script, at: int) -> None:
    """Another item moves the delivery by a day; it comes after the first time and before the second."""
    due = at + DAY_MS
    _make(script, at, due)
    script.say(at + _HOUR_MS, "order.changed", "web", order_id=script.id("order"), item_id="item-2")
    script.say(at + _HOUR_MS, "promise.changed", "web", promise_id=script.id("promise"), due_at=due + DAY_MS)
    _keep(script, due + 20 * _HOUR_MS)


def _moved_and_broken(stage: Stage, script: Script, at: int) -> None:
    """The delivery is moved by a day, and does not come then either."""
    due = at + DAY_MS
    made = _make(script, at, due)
    script.say(at + _HOUR_MS, "promise.changed", "web", promise_id=script.id("promise"), due_at=due + DAY_MS)
    script.expect("promise.broken", made, due + DAY_MS)


def _called_off(stage: Stage, script: Script, at: int) -> None:
    _make(script, at, at + DAY_MS)
    script.say(at + _HOUR_MS, "promise.cancelled", "web", promise_id=script.id("promise"))


def _just_kept(late_hours: tuple[int, ...], stage: Stage, script: Script, at: int) -> None:
    """One promise every two days, each kept so many hours late."""
    first = None
    for number, hours in enumerate(late_hours):
        name, made_at = f"promise-{number}", at + 2 * number * DAY_MS
        due = made_at + DAY_MS // 2
        made = _make(script, made_at, due, name)
        first = first or made
        script.expect("promise.broken", made, due)
        _keep(script, due + hours * _HOUR_MS, name)
        if number == 2 and max(late_hours) < 24:
            script.expect("promise.minimum_again", first, due + hours * _HOUR_MS)


_BROKEN, _ALL = ("promise.broken",), ("promise.broken", "promise.exceeded", "promise.minimum_again")

PLOTS = (
    Plot("A promise that nobody keeps", _BROKEN, _forgotten),
    Plot("A promise kept a millisecond before it is due", _BROKEN, partial(_kept, 1)),
    Plot("A promise kept when it is due, which is too late", _BROKEN, partial(_kept, 0)),
    Plot("A promise kept twelve hours early", _ALL, partial(_kept, 12 * _HOUR_MS)),
    Plot("A promise kept a millisecond less early", _ALL, partial(_kept, 12 * _HOUR_MS - 1)),
    Plot("A promise that a change of the order moves", _BROKEN, _moved),
    Plot("A promise that is moved and broken", _BROKEN, _moved_and_broken),
    Plot("A promise that is called off", _BROKEN, _called_off),
    Plot("Three promises kept a little late", _ALL, partial(_just_kept, (1, 5, 23))),
    Plot("Two promises kept a little late, and one a day", _ALL, partial(_just_kept, (1, 24, 23))),
)
