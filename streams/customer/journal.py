"""What customers went through since their bytes were last taken: done here, noted here, undone here.

A step that raises is not noted. :meth:`Journal.undo` then brings its customer back to the stored
bytes and takes it through its noted steps again, so that it is as if the failed one had not been.

Of a touchpoint its bytes are noted, to be read again should it come to that. Decoded touchpoints that
lived until the transaction's end would be megabytes that push all else out of the processor's caches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas import Touchpoint
from streams.customer import emotional_state
from streams.customer.apply import Effects, apply, attend, permit
from streams.customer.customers import Customers
from streams.customer.definitions import Definitions
from streams.customer.held import Held, in_order, let_go
from streams.customer.seen import event_digest
from streams.customer.state import Customer

_Step = tuple[str, Callable[..., object], tuple[Any, ...]]
"""Whose it was, what does it again, and with what besides the customer's id."""

_Taken = tuple[str, bytes, int, int]
"""Whose touchpoint was taken in, its bytes, ``clock`` and ``now``."""

Read = Callable[[bytes], Touchpoint]
"""Decodes a touchpoint that was decoded before."""


class Journal:
    """The steps of a partition's customers. Times are ms UTC; ``clock`` is the partition's, ``now`` what
    outreach is judged by."""

    def __init__(self, customers: Customers, definitions: Definitions, read: Read) -> None:
        self._customers = customers
        self._definitions = definitions
        self._read = read
        self._steps: list[_Step | _Taken] = []

    def clear(self) -> None:
        """The bytes were taken: nothing before is undone any more."""
        self._steps.clear()

    # -- steps ----------------------------------------------------------------------------------

    def take_in(
        self, customer: Customer, customer_id: str, touchpoint: Touchpoint, value: bytes, clock: int, now: int
    ) -> Effects:
        """Apply a touchpoint, ``value`` decoded, that the duplicate check has just let in."""
        effects = self._applied(customer, customer_id, touchpoint, clock, now)
        self._steps.append((customer_id, value, clock, now))
        return effects

    def hold(self, customer: Customer, customer_id: str, held: Held, clock: int) -> Effects:
        """Put a touchpoint by that the duplicate check has just let in; what it permits or forbids counts already."""
        effects = self._put_by(customer, customer_id, held, clock)
        self._steps.append((customer_id, self._hold_again, (held, clock)))
        return effects

    def release(self, customer_id: str, held: Held, clock: int, now: int) -> Effects:
        """Apply a touchpoint that was put by."""
        effects = self._released(customer_id, held, clock, now)
        self._steps.append((customer_id, self._released, (held, clock, now)))
        return effects

    def set_aside(self, customer_id: str, offset: int) -> None:
        """Give up a touchpoint that was put by."""
        self._set_aside(customer_id, offset)
        self._steps.append((customer_id, self._set_aside, (offset,)))

    def answer(self, customer_id: str, due: int, now: int) -> Effects:
        """Fire the deadlines up to ``due``."""
        effects = self._answered(customer_id, due, now)
        self._steps.append((customer_id, self._answered, (due, now)))
        return effects

    def let_pass(self, customer_id: str, due: int) -> None:
        """Take the deadlines up to ``due`` off without answering what they fire."""
        self._let_pass(customer_id, due)
        self._steps.append((customer_id, self._let_pass, (due,)))

    def prune(self, customer_id: str, clock: int) -> None:
        """Drop what no longer counts."""
        self._prune(customer_id, clock)
        self._steps.append((customer_id, self._prune, (clock,)))

    def evict(self, customer_id: str) -> None:
        """Forget the customer."""
        self._customers.remove(customer_id)
        self._steps.append((customer_id, self._begin_anew, ()))

    # -- undoing --------------------------------------------------------------------------------

    def undo(self, customer_id: str) -> None:
        """Bring a customer back to before the step that failed."""
        customers = self._customers
        exists = customers.is_stored(customer_id)
        customers.back_to_stored(customer_id)
        for step in self._steps:
            if step[0] != customer_id:
                continue
            if len(step) == 4:
                _, value, clock, then = step
                self._take_in_again(customer_id, self._read(value), clock, then)
                exists = True
            else:
                _, again, given = step
                again(customer_id, *given)
                exists = again != self._begin_anew
        if not exists:
            del customers.live[customer_id]

    # -- what they do, the first time and again -------------------------------------------------

    def _applied(self, customer: Customer, customer_id: str, touchpoint: Touchpoint, clock: int, now: int) -> Effects:
        occurred_at = touchpoint["occurred_at"]
        if occurred_at > customer.newest:
            customer.newest = occurred_at
        customer.identified = touchpoint["identified"]
        effects = apply(customer, touchpoint, clock, self._definitions, now)
        due = customer.next_due() if customer.held or customer.outreach.history is not None else customer.detection.due
        if due != customer.due:
            self._customers.set_deadline(customer, customer_id, due)
        return effects

    def _take_in_again(self, customer_id: str, touchpoint: Touchpoint, clock: int, now: int) -> None:
        customer = self._remembering(customer_id, touchpoint, clock)
        self._applied(customer, customer_id, touchpoint, clock, now)

    def _put_by(self, customer: Customer, customer_id: str, held: Held, clock: int) -> Effects:
        effects = permit(customer, held.body, clock, self._definitions)
        customer.held = sorted([*customer.held, held], key=in_order)
        due = customer.next_due()
        if due != customer.due:
            self._customers.set_deadline(customer, customer_id, due)
        return effects

    def _hold_again(self, customer_id: str, held: Held, clock: int) -> None:
        self._put_by(self._remembering(customer_id, held.body, clock), customer_id, held, clock)

    def _released(self, customer_id: str, held: Held, clock: int, now: int) -> Effects:
        customer = self._customers.live[customer_id]
        let_go(customer.held, held.offset)
        return self._applied(customer, customer_id, held.body, clock, now)

    def _set_aside(self, customer_id: str, offset: int) -> None:
        customer = self._customers.live[customer_id]
        let_go(customer.held, offset)
        self._customers.set_deadline(customer, customer_id, customer.next_due())

    def _answered(self, customer_id: str, due: int, now: int) -> Effects:
        customer = self._customers.live[customer_id]
        effects = attend(customer, customer_id, due, now, self._definitions)
        self._customers.set_deadline(customer, customer_id, customer.next_due())
        return effects

    def _let_pass(self, customer_id: str, due: int) -> None:
        customer = self._customers.live[customer_id]
        self._definitions.detector.on_deadline(customer.detection, due)
        if customer.outreach.history is not None:
            customer.outreach.history.release(due)
        self._customers.set_deadline(customer, customer_id, customer.next_due())

    def _prune(self, customer_id: str, clock: int) -> None:
        customer = self._customers.live[customer_id]
        customer.seen.forget(clock)
        self._definitions.detector.prune(customer.detection, clock)
        customer.outreach.prune(clock, self._definitions.policy.memory_ms)
        emotional_state.forget_faded(customer, clock, self._definitions)

    def _begin_anew(self, customer_id: str) -> None:
        live = self._customers.live
        live[customer_id] = Customer(live[customer_id].evict_at)

    def _remembering(self, customer_id: str, touchpoint: Touchpoint, clock: int) -> Customer:
        customer = self._customers.live[customer_id]
        customer.seen.add(event_digest(touchpoint["source"], touchpoint["event_id"]), clock)
        return customer
