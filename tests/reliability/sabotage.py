"""One-line changes of the worker under which a reliability test must fail."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def forget_applied_offset() -> None:
    """Restore everything but how far the log was applied: records are processed again."""
    from streams.customer import Partition

    restore = Partition.restore

    def without_applied(self: Any, key: bytes | None, value: bytes | None) -> None:
        restore(self, key, value)
        self.applied = -1

    Partition.restore = without_applied  # type: ignore[method-assign]


def forget_withdrawals() -> None:
    """Restore every customer as if consents were never taken back."""
    from streams.customer import customers
    from streams.outreach.state import GRANTED, WITHDRAWN

    decode = customers.decode_customer

    def forgetful(data: bytes) -> Any:
        customer = decode(data)
        for consent in customer.outreach.consents.values():
            consent.status = GRANTED if consent.status == WITHDRAWN else consent.status
        return customer

    customers.decode_customer = forgetful


def forget_contacts() -> None:
    """Restore every customer as if nobody had been contacted."""
    from streams.customer import customers

    decode = customers.decode_customer

    def forgetful(data: bytes) -> Any:
        customer = decode(data)
        if customer.outreach.history is not None:
            customer.outreach.history.contacts = []
        return customer

    customers.decode_customer = forgetful


def forget_changes() -> None:
    """Write no change of a definition to the changelog: who restores from it runs without."""
    from streams.customer.definitions import Definitions

    def nothing(self: Any) -> Any:
        return iter(())

    Definitions.changes = nothing  # type: ignore[method-assign]


def no_fencing() -> None:
    """Give every worker process transactional ids of its own: a zombie is nobody's rival."""
    from streams import transactions

    configure = transactions.producer_config

    def own_id(settings: Any, **more: Any) -> dict[str, Any]:
        config = configure(settings, **more)
        config["transactional.id"] += f"-{os.getpid()}"
        return config

    transactions.producer_config = own_id


def commit_newest_acknowledged() -> None:
    """Commit the newest acknowledged offset, whatever before it is unfinished."""
    from streams.batching import Consumer

    def newest(self: Any, tp: Any) -> int | None:
        acked = self._acked[tp]
        return max(acked) + 1 if acked else None

    Consumer._new_offset = newest  # type: ignore[method-assign]


def swallow_poison() -> None:
    """Let what a poisonous record raises pass through the partition instead of setting it aside."""
    from streams.customer import journal

    def rethrow(self: Any, customer_id: str) -> None:
        raise

    journal.Journal.undo = rethrow  # type: ignore[method-assign]


def poison() -> None:
    """Not a sabotage but a fault: the core raises at every touchpoint of type ``poison``."""
    from streams.customer import apply, journal

    def raising(customer: Any, touchpoint: Any, *rest: Any) -> Any:
        if touchpoint["type"] == "poison":
            raise ZeroDivisionError
        return apply(customer, touchpoint, *rest)

    journal.apply = raising  # type: ignore[attr-defined,assignment]


def slow_commits() -> None:
    """Not a sabotage but a fault: every commit takes two seconds longer, as on a loaded broker."""
    import asyncio

    from streams.transactions import PartitionProducer

    commit = PartitionProducer.commit

    async def slow(self: Any) -> None:
        await asyncio.sleep(2.0)
        await commit(self)

    PartitionProducer.commit = slow  # type: ignore[method-assign]


def never_pause() -> None:
    """Take whatever the broker delivers, however much waits already."""
    from streams import lane

    lane.QUEUED_BATCHES = 1_000_000_000


def no_drain() -> None:
    """Let a revoked partition go at once; its lane ends when it has finished the transaction in hand."""
    import asyncio

    from streams.lanes import Lanes

    ending = []

    async def let_go(self: Any, tps: Any) -> None:
        numbers = {tp.partition for tp in tps} & self._owned
        self._owned -= numbers
        ending.extend(asyncio.create_task(self.lanes.pop(number).stop()) for number in sorted(numbers))

    Lanes.revoked = let_go  # type: ignore[method-assign]


def commits_wait_at_changes() -> None:
    """Not a sabotage but a fault: no commit gets an answer until 12 s after partitions were revoked.

    Before that each takes three seconds, so that some are under way: a worker is told to stop
    fetching a moment before it is told of the revocation. Needs a transaction timeout over 15 s.
    """
    import asyncio
    from time import monotonic

    from streams.lanes import Lanes
    from streams.transactions import PartitionProducer

    commit, revoked = PartitionProducer.commit, Lanes.revoked
    until = 0.0

    async def noting(self: Any, tps: Any) -> None:
        nonlocal until
        if self._owned:
            until = monotonic() + 12.0
        await revoked(self, tps)

    async def waiting(self: Any) -> None:
        await asyncio.sleep(3.0)
        await asyncio.sleep(until - monotonic())
        await commit(self)

    Lanes.revoked = noting  # type: ignore[method-assign]
    PartitionProducer.commit = waiting  # type: ignore[method-assign]


SABOTAGES: dict[str, Callable[[], None]] = {
    sabotage.__name__: sabotage
    for sabotage in (
        forget_applied_offset,
        forget_withdrawals,
        forget_contacts,
        forget_changes,
        no_fencing,
        commit_newest_acknowledged,
        swallow_poison,
        poison,
        slow_commits,
        never_pause,
        no_drain,
        commits_wait_at_changes,
    )
}
