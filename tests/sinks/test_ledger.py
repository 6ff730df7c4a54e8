"""R2, one step at a time: every state of a promise against what the log may then hold."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sinks import IntentMismatch, IntentUnreadable, OffsetGone
from sinks.ledger import Batch, Commit, Intent, Ledger, Partition, digest
from sinks.rows import Record

HERE = Partition("touchpoints", 2)
HIGH = 100


def records(*offsets: int) -> list[Record]:
    return [Record(offset, 1000 + offset, b"key", b"value %d" % offset) for offset in offsets]


PROMISED = Intent(5, 9, digest(records(5, 6, 7, 8, 9)))


def fresh() -> Ledger:
    return Ledger(HERE, None, "", 0, HIGH)


def settled_at_5() -> Ledger:
    return Ledger(HERE, 5, "", 0, HIGH)


def promised_5_to_9() -> Ledger:
    return Ledger(HERE, 5, PROMISED.metadata, 0, HIGH)


def fed(ledger: Ledger, offsets: Iterable[int]) -> Batch | None:
    for record in records(*offsets):
        ledger.take(record)
    return ledger.batch()


def offsets(batch: Batch | None) -> list[int]:
    return [record.offset for record in batch.records] if batch else []


# -- nothing was ever committed -----------------------------------------------------------------


def test_a_group_that_never_committed_begins_where_the_log_begins() -> None:
    assert Ledger(HERE, None, "", 17, HIGH).next_offset == 17


def test_fresh_and_new() -> None:
    assert offsets(fed(fresh(), [0, 1, 2])) == [0, 1, 2]


def test_fresh_and_a_gap_which_transactions_leave() -> None:
    assert offsets(fed(fresh(), [3, 4, 6])) == [3, 4, 6]


@pytest.mark.parametrize("again", [[0, 1, 2], [1, 2], [0]], ids=["same", "overlap", "lower"])
def test_fresh_and_what_was_read_already(again: list[int]) -> None:
    assert offsets(fed(fresh(), [0, 1, 2, *again])) == [0, 1, 2]


# -- all that was promised is settled -----------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "taken"),
    [
        pytest.param([0, 1, 2, 3, 4], [], id="same"),
        pytest.param([5, 6, 7], [5, 6, 7], id="new"),
        pytest.param([3, 4, 5, 6], [5, 6], id="overlap"),
        pytest.param([8, 9], [8, 9], id="gap"),
        pytest.param([1, 2], [], id="lower"),
    ],
)
def test_settled_and(read: list[int], taken: list[int]) -> None:
    assert offsets(fed(settled_at_5(), read)) == taken


def test_a_fresh_batch_is_not_promised_yet() -> None:
    batch = fed(settled_at_5(), [5, 6])
    assert batch is not None
    assert batch.promised is False
    assert batch.promise == Commit(HERE, 5, f"5-6-{digest(records(5, 6))}")
    assert batch.settlement == Commit(HERE, 7, "")


# -- a promise is open --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [
        pytest.param([5, 6, 7, 8, 9], id="same"),
        pytest.param([5, 6, 7, 8, 9, 10, 11], id="overlap at the end"),
        pytest.param([3, 4, 5, 6, 7, 8, 9], id="overlap at the beginning"),
    ],
)
def test_promised_and_the_range_is_there_gives_exactly_the_promised_batch(read: list[int]) -> None:
    batch = fed(promised_5_to_9(), read)
    assert batch is not None
    assert (batch.intent, batch.promised, offsets(batch)) == (PROMISED, True, [5, 6, 7, 8, 9])


def test_promised_and_lower_is_not_taken() -> None:
    assert [promised_5_to_9().take(record) for record in records(0, 4)] == [False, False]


@pytest.mark.parametrize("read", [[], [5, 6], [5, 6, 7, 8]])
def test_promised_and_not_read_to_its_end_gives_nothing_yet(read: list[int]) -> None:
    assert fed(promised_5_to_9(), read) is None


@pytest.mark.parametrize(
    "read",
    [
        pytest.param([10, 11], id="new"),
        pytest.param([5, 6, 9], id="gap inside"),
        pytest.param([7, 8, 9], id="gap at the beginning"),
        pytest.param([5, 6, 7, 8, 10], id="gap at the end"),
    ],
)
def test_promised_and_records_are_missing_is_an_error(read: list[int]) -> None:
    with pytest.raises(IntentMismatch):
        fed(promised_5_to_9(), read)


def test_promised_and_a_record_was_changed_is_an_error_that_says_what_to_look_at() -> None:
    ledger = promised_5_to_9()
    changed = [record._replace(value=b"other") if record.offset == 7 else record for record in records(5, 6, 7, 8, 9)]
    for record in changed:
        ledger.take(record)
    with pytest.raises(IntentMismatch) as error:
        ledger.batch()
    assert str(error.value) == (
        f"touchpoints[2]: promised was 5-9-{PROMISED.digest}, the log now holds 5-9-{digest(changed)} in 5 records;"
        " the topic was changed under the loader; look whether the raw table holds rows of this partition with offset"
        " 5 to 9, then reset the group's offset with kafka-consumer-groups: to 10 if it does, to 5 if it does not"
    )


def test_what_was_read_beyond_the_promise_comes_in_the_next_batch() -> None:
    ledger = promised_5_to_9()
    first = fed(ledger, [5, 6, 7, 8, 9, 12, 13])
    assert first is not None
    ledger.settled(first)
    following = ledger.batch()
    assert following is not None
    assert (offsets(following), following.promised) == ([12, 13], False)


def test_what_is_read_between_batch_and_settlement_is_kept() -> None:
    ledger = settled_at_5()
    first = fed(ledger, [5, 6])
    assert first is not None
    ledger.take(*records(7))
    ledger.settled(first)
    assert (offsets(ledger.batch()), ledger.waiting) == ([7], 1)


# -- commits that cannot be used ----------------------------------------------------------------


@pytest.mark.parametrize(
    "metadata", ["x", "5-9", "5-9-abc", "6-9-" + "0" * 32, "5-4-" + "0" * 32, "5-9-" + "0" * 32 + " "]
)
def test_metadata_that_no_loader_wrote_is_an_error(metadata: str) -> None:
    with pytest.raises(IntentUnreadable, match="which no loader wrote; give the loader a group of its own"):
        Ledger(HERE, 5, metadata, 0, HIGH)


@pytest.mark.parametrize(
    ("committed", "metadata", "low", "high"),
    [
        pytest.param(5, "", 6, 100, id="retention ran over it"),
        pytest.param(5, "", 0, 4, id="the topic was made anew"),
        pytest.param(5, PROMISED.metadata, 6, 100, id="retention ran over a promise"),
        pytest.param(5, PROMISED.metadata, 0, 9, id="the log ends inside a promise"),
    ],
)
def test_an_offset_outside_the_log_is_an_error(committed: int, metadata: str, low: int, high: int) -> None:
    with pytest.raises(OffsetGone, match=rf"the log holds offsets {low} to {high - 1}; rows in between cannot"):
        Ledger(HERE, committed, metadata, low, high)


@pytest.mark.parametrize(("low", "high"), [(5, 5), (0, 5), (5, 100)])
def test_an_offset_at_either_end_of_the_log_is_fine(low: int, high: int) -> None:
    assert Ledger(HERE, 5, "", low, high).next_offset == 5


# -- tokens and digests -------------------------------------------------------------------------


def test_the_token_names_table_place_range_and_digest() -> None:
    assert Batch.of(HERE, records(5, 6, 9)).token("touchpoints") == (
        f"touchpoints|touchpoints|2|5-9|{digest(records(5, 6, 9))}"
    )


@pytest.mark.parametrize(
    "other",
    [
        [Record(1, 2, b"a", b"b"), Record(2, 2, b"", b"")],
        [Record(1, 2, b"ab", b""), Record(2, 2, None, b"")],
        [Record(1, 2, b"a", b"b"), Record(2, 3, None, b"")],
        [Record(1, 2, b"a", b"b"), Record(3, 2, None, b"")],
        [Record(1, 2, b"a", b"b"), Record(2, 2, None, None)],
        [Record(1, 2, b"a", b"b")],
    ],
)
def test_records_that_differ_in_anything_have_another_digest(other: list[Record]) -> None:
    assert digest(other) != digest([Record(1, 2, b"a", b"b"), Record(2, 2, None, b"")])


def test_the_digest_of_a_batch_is_the_same_in_every_process() -> None:
    assert digest([Record(1, 2, b"a", None)]) == "bc0b0fefa432b8069613991ef7bb3220"
