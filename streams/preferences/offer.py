"""Which consents the page asks about: those that the policy's actions need. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streams.outreach import Policy
from streams.preferences.known import Place


@dataclass(frozen=True, slots=True)
class Offer:
    """Purposes in the policy's order, each with its channels by name."""

    purposes: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def places(self) -> frozenset[Place]:
        """Every consent asked about."""
        return frozenset((purpose, channel) for purpose, channels in self.purposes for channel in channels)

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel, by name: one of them may be the preferred one."""
        return tuple(sorted({channel for _, channels in self.purposes for channel in channels}))

    def including(self, granted: Iterable[Place]) -> Offer:
        """This and what was granted beside it: whatever is allowed can be taken back here."""
        return _offer([*((place) for place in _places(self)), *sorted(granted)])


def offer_of(policy: Policy) -> Offer:
    """What the policy's actions need consent for."""
    return _offer((action.purpose, channel) for action in policy.actions for channel in action.channels)


def _places(offer: Offer) -> Iterable[Place]:
    return ((purpose, channel) for purpose, channels in offer.purposes for channel in channels)


def _offer(places: Iterable[Place]) -> Offer:
    found: dict[str, set[str]] = {}
    for purpose, channel in places:
        found.setdefault(purpose, set()).add(channel)
    return Offer(tuple((purpose, tuple(sorted(channels))) for purpose, channels in found.items()))
