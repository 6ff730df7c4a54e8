"""What the policy remembers of those few customers with whom there was something: contacts, waiting
candidates, suppression lists, purchases, uses, and how each channel did."""

from __future__ import annotations

import msgspec

from schemas import Moment
from streams.outreach.contact import VOID, Contact
from streams.outreach.policy import MOST_CONTACTS

KEPT_MS = 7 * 86_400_000
"""Contacts, purchases and departures from lists are of use for at least so long: outcomes and older words come late."""

MOST_WAITING = 32
"""Most candidates that wait per customer; further ones are refused."""

MOST_LISTS = 64
"""Most suppression lists kept per customer; with one more the customer is on all."""

ALL_LISTS = "*"

MOST_BOUGHT = 64
"""Most products kept per customer; the purchase longest ago is let go first."""

MOST_USES = 32
"""Most uses kept per customer, the newest: as many as are needed to see that there are many."""

MOST_TRIED = 32
"""When a channel was tried so often, both its counts are halved, so that it is judged by its newer past."""

MOST_CHANNELS = 32

_USE = 6


class Waiting(msgspec.Struct, array_like=True):
    """A candidate that waits.

    Attributes:
        release_at: when the whole order runs again, ms UTC by the partition's clock.
        attempt: decisions made of it so far.
        reason: of the last one.
        moment: as detected.
    """

    release_at: int
    attempt: int
    reason: str
    moment: Moment


class Listed(msgspec.Struct, array_like=True):
    """The newest word on one suppression list."""

    member: bool
    occurred_at: int


class ChannelRecord(msgspec.Struct, array_like=True):
    """How a channel did.

    Attributes:
        tried: contacts over it that were reported to have reached the customer.
        worked: those of them that were opened, followed, answered or accepted.
        lost_at: when the customer could be reached there no more, ms UTC; 0: never.
        seen_at: the last sign of life there since then, ms UTC.
        full_until: until when its carrying systems have no room, ms UTC; 0: they have.
    """

    tried: int = 0
    worked: int = 0
    lost_at: int = 0
    seen_at: int = 0
    full_until: int = 0

    def try_once_more(self) -> None:
        """One more contact reached the customer."""
        self.tried += 1
        if self.tried > MOST_TRIED:
            self.tried, self.worked = self.tried // 2, self.worked // 2

    @property
    def is_lost(self) -> bool:
        """Whether nothing was seen there since the customer was lost."""
        return self.lost_at > self.seen_at


class History(msgspec.Struct, array_like=True):
    """See the module; each part is bounded."""

    contacts: list[Contact] = []
    waiting: list[Waiting] = []
    lists: dict[str, Listed] = {}
    bought: dict[str, int] = {}
    uses: bytes = b""
    channels: dict[str, ChannelRecord] = {}

    # -- waiting --------------------------------------------------------------------------------

    def next_due(self) -> int | None:
        """When a candidate is to be decided again, ms UTC."""
        if not self.waiting:
            return None
        return min((one.release_at for one in self.waiting), default=None)

    def release(self, due: int) -> list[Waiting]:
        """Take out those whose time has come, in the order in which they came."""
        ripe = [one for one in self.waiting if one.release_at <= due]
        if ripe:
            self.waiting = [one for one in self.waiting if one.release_at > due]
        return ripe

    # -- contacts -------------------------------------------------------------------------------

    def has_room(self, now: int, memory_ms: int) -> bool:
        """Whether one more contact can be remembered without forgetting one that a cap may count."""
        return len(self.contacts) < MOST_CONTACTS or self._least_needed(now, memory_ms) is not None

    def add_contact(self, contact: Contact, now: int, memory_ms: int) -> None:
        """Remember a contact, and forget those that are of no use any more."""
        self._forget_contacts(now, memory_ms)
        if len(self.contacts) >= MOST_CONTACTS:
            del self.contacts[self._least_needed(now, memory_ms) or 0]
        self.contacts.append(contact)

    def contact_of(self, trigger_id: str) -> Contact | None:
        """The contact of a trigger, if it is remembered."""
        return next((one for one in reversed(self.contacts) if one.trigger_id == trigger_id), None)

    def _least_needed(self, now: int, memory_ms: int) -> int | None:
        for place, one in enumerate(self.contacts):
            uncounted = one.status == VOID or not one.counts or one.at + memory_ms <= now
            if uncounted and not one.is_open(now):
                return place
        return None

    def _forget_contacts(self, now: int, memory_ms: int) -> None:
        oldest = now - max(memory_ms, KEPT_MS)
        self.contacts = [one for one in self.contacts if one.at > oldest or one.is_open(now)]

    # -- the rest -------------------------------------------------------------------------------

    def channel(self, name: str) -> ChannelRecord:
        """The record of a channel, for changing it."""
        known = self.channels.get(name)
        if known is None:
            known = ChannelRecord()
            if len(self.channels) < MOST_CHANNELS:
                self.channels[name] = known
        return known

    def note_list(self, name: str, member: bool, occurred_at: int) -> None:
        """On a list, or off it; the newest by ``occurred_at`` wins, a tie the later one."""
        known = self.lists.get(name)
        if known is not None:
            if occurred_at >= known.occurred_at:
                self.lists[name] = Listed(member, occurred_at)
        elif len(self.lists) < MOST_LISTS:
            self.lists[name] = Listed(member, occurred_at)
        elif member:
            self.lists[ALL_LISTS] = Listed(True, occurred_at)

    def is_listed(self, name: str) -> bool:
        """Whether the customer is on this list."""
        return any(known is not None and known.member for known in (self.lists.get(name), self.lists.get(ALL_LISTS)))

    def note_bought(self, product_id: str, occurred_at: int) -> None:
        """A product was bought; the newest purchase counts."""
        if occurred_at > self.bought.get(product_id, -1):
            self.bought[product_id] = occurred_at
            if len(self.bought) > MOST_BOUGHT:
                del self.bought[min(self.bought, key=lambda product: (self.bought[product], product))]

    def note_returned(self, product_id: str, occurred_at: int) -> None:
        """A purchase was undone."""
        if self.bought.get(product_id, occurred_at) < occurred_at:
            del self.bought[product_id]

    def note_use(self, occurred_at: int) -> None:
        """The customer used something of the firm's."""
        uses, use = self.uses, max(0, occurred_at).to_bytes(_USE, "big")
        if uses and use < uses[-_USE:]:
            ordered = sorted([use, *(uses[at : at + _USE] for at in range(0, len(uses), _USE))])
            uses = b"".join(ordered)
        else:
            uses += use
        self.uses = uses[-MOST_USES * _USE :]

    def uses_after(self, at: int) -> int:
        """How many uses after ``at`` (ms UTC) are remembered."""
        uses = self.uses
        if not uses:
            return 0
        edge = max(0, at).to_bytes(_USE, "big")
        first, end = 0, len(uses) // _USE  # they are in order
        while first < end:
            middle = (first + end) // 2
            if uses[middle * _USE : middle * _USE + _USE] > edge:
                end = middle
            else:
                first = middle + 1
        return len(uses) // _USE - first

    def prune(self, now: int, memory_ms: int) -> None:
        """Let go of what no limit can ask for at ``now`` (ms UTC)."""
        oldest = now - max(memory_ms, KEPT_MS)
        self._forget_contacts(now, memory_ms)
        self.lists = {name: one for name, one in self.lists.items() if one.member or one.occurred_at > oldest}
        self.bought = {product: at for product, at in self.bought.items() if at > oldest}
        kept = _USE * self.uses_after(oldest)
        self.uses = self.uses[-kept:] if kept else b""
        self.channels = {name: one for name, one in self.channels.items() if one.tried or one.is_lost}

    def is_empty(self) -> bool:
        """Whether nothing is remembered."""
        return not (self.contacts or self.waiting or self.lists or self.bought or self.uses or self.channels)
