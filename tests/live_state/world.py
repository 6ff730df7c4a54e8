"""A partition that has taken in a log written by hand: what a worker answers from."""

from __future__ import annotations

from streams.customer import Partition, process_all
from streams.live_state.view import AsOf, LiveState, live_state
from tests.customer.log import CODEC, Log


def partition_of(log: Log) -> Partition:
    """The only one, with the whole log applied and its changes taken."""
    partition = Partition(0, 1, CODEC)
    process_all(partition, log.records)
    list(partition.take_changes())
    partition.take_outputs()
    return partition


def as_of(partition: Partition, now: int) -> AsOf:
    """How new an answer at ``now`` (ms UTC) is."""
    return AsOf(
        partition=0,
        applied_offset=partition.applied,
        behind_records=0,
        clock=partition.clock.now,
        mode="live",
        now=now,
    )


def seen(log: Log, now: int, customer_id: str = "c1", **options: object) -> LiveState:
    """The view of a customer at ``now``."""
    partition = partition_of(log)
    customer = partition.look(customer_id)
    assert customer is not None
    return live_state(customer, customer_id, partition.definitions, as_of(partition, now), **options)  # type: ignore[arg-type]
