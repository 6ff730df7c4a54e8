"""The customers of one partition: their bytes, those in use, their deadlines, and how to undo."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from streams.customer.state import Customer, decode_customer, encode_customer, heads_of

EVICT_AFTER_MS = 8 * 86_400_000
"""How long after a customer's last touchpoint, or after a look when there was none since long, a look decides
whether the record can go, and drops what no longer counts."""

LIVE_CUSTOMERS = 50_000
"""Most customers kept decoded; the others stay as their bytes."""

MOST_OVERDUE = 1_000
"""Overdue deadlines are counted up to this."""

Schedule = list[tuple[int, str]]
"""A heap of times (ms UTC) and customer ids; an entry counts only if the customer still says so.

Every customer with a deadline has an entry at or before it. A deadline that moves on, as a silence does with each
touchpoint, gets no new entry: the old one comes up, finds it later, and is put there then.
"""

MOST_SUPERSEDED = 10_000
"""So many entries more than twice those that count, and the schedule of deadlines is made anew. Only deadlines that
are brought forward again and again leave so many behind."""


def next_look(customer: Customer, now: int) -> int:
    """When to look at a pruned record again, ms UTC: what the last touchpoint left needs no longer than that."""
    last_at = customer.seen.newest_at
    return EVICT_AFTER_MS + (now if last_at is None else last_at)


class Customers:
    """State records by customer id, and when each wants attention.

    Attributes:
        matches: partial matches in the bytes of all customers; restored from the partition record,
            since a restore does not decode customers.
    """

    def __init__(self) -> None:
        self.live: dict[str, Customer] = {}
        self.changed: dict[str, None] = {}
        self.deadlines: Schedule = []
        self.evictions: Schedule = []
        self.matches = 0
        self._tidy_at = MOST_SUPERSEDED
        self._stored: dict[str, bytes] = {}
        # Partial matches in the bytes of those decoded customers that have any.
        self._matches: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._stored.keys() | self.live.keys())

    @property
    def stored(self) -> int:
        """How many have bytes; all of them do when changes have just been taken. Cheap."""
        return len(self._stored)

    def restore(self, customer_id: str, data: bytes | None) -> None:
        """Take in one changelog record; None is a tombstone."""
        self.live.pop(customer_id, None)
        self._matches.pop(customer_id, None)
        if data is None:
            self._stored.pop(customer_id, None)
        else:
            self._stored[customer_id] = data

    def restored(self) -> None:
        """The changelog was read to its end: build the schedules, without decoding whole records."""
        self.deadlines.clear()
        self.evictions.clear()
        for customer_id, data in self._stored.items():
            due, evict_at = heads_of(data)
            if due is not None:
                self.deadlines.append((due, customer_id))
            self.evictions.append((evict_at, customer_id))
        for customer in self.live.values():
            customer.scheduled = [] if customer.due is None else [customer.due]
        # A sorted list is a heap.
        self.deadlines.sort()
        self._tidy_at = MOST_SUPERSEDED + 2 * len(self.deadlines)
        self.evictions.sort()

    def get(self, customer_id: str) -> Customer | None:
        """The customer, decoded on first use."""
        customer = self.live.get(customer_id)
        if customer is None:
            data = self._stored.get(customer_id)
            if data is not None:
                customer = self.live[customer_id] = decode_customer(data)
                if customer.due is not None:
                    customer.scheduled.append(customer.due)
                if customer.detection.rules and (matches := customer.detection.partial_matches()):
                    self._matches[customer_id] = matches
        return customer

    def look(self, customer_id: str) -> Customer | None:
        """The customer as it is now, to be read only; one that is not decoded is not kept so."""
        customer = self.live.get(customer_id)
        if customer is None and (data := self._stored.get(customer_id)) is not None:
            return decode_customer(data)
        return customer

    def add(self, customer_id: str, now: int) -> Customer:
        """A new customer."""
        customer = self.live[customer_id] = Customer(now + EVICT_AFTER_MS)
        heappush(self.evictions, (customer.evict_at, customer_id))
        return customer

    def remove(self, customer_id: str) -> None:
        """Forget a customer altogether."""
        self.live.pop(customer_id, None)
        self._stored.pop(customer_id, None)
        self.matches -= self._matches.pop(customer_id, 0)
        self.changed[customer_id] = None

    def set_deadline(self, customer: Customer, customer_id: str, due: int | None) -> None:
        """The customer's next deadline is ``due``."""
        customer.due = due
        if due is not None:
            self._schedule(customer, customer_id, due)

    def woken(self, customer_id: str, at: int) -> Customer | None:
        """The customer whose entry at ``at`` (ms UTC) was taken out of the schedule, if its deadline is then."""
        customer = self.get(customer_id)
        if customer is None:
            return None
        scheduled = customer.scheduled
        if scheduled and scheduled[-1] == at:
            scheduled.pop()
        else:
            scheduled.clear()  # an entry from before the customer was decoded: what else there is, is not known
        if customer.due == at:
            return customer
        if customer.due is not None:
            self._schedule(customer, customer_id, customer.due)
        return None

    def next_deadline(self) -> int | None:
        """The earliest deadline that still counts."""
        deadlines = self.deadlines
        while deadlines:
            due, customer_id = deadlines[0]
            customer = self.get(customer_id)
            if customer is not None and customer.due == due:
                return due
            heappop(deadlines)
            self.woken(customer_id, due)
        return None

    def _schedule(self, customer: Customer, customer_id: str, due: int) -> None:
        scheduled = customer.scheduled
        if scheduled and scheduled[-1] <= due:
            return
        scheduled.append(due)
        heappush(self.deadlines, (due, customer_id))
        if len(self.deadlines) > self._tidy_at:
            self._tidy()

    def _tidy(self) -> None:
        """Make the schedule of deadlines anew, one entry a customer."""
        entries: Schedule = []
        for customer_id in {customer_id for _, customer_id in self.deadlines}:
            customer = self.live.get(customer_id)
            if customer is not None:
                due = customer.due
                customer.scheduled = [] if due is None else [due]
            else:
                data = self._stored.get(customer_id)
                due = None if data is None else heads_of(data)[0]
            if due is not None:
                entries.append((due, customer_id))
        entries.sort()
        self.deadlines[:] = entries  # in place: whoever fires deadlines holds on to the list
        self._tidy_at = MOST_SUPERSEDED + 2 * len(entries)

    def overdue(self, now: int) -> int:
        """How many times of attention have passed at ``now`` (ms UTC), superseded ones included."""
        deadlines = self.deadlines
        passed, look = 0, [0]
        while look:
            at = look.pop()
            if at < len(deadlines) and deadlines[at][0] <= now:
                passed += 1
                if passed == MOST_OVERDUE:
                    break
                look += (2 * at + 1, 2 * at + 2)
        return passed

    def back_to_stored(self, customer_id: str) -> Customer:
        """A copy from the last bytes in place of the live one; the eviction schedule stays as it is."""
        data = self._stored.get(customer_id)
        evict_at, scheduled = self.live[customer_id].evict_at, self.live[customer_id].scheduled
        customer = self.live[customer_id] = Customer(evict_at) if data is None else decode_customer(data)
        customer.evict_at, customer.scheduled = evict_at, scheduled
        if customer.due is not None:
            self._schedule(customer, customer_id, customer.due)
        return customer

    def is_stored(self, customer_id: str) -> bool:
        """Whether there are bytes to go back to."""
        return customer_id in self._stored

    def settle(self) -> None:
        """Make the state as it is now the one to go back to; what is changed stays to be taken."""
        for customer_id in self.changed:
            customer = self.live.get(customer_id)
            if customer is not None:
                self._store(customer_id, customer)

    def take_changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Key and bytes of every changed customer, None for one that is gone; then none is changed."""
        live = self.live
        for customer_id in self.changed:
            customer = live.get(customer_id)
            if customer is None:
                yield customer_id.encode(), None
            else:
                yield customer_id.encode(), self._store(customer_id, customer)
        self.changed.clear()
        if len(live) > LIVE_CUSTOMERS:
            for customer_id in list(live)[: LIVE_CUSTOMERS // 2]:
                del live[customer_id]
                self._matches.pop(customer_id, None)

    def _store(self, customer_id: str, customer: Customer) -> bytes:
        data = self._stored[customer_id] = encode_customer(customer)
        matches = customer.detection.partial_matches()
        before = self._matches.get(customer_id, 0)
        if matches != before:
            self.matches += matches - before
            self._matches[customer_id] = matches
        return data
