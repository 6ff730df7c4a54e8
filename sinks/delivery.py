"""Promise, insert, settle: the order that makes a batch arrive once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sinks.ledger import Batch, Commit
from sinks.rows import Rows, Table


@dataclass(frozen=True, slots=True)
class Shipment:
    """A batch with its rows, on its way to a table."""

    batch: Batch
    table: Table
    rows: Rows


class Offsets(Protocol):
    """Where promises and settlements go, and who holds the records until then."""

    def commit(self, commits: Sequence[Commit]) -> None:
        """Make them durable, all or an exception; refused when a partition is no longer ours."""

    def settled(self, batch: Batch) -> None:
        """Let go of the batch's records."""


class Store(Protocol):
    """Where rows go."""

    def insert(self, table: Table, rows: Rows, token: str) -> None:
        """Insert them as one block, unless an insert with that token was there already."""


def deliver(shipments: Sequence[Shipment], offsets: Offsets, store: Store) -> None:
    """Bring batches of different partitions into their tables, a batch of two records into both of its.

    1. promise all of them, in one commit;
    2. insert each that has rows;
    3. settle all of them, in one commit, and only then let go of the records.

    An exception of any step leaves the promises open: whoever reads them next sends the same
    batches again.
    """
    batches = list(
        {(shipment.batch.partition, shipment.batch.intent): shipment.batch for shipment in shipments}.values()
    )
    if fresh := [batch.promise for batch in batches if not batch.promised]:
        offsets.commit(fresh)
    for shipment in shipments:
        if len(shipment.rows):
            store.insert(shipment.table, shipment.rows, shipment.batch.token(shipment.table.name))
    offsets.commit([batch.settlement for batch in batches])
    for batch in batches:
        offsets.settled(batch)
