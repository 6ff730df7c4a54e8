"""The duplicate check of one customer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.customer import seen
from streams.customer.seen import CAPACITY, REMEMBERED_MS, SeenEvents, event_digest
from tests.customer.log import DAY, T0


def _digest(number: int) -> bytes:
    return event_digest("test", f"e{number}")


def test_an_event_is_remembered_for_seven_days() -> None:
    assert REMEMBERED_MS == 7 * DAY


def test_an_event_is_new_once() -> None:
    events = SeenEvents()
    assert [events.add(_digest(1), T0), events.add(_digest(1), T0), events.add(_digest(2), T0)] == [True, False, True]


def test_the_edge_of_remembering_is_exact() -> None:
    events = SeenEvents()
    events.add(_digest(1), T0)
    assert [events.remembers(_digest(1), T0 + after) for after in (7 * DAY - 1, 7 * DAY)] == [True, False]


def test_a_duplicate_changes_nothing_to_store() -> None:
    events = SeenEvents()
    events.add(_digest(1), T0)
    events.add(_digest(2), T0 + DAY)
    before = bytes(events.entries)
    events.add(_digest(2), T0 + 7 * DAY)
    assert bytes(events.entries) == before


def test_adding_forgets_what_is_too_old() -> None:
    events = SeenEvents()
    for number in range(3):
        events.add(_digest(number), T0 + number)
    events.add(_digest(9), T0 + 7 * DAY + 1)
    assert [number for number in (0, 1, 2, 9) if _digest(number) in events] == [2, 9]


def test_an_event_that_came_again_at_the_edge_is_remembered_from_then_on() -> None:
    events = SeenEvents()
    times = (T0, T0 + 7 * DAY, T0 + 7 * DAY + 1)
    assert [events.add(_digest(1), at) for at in times] == [True, True, False]


def test_over_capacity_the_oldest_is_forgotten_and_counted() -> None:
    events = SeenEvents()
    for number in range(CAPACITY + 3):
        events.add(_digest(number), T0)
    assert (len(events), events.forgotten, _digest(2) in events, _digest(3) in events) == (CAPACITY, 3, False, True)


def test_a_match_across_two_entries_is_no_match() -> None:
    events = SeenEvents()
    events.add(b"\1" * 8, 0)
    events.add(b"\2" * 8, 0)
    across = bytes(events.entries[4:12])
    assert (across in events, events.add(across, 0), across in events) == (False, True, True)


def test_bytes_that_come_back_go_on_where_they_stood() -> None:
    events = SeenEvents()
    for number in range(100):
        events.add(_digest(number), T0)
    again = SeenEvents(bytes(events.entries))
    assert [again.add(_digest(number), T0) for number in (0, 99, 100)] == [False, False, True]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 3 * DAY)), max_size=250))
def test_it_agrees_with_a_plain_dict(steps: list[tuple[int, int]]) -> None:
    events, times, clock = SeenEvents(), dict[int, int](), T0
    for number, passed in steps:
        clock += passed
        known = times.get(number)
        new = known is None or known <= clock - REMEMBERED_MS
        assert events.add(_digest(number), clock) is new
        if new:
            times[number] = clock


def test_many_events_are_searched_by_index_with_the_same_answers() -> None:
    events = SeenEvents()
    many = seen._INDEX_FROM // seen._ENTRY * 3
    assert all(events.add(_digest(number), T0 + number) for number in range(many))
    assert not any(events.add(_digest(number), T0 + many) for number in range(many))
    assert events.add(_digest(0), T0 + 7 * DAY)


def test_it_tells_when_the_newest_event_came() -> None:
    events = SeenEvents()
    before = events.newest_at
    events.add(_digest(1), T0)
    events.add(_digest(2), T0 + 5)
    assert (before, events.newest_at) == (None, T0 + 5)
