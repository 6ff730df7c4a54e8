"""Who turned to the firm when: the city's own account of contacts and the moments in them.

Written from the words of the field, not from the rules' engine: a list of contacts a customer and
plain comparisons. Contacts come in the order of time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from schemas import Touchpoint
from streams.simulation.plan import DAY_MS
from streams.simulation.truth import Expected

WEEK_MS = 7 * DAY_MS
_SILENCE_MS = 3 * DAY_MS
_KEEP_MS = 2 * WEEK_MS + DAY_MS


_FADES_MS = 2 * DAY_MS
_ENOUGH = 2.9


class _Contact(NamedTuple):
    at: int
    reason: str
    event_id: str


class _Customer:
    __slots__ = (
        "contacts",
        "customer_id",
        "gave_up",
        "last_at",
        "repeated_at",
        "silent_at",
        "third_at",
        "worn",
        "worn_at",
    )

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        self.contacts: list[_Contact] = []
        self.repeated_at: dict[str, int] = {}
        self.third_at: int | None = None
        self.silent_at: int | None = None
        self.gave_up: list[tuple[int, str]] = []
        """When a caller hung up waiting, and the event that opened that call."""
        self.last_at = 0
        self.worn = 0.0
        self.worn_at = 0


class ContactBook:
    """Tells of every moment that follows from everyday contacts.

    Args:
        tell: takes each moment once it is certain.
    """

    def __init__(self, tell: Callable[[Expected], None]) -> None:
        self._tell = tell
        self._customers: dict[str, _Customer] = {}
        self._pages: deque[tuple[int, str]] = deque()

    def __len__(self) -> int:
        return len(self._customers)

    def bears_a_call(self, customer_id: str, at: int) -> bool:
        """Whether a customer has the nerve for one more call; each costs some, and half comes back in two days.

        So calls alone never drive anybody mad: four troubles at once would be a moment of its own.
        """
        customer = self._customers.get(customer_id)
        return customer is None or customer.worn * 2.0 ** ((customer.worn_at - at) / _FADES_MS) < _ENOUGH

    def call(self, opening: Touchpoint, reason: str) -> None:
        """A customer calls about something."""
        self.contact(opening, reason)
        customer, at = self._customers[opening["customer_id"]], opening["occurred_at"]
        customer.worn = 1.0 + customer.worn * 2.0 ** ((customer.worn_at - at) / _FADES_MS)
        customer.worn_at = at

    def contact(self, opening: Touchpoint, reason: str) -> None:
        """A customer turns to the firm about something."""
        customer_id, at = opening["customer_id"], opening["occurred_at"]
        self._turn_pages(at)
        customer = self._customers.get(customer_id)
        if customer is None:
            customer = self._customers[customer_id] = _Customer(customer_id)
        self._settle(customer, at)
        customer.gave_up.clear()  # they came back in time
        customer.last_at = at
        self._pages.append((at, customer_id))
        customer.contacts = [one for one in customer.contacts if at - one.at < WEEK_MS]
        customer.contacts.append(_Contact(at, reason, opening["event_id"]))
        self._repeated(customer, reason, at)
        self._third(customer, at)

    def gave_up(self, opening: Touchpoint, at: int) -> None:
        """The caller whose call began with ``opening`` hung up waiting; that contact stands in the book."""
        customer = self._customers[opening["customer_id"]]
        if customer.contacts[-1].event_id == opening["event_id"]:  # else they had turned to us again already
            customer.gave_up.append((at, opening["event_id"]))

    def close(self) -> None:
        """Nobody comes back any more."""
        for customer in self._customers.values():
            self._settle(customer, None)
        self._customers.clear()

    def _repeated(self, customer: _Customer, reason: str, at: int) -> None:
        same = [one for one in customer.contacts if one.reason == reason]
        last = customer.repeated_at.get(reason)
        if len(same) >= 2 and (last is None or at - last >= DAY_MS):
            customer.repeated_at[reason] = at
            self._say("contact.repeated", customer, same[0].event_id, at)

    def _third(self, customer: _Customer, at: int) -> None:
        if len(customer.contacts) >= 3 and (customer.third_at is None or at - customer.third_at >= WEEK_MS):
            customer.third_at = at
            self._say("contact.third", customer, customer.contacts[0].event_id, at)

    def _settle(self, customer: _Customer, now: int | None) -> None:
        """Silences that were over by ``now``; None: all that are left."""
        for at, opening in customer.gave_up:
            due = at + _SILENCE_MS
            if now is not None and due > now:
                continue
            if customer.silent_at is None or due - customer.silent_at >= WEEK_MS:
                customer.silent_at = due
                self._say("queue.abandoned_silent", customer, opening, due)
        customer.gave_up = [one for one in customer.gave_up if now is not None and one[0] + _SILENCE_MS > now]

    def _turn_pages(self, now: int) -> None:
        """Forget who has not been heard of for so long that nothing depends on it."""
        while self._pages and now - self._pages[0][0] > _KEEP_MS:
            at, customer_id = self._pages.popleft()
            customer = self._customers.get(customer_id)
            if customer is not None and customer.last_at == at:
                self._settle(customer, now)
                del self._customers[customer_id]

    def _say(self, rule: str, customer: _Customer, opening: str, at: int) -> None:
        self._tell(Expected(rule, customer.customer_id, opening, at, at, False))
