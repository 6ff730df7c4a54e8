"""What one episode makes happen: its touchpoints, and the moments that follow from them."""

from __future__ import annotations

from typing import NamedTuple

from schemas import Properties, Touchpoint
from schemas.types import Value
from streams.simulation.person import Person
from streams.simulation.truth import Expected

SOURCES = {
    "ivr": "city-telephony",
    "voice": "city-telephony",
    "contact_centre": "city-cases",
    "chat": "city-chat",
    "email": "city-mail",
    "app": "city-app",
    "store": "city-tills",
    "iot": "city-devices",
    "billing": "city-billing",
    "delivery": "city-parcels",
    "survey": "city-surveys",
    "social": "city-social",
    "partner": "city-partners",
    "employee": "city-staff",
}
ANONYMOUS = "anon:"
"""How the id begins of who is not known by name."""

_OTHER_SOURCE = "city-web"


class Line(NamedTuple):
    """A touchpoint on its way.

    Attributes:
        delay_ms: how much later than it occurred it is published, decided by the story.
        loose: no moment hangs on when it arrives.
    """

    touchpoint: Touchpoint
    delay_ms: int
    loose: bool


class Script:
    """Collects an episode; a story writes into it.

    Args:
        person: whose episode.
        number: of the episode in the city; it makes event ids.
        planted: whether it is told for the sake of its moments.
    """

    __slots__ = ("_identified", "_number", "_said", "lines", "moments", "person", "planted")

    def __init__(self, person: Person, number: int, planted: bool) -> None:
        self.person = person
        self.planted = planted
        self.lines: list[Line] = []
        self.moments: list[Expected] = []
        self._number = number
        self._said = 0
        self._identified = not person.id.startswith(ANONYMOUS)

    def call_by(self, customer_id: str) -> None:
        """From here on the episode's customer goes by that id."""
        self.person = self.person._replace(id=customer_id)
        self._identified = not customer_id.startswith(ANONYMOUS)

    def id(self, kind: str) -> str:
        """An identifier of this episode: of its call, flow, order."""
        return f"{kind}-{self._number}"

    def say(
        self,
        at: int,
        kind: str,
        on: str,
        correlation_id: str | None = None,
        /,
        *,
        session_id: str | None = None,
        loose: bool = False,
        delay_ms: int = 0,
        **properties: Value,
    ) -> Touchpoint:
        """A touchpoint of the episode's customer at ``at`` (ms UTC) on a channel; returns it."""
        made: Properties = dict(sorted(properties.items()))
        touchpoint: Touchpoint = {
            "event_id": f"{self._number}-{self._said}",
            "source": SOURCES.get(on, _OTHER_SOURCE),
            "customer_id": self.person.id,
            "identified": self._identified,
            "channel": on,
            "type": kind,
            "occurred_at": at,
            "correlation_id": correlation_id,
            "session_id": session_id,
            "identities": {},
            "properties": made,
        }
        self._said += 1
        self.lines.append(Line(touchpoint, delay_ms, loose))
        return touchpoint

    def expect(self, rule: str, opening: Touchpoint, at: int, *, until: int | None = None, excuse: str = "") -> None:
        """The episode causes that moment: detected at ``at``, or at the latest ``until`` where disorder decides.

        ``excuse``: why it will be missed all the same.
        """
        self.moments.append(
            Expected(
                rule, self.person.id, opening["event_id"], at, at if until is None else until, self.planted, excuse
            )
        )

    def excuse(self, rule: str, opening: Touchpoint, at: int, reason: str) -> None:
        """The episode does not cause that moment, but ``reason`` makes it look so at ``at``."""
        self.moments.append(
            Expected(rule, self.person.id, opening["event_id"], at, at, self.planted, reason, is_moment=False)
        )
