"""No commit passes an unfinished record, and what is finished beyond it is not forgotten.

Sabotage: ``position`` that gives ``next_offset``; ``due`` without its bitmap.
"""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery.ledger import MOST_UNFINISHED, SPAN, Ledger

BROKER_METADATA = 4096
"""offset.metadata.max.bytes, a broker's default."""


def test_the_commit_stops_at_the_oldest_unfinished_record() -> None:
    ledger = Ledger(100)
    for offset in (100, 101, 102):
        assert ledger.take(offset)
    ledger.finish(101)
    ledger.finish(102)
    assert ledger.position == 100
    ledger.finish(100)
    assert (ledger.position, ledger.unfinished) == (103, 0)


def test_whoever_takes_over_does_not_repeat_what_ended_ahead() -> None:
    ledger = Ledger(100)
    for offset in range(100, 110):
        ledger.take(offset)
    for offset in (101, 105, 109):
        ledger.finish(offset)
    told = ledger.due()
    assert told is not None
    successor = Ledger(*told)
    assert [offset for offset in range(100, 110) if successor.take(offset)] == [100, 102, 103, 104, 106, 107, 108]


def test_nothing_is_due_when_what_was_told_still_holds() -> None:
    ledger = Ledger(5)
    assert ledger.due() is None
    ledger.take(5)
    assert ledger.due() is None
    ledger.finish(5)
    told = ledger.due()
    assert told == (6, "")
    ledger.committed((6, ""))
    assert ledger.due() is None


def test_gaps_of_transactions_do_not_hold_the_commit() -> None:
    ledger = Ledger(0)
    for offset in (3, 7, 8):
        ledger.take(offset)
        ledger.finish(offset)
    assert ledger.due() == (9, "")


def test_a_full_span_still_fits_into_the_metadata_of_a_commit() -> None:
    ledger, chance = Ledger(0), random.Random(1)
    for offset in range(SPAN):
        ledger.take(offset)
    assert ledger.is_full
    for offset in range(1, SPAN):
        if chance.random() < 0.5:
            ledger.finish(offset)
    told = ledger.due()
    assert told is not None
    assert (told[0], len(told[1]) < BROKER_METADATA) == (0, True)


def test_reading_stops_at_the_bounds_and_goes_on_with_room() -> None:
    ledger = Ledger(0)
    for offset in range(MOST_UNFINISHED):
        ledger.take(offset)
    assert (ledger.is_full, ledger.has_room) == (True, False)
    for offset in range(MOST_UNFINISHED // 2 + 1):
        ledger.finish(offset)
    assert (ledger.is_full, ledger.has_room) == (False, True)


def test_metadata_of_others_says_nothing() -> None:
    for text in ("", "0-100-abc", "d1:", "d1:not base85 \x00", "d1:" + "A" * 50):
        assert Ledger(7, text).take(8)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=120))
def test_over_any_kills_every_record_is_finished_and_none_after_it_was_told(steps: list[tuple[bool, int]]) -> None:
    """A step finishes a record or kills; what was committed before a kill is never offered again."""
    end = 41
    told: tuple[int, str] = (0, "")
    ledger = Ledger(*told)
    offered = {offset for offset in range(end) if ledger.take(offset)}
    known: set[int] = set()
    for is_kill, offset in steps:
        if is_kill:
            ledger = Ledger(*told)
            offered = {one for one in range(told[0], end) if ledger.take(one)}
            assert offered == set(range(end)) - known
        elif offset in offered:
            ledger.finish(offset)
            known.add(offset)
            told = ledger.due() or told
            ledger.committed(told)


def test_what_is_passed_over_stays_to_be_done_and_nothing_waits_for_it() -> None:
    ledger = Ledger(0)
    for offset in range(3):
        ledger.take(offset)
    ledger.pass_over(0)
    ledger.finish(1)
    assert (ledger.waiting, ledger.unfinished, ledger.position) == (1, 2, 0)
    ledger.finish(2)
    assert ledger.waiting == 0
    told = ledger.due()
    assert told is not None
    later = Ledger(*told)
    assert [offset for offset in range(3) if later.take(offset)] == [0]
