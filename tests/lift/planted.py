"""A city with a planted effect through the whole core: decided with a holdout, answered, measured.

``python -m tests.lift.planted 1 100`` says of seeds 1 to 100 how often the interval covers the truth, by both of its
definitions: the effect in this very city, and the mean over all cities that the plan could draw.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from schemas import Decision, Moment, Touchpoint
from streams.lift import ALL_RULES, Histories, Lift, Outcome, measure
from streams.outreach.holdout import is_held_out
from streams.outreach.policy import Holdout
from streams.simulation.effect import GOOD_END, WINDOW_MS, EffectCity, EffectPlan
from tests.customer.log import CODEC, Log, played
from tests.customer.log import Outcome as Core

START = 1_795_422_600_000
UNTIL = START + 2 * WINDOW_MS

RULE = """
id: queue.abandoned
version: 1
title: Hung up
description: Every one.
emotion: stressed
detect: {event: {type: queue.abandoned}}
resolved_by: {type: agent.connected}
expires_after: 7d
"""

POLICY = """
id: outreach
version: 1
description: Thirty in a hundred are left alone, so as to compare.
holdout: {percent: 30%, salt: SALT}
actions:
  - id: call.back
    moments: [queue.abandoned]
    class: service
    purpose: care
    channels: [sms]
    template: call_back
    cool_down: 1d
"""


class Told(NamedTuple):
    """What a city and the core have written."""

    touchpoints: list[Touchpoint]
    moments: list[Moment]
    decisions: list[Decision]

    def lift(self, good: str = GOOD_END) -> Lift:
        """The action's line."""
        histories = Histories(self.touchpoints, self.moments)
        return measure(self.decisions, histories, Outcome((good,), within=WINDOW_MS), UNTIL)[0]


def lived(seed: int, plan: EffectPlan = EffectPlan()) -> Told:
    """One city, from its consents to its last good end."""
    city, log = EffectCity(plan, seed, START), Log()
    log.rule(START, RULE, POLICY.replace("SALT", f"seed-{seed}"))
    opening = city.opening()
    for touchpoint in opening:
        _append(log, touchpoint)
    core: Core = played(log)
    ending = city.ending(core.triggers)
    seen = len(log.records)
    for touchpoint in ending:
        _append(log, touchpoint)
    core.play(log.records[seen:])
    return Told(opening + ending, core.moments, core.decisions)


def counted(seed: int, plan: EffectPlan = EffectPlan()) -> Lift:
    """The same line, straight from the draw and what each would do: no log, no core, a hundred times as fast."""
    group, lift = Holdout(30.0, f"seed-{seed}"), Lift("call.back", ALL_RULES)
    for one in EffectCity(plan, seed, START).potentials():
        held_out = is_held_out(group, one.customer_id)
        counts = lift.held_out if held_out else lift.treated
        counts.customers += 1
        counts.good += one.alone if held_out else one.treated
    return lift


def covers(lift: Lift, truth: float) -> bool:
    """Whether the line's interval holds the truth."""
    difference = lift.difference(50)
    assert difference is not None
    return difference.low <= truth <= difference.high


def _append(log: Log, touchpoint: Touchpoint) -> None:
    value, key = CODEC.encode("Touchpoint", touchpoint), touchpoint["customer_id"].encode()
    log.raw(touchpoint["occurred_at"], value, key)


if __name__ == "__main__":
    first, last = (int(text) for text in sys.argv[1:3])
    runs = range(first, last + 1)
    lifts = {seed: lived(seed).lift() for seed in runs}
    own = sum(covers(lift, EffectCity(EffectPlan(), seed, START).truth) for seed, lift in lifts.items())
    mean = sum(covers(lift, EffectPlan().expected) for lift in lifts.values())
    print(f"{own} of {len(runs)} intervals cover their city's own effect, {mean} the mean over all cities")  # noqa: T201
