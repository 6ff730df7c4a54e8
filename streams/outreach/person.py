"""What the policy asks of a customer's profile: zone, own quiet hours, preferred channel, persona, segments."""

from __future__ import annotations

from typing import Protocol

from schemas import Value
from streams.outreach.policy import Policy, QuietWindow, Variant
from streams.outreach.quiet_hours import own_window

_PROFILE, _PREFERENCE, _PERSONA = "profile", "preference", "persona"


class Facts(Protocol):
    """What is known of a customer for good."""

    def get(self, section: str, name: str) -> Value:
        """The value, or None when nothing was said."""

    def segments(self) -> list[str]:
        """The segments that the customer is in."""


class NoFacts:
    """Of a customer of whom nothing was said."""

    def get(self, section: str, name: str) -> Value:
        """Nothing was said."""

    def segments(self) -> list[str]:
        """None."""
        return []


NO_FACTS = NoFacts()


def zone_name(facts: Facts) -> str | None:
    """The zone as it was said: the customer's own wish before the firm's knowledge."""
    for section in (_PREFERENCE, _PROFILE):
        said = facts.get(section, "time_zone")
        if isinstance(said, str) and said:
            return said
    return None


def own_quiet_hours(facts: Facts) -> QuietWindow | None:
    """The customer's own quiet hours, if they were said so that they can be read."""
    quiet_from = facts.get(_PREFERENCE, "quiet_from")
    return None if quiet_from is None else own_window(quiet_from, facts.get(_PREFERENCE, "quiet_to"))


def preferred_channel(facts: Facts) -> str | None:
    """The channel that the customer prefers."""
    said = facts.get(_PREFERENCE, "channel")
    return said if isinstance(said, str) and said else None


def variant_of(policy: Policy, facts: Facts) -> Variant | None:
    """The first variant of the policy that fits the customer."""
    segments: list[str] | None = None
    for variant in policy.variants:
        if variant.section == _PERSONA:
            if facts.get(_PERSONA, _PERSONA) == variant.name:
                return variant
        else:
            segments = facts.segments() if segments is None else segments
            if variant.name in segments:
                return variant
    return None
