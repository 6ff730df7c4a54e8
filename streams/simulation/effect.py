"""A city in which the effect of outreach is known, to see whether its measurement finds it. Pure.

Every customer hangs up in a queue once. Some talk to an agent in the days after by themselves, the
more patient ones more often; whoever is reached by outreach does so more often, by a planted
difference. What each would do with outreach and without is settled before anybody is drawn into a
group, so the truth by intention to treat is known to the person: :attr:`EffectCity.truth`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from schemas import Touchpoint, Trigger, Value

TROUBLE, GOOD_END = "queue.abandoned", "agent.connected"

_HOUR_MS = 3_600_000
WINDOW_MS = 7 * 24 * _HOUR_MS
"""A good end comes within this, or too late to count."""


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """What is planted.

    Attributes:
        customers: how many hang up.
        consenting: share of them that may be contacted.
        by_itself: shares with a good end and no outreach, of the impatient and the patient half.
        added: by how much outreach that arrives raises that share.
        reached: share of contacts that arrive.
        afterwards: share with an end that comes after the window.
    """

    customers: int = 500
    consenting: float = 0.9
    by_itself: tuple[float, float] = (0.2, 0.5)
    added: float = 0.15
    reached: float = 0.8
    afterwards: float = 0.1

    @property
    def expected(self) -> float:
        """The mean of the truth over all cities of this plan: contacts that fail included."""
        return self.reached * self.added


class Potential(NamedTuple):
    """Whether a customer comes to a good end in time, left alone and treated; one of the two is ever seen."""

    customer_id: str
    alone: bool
    treated: bool


@dataclass(frozen=True, slots=True)
class _Person:
    customer_id: str
    consents: bool
    trouble_at: int
    inclined: float
    by_itself: float
    is_reached: bool
    ends_after: int
    ends_late: bool


class EffectCity:
    """One draw of it.

    Args:
        plan: what is planted.
        seed: another one draws other people.
        start: ms UTC.
    """

    def __init__(self, plan: EffectPlan, seed: int, start: int) -> None:
        self.plan = plan
        self._start = start
        draw = random.Random(f"effect {seed}")
        self._people = [_person(plan, draw, number, start) for number in range(plan.customers)]

    def potentials(self) -> list[Potential]:
        """Both ends of everybody who may be contacted."""
        return [
            Potential(one.customer_id, one.inclined < one.by_itself, one.inclined < one.by_itself + self._moved(one))
            for one in self._people
            if one.consents
        ]

    @property
    def truth(self) -> float:
        """The lift that a measurement ought to find: by how much treating all of them beats treating none."""
        potentials = self.potentials()
        return sum(one.treated - one.alone for one in potentials) / len(potentials)

    def opening(self) -> list[Touchpoint]:
        """Consents, then the trouble of the first hour, in order of time."""
        agreed: dict[str, Value] = {"channel": "sms", "purpose": "care"}
        consents = [_said(one, "consent.given", self._start, agreed) for one in self._people if one.consents]
        troubles = [_said(one, TROUBLE, one.trouble_at, {"wait_seconds": 300}) for one in self._people]
        return consents + sorted(troubles, key=_when)

    def ending(self, triggers: Iterable[Trigger]) -> list[Touchpoint]:
        """What people do in the days after, in order of time.

        Args:
            triggers: the outreach that came of the opening; it raises the share of good ends of
                those whom it reaches, and of nobody else.
        """
        contacted = {trigger["customer_id"] for trigger in triggers}
        ends = []
        for one in self._people:
            moved = self._moved(one) if one.customer_id in contacted else 0.0
            if one.inclined < one.by_itself + moved:
                ends.append(_said(one, GOOD_END, one.trouble_at + one.ends_after))
            elif one.ends_late:
                ends.append(_said(one, GOOD_END, one.trouble_at + WINDOW_MS + one.ends_after // 8))
        return sorted(ends, key=_when)

    def _moved(self, one: _Person) -> float:
        return self.plan.added if one.is_reached else 0.0


def _person(plan: EffectPlan, draw: random.Random, number: int, start: int) -> _Person:
    return _Person(
        customer_id=f"citizen-{number}",
        consents=draw.random() < plan.consenting,
        trouble_at=start + draw.randrange(1, _HOUR_MS),
        inclined=draw.random(),
        by_itself=plan.by_itself[number % 2],
        is_reached=draw.random() < plan.reached,
        ends_after=draw.randrange(_HOUR_MS, WINDOW_MS),
        ends_late=draw.random() < plan.afterwards,
    )


def _said(one: _Person, kind: str, occurred_at: int, properties: dict[str, Value] | None = None) -> Touchpoint:
    return {
        "event_id": f"{one.customer_id} {kind}",
        "source": "effect",
        "customer_id": one.customer_id,
        "identified": True,
        "channel": "voice",
        "type": kind,
        "occurred_at": occurred_at,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": properties or {},
    }


def _when(touchpoint: Touchpoint) -> int:
    return touchpoint["occurred_at"]
