"""R2 as a model: whatever is killed, lost or taken over in between, the store holds the log, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sinks.delivery import Shipment, deliver
from sinks.ledger import Batch, Commit, Ledger, Partition
from sinks.rows import TABLES, Record, Rows, Table
from streams.topics import TOUCHPOINTS

HERE = Partition("touchpoints", 0)
TABLE = TABLES[TOUCHPOINTS]
GO_ON, KILL, TAKE_OVER = "go on", "kill", "take over"


class Killed(Exception):
    """The process that was at work is gone."""


class NotOurs(Exception):
    """Kafka refuses the commit of a member whose partitions were dealt to another."""


class World:
    """Kafka and ClickHouse as they are, and a fate that strikes between any two effects.

    Args:
        log: offsets, with the gaps that transactions leave.
        fate: what happens at each step, in order; afterwards nothing does.
        sizes: how many records each batch takes, in order; afterwards all.
        window: whether the tables know tokens again.
    """

    def __init__(self, log: Sequence[int], fate: Sequence[str], sizes: Sequence[int], *, window: bool = True) -> None:
        self.log = [Record(offset, offset, None, b"%d" % offset) for offset in log]
        self.committed: int | None = None
        self.metadata = ""
        self.table: list[int] = []
        self.view = 0
        self.generation = 0
        self._table_tokens: set[str] = set()
        self._view_tokens: set[str] = set()
        self._fate: Iterator[str] = iter(fate)
        self._sizes: Iterator[int] = iter(sizes)
        self._window = window

    def run(self) -> None:
        """Start one loader after the other until one finds nothing to do."""
        while self.committed != self.end or self.metadata:
            self._loader()

    @property
    def end(self) -> int:
        """The offset after the last."""
        return self.log[-1].offset + 1

    def step(self) -> None:
        """Between any two effects."""
        action = next(self._fate, GO_ON)
        if action == KILL:
            raise Killed
        if action == TAKE_OVER:
            self._loader()

    def size(self) -> int:
        """How many records the next batch takes."""
        return next(self._sizes, len(self.log))

    def store(self, offsets: list[int], token: str) -> None:
        """ClickHouse: the table first, then its view, each with a memory of its own."""
        self.step()
        if not self._window or token not in self._table_tokens:
            self._table_tokens.add(token)
            self.table += offsets
        self.step()
        if not self._window or token not in self._view_tokens:
            self._view_tokens.add(token)
            self.view += len(offsets)
        self.step()

    def commit(self, commit: Commit, generation: int) -> None:
        """Kafka: refused for all but the newest member; the answer may not arrive."""
        self.step()
        if generation != self.generation:
            raise NotOurs
        if not commit.metadata:
            missing = {record.offset for record in self.log if record.offset < commit.offset} - set(self.table)
            assert not missing, f"committed past {sorted(missing)}, which are not stored"
        self.committed, self.metadata = commit.offset, commit.metadata
        self.step()

    def _loader(self) -> None:
        with suppress(Killed, NotOurs):
            Member(self).run()


class Member:
    """A loader's loop without Kafka and ClickHouse."""

    def __init__(self, world: World) -> None:
        world.generation += 1
        self._world = world
        self._generation = world.generation
        self._ledger = Ledger(HERE, world.committed, world.metadata, 0, world.end)

    def run(self) -> None:
        """Deliver until the log's end."""
        world, ledger = self._world, self._ledger
        while ledger.next_offset < world.end or ledger.waiting:
            following = [record for record in world.log if record.offset >= ledger.next_offset]
            for record in following[: world.size()]:
                ledger.take(record)
            if batch := ledger.batch():
                DELIVER([shipment(batch)], self, self)

    def commit(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            self._world.commit(commit, self._generation)

    def settled(self, batch: Batch) -> None:
        self._ledger.settled(batch)

    def insert(self, table: Table, rows: Rows, token: str) -> None:
        self._world.store(list(rows.columns[0]), token)


def shipment(batch: Batch) -> Shipment:
    return Shipment(batch, TABLE, Rows([[record.offset for record in batch.records]], {}))


DELIVER: Callable[..., None] = deliver

LOGS = st.lists(st.integers(0, 40), min_size=1, max_size=25, unique=True).map(sorted)
FATES = st.lists(st.sampled_from([GO_ON, GO_ON, GO_ON, KILL, TAKE_OVER]), max_size=40)
SIZES = st.lists(st.integers(1, 8), max_size=30)
MANY = settings(max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck))
UNTIL_FOUND = settings(MANY, phases=[Phase.generate])


def holds(world: World) -> None:
    """The checker."""
    world.run()
    assert sorted(world.table) == [record.offset for record in world.log]
    assert world.view == len(world.log)


@MANY
@given(LOGS, FATES, SIZES)
def test_the_store_holds_the_log_once_whatever_strikes_between_two_steps(
    log: list[int], fate: list[str], sizes: list[int]
) -> None:
    holds(World(log, fate, sizes))


@pytest.mark.parametrize("step", range(14))
@pytest.mark.parametrize("action", [KILL, TAKE_OVER])
def test_every_single_step_can_be_struck(step: int, action: str) -> None:
    holds(World(range(10), [GO_ON] * step + [action], [4, 3, 9, 2]))


def fails(deliver_wrongly: Callable[..., None] = deliver, *, window: bool = True) -> bool:
    """Whether the same checker, on the same schedules, finds the sabotage."""

    @UNTIL_FOUND
    @given(LOGS, FATES, SIZES)
    def check(log: list[int], fate: list[str], sizes: list[int]) -> None:
        holds(World(log, fate, sizes, window=window))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.DELIVER", deliver_wrongly)
        try:
            check()
        except AssertionError:
            return True
    return False


def test_sabotage_a_table_that_forgets_tokens_is_found() -> None:
    assert fails(window=False)


def test_sabotage_a_promise_that_is_not_written_is_found() -> None:
    def without_promise(shipments: Sequence[Shipment], offsets: Member, store: Member) -> None:
        for each in shipments:
            store.insert(each.table, each.rows, each.batch.token(each.table.name))
        offsets.commit([each.batch.settlement for each in shipments])
        for each in shipments:
            offsets.settled(each.batch)

    assert fails(without_promise)


def test_sabotage_a_settlement_before_the_insert_is_found() -> None:
    def settling_first(shipments: Sequence[Shipment], offsets: Member, store: Member) -> None:
        offsets.commit([each.batch.settlement for each in shipments])
        for each in shipments:
            store.insert(each.table, each.rows, each.batch.token(each.table.name))
            offsets.settled(each.batch)

    assert fails(settling_first)


def test_sabotage_a_resent_batch_under_another_token_is_found() -> None:
    counter = iter(range(10**9))

    def with_a_new_token(shipments: Sequence[Shipment], offsets: Member, store: Member) -> None:
        class Renaming:
            def insert(self, table: Table, rows: Rows, token: str) -> None:
                store.insert(table, rows, f"{token}|{next(counter)}")

        deliver(shipments, offsets, Renaming())

    assert fails(with_a_new_token)


# -- the steps themselves -----------------------------------------------------------------------


class Recording:
    """Notes what is asked of it, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def commit(self, commits: Sequence[Commit]) -> None:
        self.calls += [f"commit {commit.offset} {'promise' if commit.metadata else ''}".strip() for commit in commits]

    def settled(self, batch: Batch) -> None:
        self.calls.append(f"settled {batch.intent.first}")

    def insert(self, table: Table, rows: Rows, token: str) -> None:
        self.calls.append(f"insert {token.split('|')[3]}")


def batch(*offsets: int, promised: bool = False) -> Batch:
    return Batch.of(HERE, [Record(offset, 0, None, b"") for offset in offsets], promised=promised)


def test_all_are_promised_then_inserted_then_settled() -> None:
    seen = Recording()
    deliver([shipment(batch(1, 2)), shipment(batch(7))], seen, seen)
    assert seen.calls == [
        "commit 1 promise",
        "commit 7 promise",
        "insert 1-2",
        "insert 7-7",
        "commit 3",
        "commit 8",
        "settled 1",
        "settled 7",
    ]


def test_a_batch_for_two_tables_is_promised_and_settled_once() -> None:
    seen = Recording()
    both = batch(1, 2)
    deliver([shipment(both), shipment(both)], seen, seen)
    assert seen.calls == ["commit 1 promise", "insert 1-2", "insert 1-2", "commit 3", "settled 1"]


def test_an_open_promise_is_not_written_again() -> None:
    seen = Recording()
    deliver([shipment(batch(1, 2, promised=True))], seen, seen)
    assert seen.calls == ["insert 1-2", "commit 3", "settled 1"]


def test_a_batch_without_rows_is_settled_without_an_insert() -> None:
    seen = Recording()
    deliver([Shipment(batch(1), TABLE, Rows([[]], {"control": 1}))], seen, seen)
    assert seen.calls == ["commit 1 promise", "commit 2", "settled 1"]
