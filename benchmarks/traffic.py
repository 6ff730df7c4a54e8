"""Call-centre traffic for measurements: seeded, in the shape of the bank's calls.

Of 100 calls 70 reach the queue and 14 give up there; 10 are of unidentified customers. A moment
comes of about one touchpoint in ten, more than in the bank's January (one in fourteen).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from schemas import Touchpoint

_SKILLS = tuple(f"S{number:02d}" for number in range(24))


def calls(touchpoints: int, customers: int, start: int, per_second: float, seed: int = 1) -> Iterator[Touchpoint]:
    """``touchpoints`` in time order.

    Args:
        touchpoints: how many.
        customers: how many different ones call.
        start: occurred_at of the first, ms UTC.
        per_second: how many happen in a second of their own time.
        seed: of the random numbers.
    """
    pick = random.Random(seed)
    waiting: list[list[Touchpoint]] = []
    number = 0
    call = 0
    while number < touchpoints:
        if len(waiting) < 200:
            call += 1
            waiting.append(_call(pick, call, customers))
        steps = waiting[pick.randrange(len(waiting))]
        touchpoint = steps.pop(0)
        touchpoint["occurred_at"] = start + int(number * 1000 / per_second)
        yield touchpoint
        number += 1
        if not steps:
            waiting.remove(steps)


def _call(pick: random.Random, call: int, customers: int) -> list[Touchpoint]:
    correlation = f"call-{call:08d}"
    identified = pick.random() < 0.9
    customer = f"customer-{pick.randrange(customers):06d}" if identified else f"anon:{correlation}"
    wait = pick.randrange(0, 320)
    types = ["ivr.entered", "ivr.exited"]
    if pick.random() < 0.7:
        types.append("queue.entered")
        types += ["queue.abandoned"] if pick.random() < 0.2 else ["agent.connected", "agent.ended"]
    skill = pick.choice(_SKILLS)
    agent = f"agent-{pick.randrange(40)}"
    made: list[Touchpoint] = []
    for kind in types:
        properties: dict[str, bool | int | float | str | None] = {"priority": 1, "skill": skill}
        if kind in ("queue.abandoned", "agent.connected"):
            properties["wait_seconds"] = wait
        if kind.startswith("agent."):
            properties = {"agent": agent, **properties}
        made.append(
            {
                "event_id": f"{correlation}-{kind}",
                "source": "bench",
                "customer_id": customer,
                "identified": identified,
                "channel": "ivr" if kind.startswith("ivr") else "voice",
                "type": kind,
                "occurred_at": 0,
                "correlation_id": correlation,
                "session_id": None,
                "identities": {},
                "properties": properties,
            }
        )
    return made
