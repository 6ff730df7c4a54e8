"""What a customer has said so far, as far as it is known here. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

GRANTED, WITHDRAWN = "granted", "withdrawn"
WISHES = ("channel", "quiet_from", "quiet_to", "time_zone")
"""Preference facts that the page sets."""

Name = TypeVar("Name")

Place = tuple[str, str]
"""A purpose and a channel: what one consent is for."""


class Word(msgspec.Struct, array_like=True, frozen=True):
    """The newest word on one thing; ``occurred_at`` in ms UTC."""

    value: str
    occurred_at: int


@dataclass(frozen=True, slots=True)
class Known:
    """Consents by purpose and channel, and wishes by name. What is not in here was never said."""

    consents: Mapping[Place, Word] = field(default_factory=dict)
    wishes: Mapping[str, Word] = field(default_factory=dict)

    def is_granted(self, place: Place) -> bool:
        """Whether the customer's newest word is yes; no word is no."""
        word = self.consents.get(place)
        return word is not None and word.value == GRANTED

    def granted(self) -> frozenset[Place]:
        """Everything that is allowed now."""
        return frozenset(place for place in self.consents if self.is_granted(place))

    def wish(self, name: str) -> str:
        """The wish, or an empty text."""
        word = self.wishes.get(name)
        return "" if word is None else word.value

    def with_later(self, other: Known) -> Known:
        """Both, the newer word on each thing; of a tie the other's."""
        return Known(_newest(self.consents, other.consents), _newest(self.wishes, other.wishes))

    def version(self) -> str:
        """A digest of all of it: two pages that show the same have the same."""
        facts = (sorted(self.granted()), [self.wish(name) for name in WISHES])
        return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:32]


def _newest(ours: Mapping[Name, Word], theirs: Mapping[Name, Word]) -> dict[Name, Word]:
    merged = dict(ours)
    for name, word in theirs.items():
        known = merged.get(name)
        if known is None or word.occurred_at >= known.occurred_at:
            merged[name] = word
    return merged
