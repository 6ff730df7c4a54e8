"""What upstream systems said of a customer for good: profile, preferences, persona and segments."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas import Touchpoint, Value

PROFILE, PREFERENCE, PERSONA, SEGMENT = "profile", "preference", "persona", "segment"

PROFILE_TYPES = {f"{section}.set": section for section in (PROFILE, PREFERENCE, PERSONA, SEGMENT)}
"""Touchpoint types that set facts, and the section that each sets."""

MOST_FACTS = 64
"""Most facts kept per customer, of all sections; further ones are refused and counted."""

LONGEST_NAME = 100
"""Most characters of a fact's name."""

LONGEST_TEXT = 256
"""Most characters of a text; a longer one is refused and counted: a cut one would be wrong."""


class Fact(msgspec.Struct, array_like=True):
    """The newest word on one thing; an empty text takes an earlier one back."""

    value: Value
    occurred_at: int


class Profile(msgspec.Struct, array_like=True):
    """Facts by ``section name``, kept until the customer is erased.

    A fact holds from its touchpoint's ``occurred_at``: the newest wins, whichever comes first; of a
    tie the one that came later.
    """

    facts: dict[str, Fact] = {}

    def get(self, section: str, name: str) -> Value:
        """The value, or None when nothing was said."""
        fact = self.facts.get(fact_key(section, name))
        return None if fact is None else fact.value

    def segments(self) -> list[str]:
        """The segments that the customer is in, by name."""
        prefix = fact_key(SEGMENT, "")
        return sorted(key[len(prefix) :] for key, fact in self.facts.items() if key.startswith(prefix) and fact.value)

    def note(self, touchpoint: Touchpoint) -> int:
        """Take in a touchpoint of one of :data:`PROFILE_TYPES`.

        Returns:
            How many facts were refused, for want of room or for their length.
        """
        section, occurred_at = PROFILE_TYPES[touchpoint["type"]], touchpoint["occurred_at"]
        facts, refused = self.facts, 0
        for name, value in _said(section, touchpoint):
            key = fact_key(section, name)
            known = facts.get(key)
            too_long = len(name) > LONGEST_NAME or (isinstance(value, str) and len(value) > LONGEST_TEXT)
            if too_long or (known is None and len(facts) >= MOST_FACTS):
                refused += 1
            elif known is None or occurred_at >= known.occurred_at:
                facts[key] = Fact(value, occurred_at)
        return refused


def fact_key(section: str, name: str) -> str:
    """How facts are keyed."""
    return f"{section} {name}"


def _said(section: str, touchpoint: Touchpoint) -> Iterator[tuple[str, Value]]:
    """Names and values; what is null, or not of the type that the vocabulary gives, says nothing."""
    properties = touchpoint["properties"]
    if section == PERSONA:
        persona = properties.get("persona")
        if isinstance(persona, str):
            yield "persona", persona
    elif section == SEGMENT:
        segment, member = properties.get("segment"), properties.get("member", True)
        if isinstance(segment, str) and isinstance(member, bool):
            yield segment, member
    else:
        for name, value in properties.items():
            if value is not None:
                yield name, value
