"""How a definition stands in a partition: what runs, what still ends, what is kept, what was refused."""

from __future__ import annotations

import msgspec

from schemas import Activation
from streams.controls import ACTIVATE, RETIRE
from streams.detection import Mode

LONGEST_REASON = 1_000
"""Most characters kept of why a definition was refused; all of them are in its dead letter."""


class Drain(msgspec.Struct, kw_only=True, frozen=True):
    """A version of a rule that another one replaced, and that ends what it has begun.

    Attributes:
        version: of the rule.
        era: how many takeovers came before it; with the rule's id the name of its part of customers' records.
        text: the full text.
        mode: in which mode it ran.
        until: when whatever is left of it is dropped, ms UTC by the partition's clock.
    """

    version: int
    era: int
    text: str
    mode: Mode
    until: int


class Standing(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The definition of a kind and id that was changed to last.

    Attributes:
        kind, id, version, text, digest: of the definition.
        change: what made it stand: ``activate``, ``shadow``, ``roll_back``; ``retire``: nothing of it runs.
        since: append time of the record that did, ms UTC; 0 where an earlier version of the software wrote it.
        era: how many versions of it took over from another.
        drains: of a rule, earlier versions that end what they have begun, the oldest first.
    """

    kind: str
    id: str
    version: int
    text: str
    digest: str
    change: str = ACTIVATE
    since: int = 0
    era: int = 0
    drains: list[Drain] = []

    @property
    def runs(self) -> bool:
        """Whether it was not retired."""
        return self.change != RETIRE

    def is_text_of(self, activation: Activation) -> bool:
        """Whether the same version with the same text is meant."""
        return (self.version, self.digest) == (activation["version"], activation["digest"])


class Kept(msgspec.Struct, kw_only=True, frozen=True):
    """A version that the partition has heard of; ``since`` when, ms UTC."""

    kind: str
    id: str
    version: int
    text: str
    digest: str
    since: int


class Quarantined(msgspec.Struct, kw_only=True, frozen=True):
    """A version that could not be taken, so that the one before runs on.

    Attributes:
        version: as its record says.
        reason: what is wrong with it.
        since: append time of its record, ms UTC.
    """

    version: int
    reason: str
    since: int
