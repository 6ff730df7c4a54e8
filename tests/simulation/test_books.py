"""The city's own books, against sums done by hand."""

from __future__ import annotations

from typing import Any

from schemas import Touchpoint
from streams.simulation import Expected
from streams.simulation.contact_book import ContactBook
from streams.simulation.plan import DAY_MS
from streams.simulation.promise_book import PromiseBook
from streams.simulation.visit_book import VisitBook

HOUR = 3_600_000
Told = list[tuple[str, str, int]]


def touchpoint(event_id: str, at: int, kind: str = "ivr.entered", customer_id: str = "c1") -> Touchpoint:
    made: Any = {
        "event_id": event_id,
        "customer_id": customer_id,
        "occurred_at": at,
        "type": kind,
        "identified": True,
    }
    result: Touchpoint = made
    return result


def short(told: list[Expected]) -> Told:
    return [(one.rule, one.opening, one.at) for one in told]


def contacts(*events: tuple[int, str], gave_up: tuple[int, ...] = ()) -> Told:
    """Contacts (when, reason) with ids e0, e1 ...; those in ``gave_up`` hang up a minute later."""
    told: list[Expected] = []
    book = ContactBook(told.append)
    for number, (at, reason) in enumerate(events):
        opening = touchpoint(f"e{number}", at)
        book.contact(opening, reason)
        if number in gave_up:
            book.gave_up(opening, at + 60_000)
    book.close()
    return short(told)


def test_the_same_reason_within_seven_days_is_repeated() -> None:
    assert contacts((0, "bill"), (7 * DAY_MS - 1, "bill")) == [("contact.repeated", "e0", 7 * DAY_MS - 1)]


def test_at_seven_days_it_is_not() -> None:
    assert contacts((0, "bill"), (7 * DAY_MS, "bill")) == []


def test_for_a_day_a_repetition_is_told_once() -> None:
    told = contacts((0, "bill"), (HOUR, "bill"), (2 * HOUR, "bill"), (DAY_MS + HOUR, "bill"))
    assert [one for one in told if one[0] == "contact.repeated"] == [
        ("contact.repeated", "e0", HOUR),
        ("contact.repeated", "e0", DAY_MS + HOUR),
    ]


def test_a_third_contact_for_any_reason_is_told_once_a_week() -> None:
    told = contacts((0, "a"), (HOUR, "b"), (2 * HOUR, "c"), (3 * HOUR, "d"), (7 * DAY_MS + 2 * HOUR, "e"))
    assert told == [("contact.third", "e0", 2 * HOUR)]


def test_who_gave_up_and_stays_away_for_three_days_is_silent() -> None:
    assert contacts((0, "a"), gave_up=(0,)) == [("queue.abandoned_silent", "e0", 60_000 + 3 * DAY_MS)]


def test_who_comes_back_a_millisecond_before_is_not() -> None:
    assert contacts((0, "a"), (60_000 + 3 * DAY_MS - 1, "b"), gave_up=(0,)) == []


def test_who_comes_back_at_three_days_is() -> None:
    told = contacts((0, "a"), (60_000 + 3 * DAY_MS, "b"), gave_up=(0,))
    assert told == [("queue.abandoned_silent", "e0", 60_000 + 3 * DAY_MS)]


def test_three_calls_in_a_row_are_as_many_as_anybody_bears_and_two_days_give_one_back() -> None:
    book = ContactBook(lambda _: None)
    for number in range(3):
        assert book.bears_a_call("c1", number)
        book.call(touchpoint(f"e{number}", number), "bill")
    assert not book.bears_a_call("c1", 3)
    assert book.bears_a_call("c1", 2 * DAY_MS)


def kept(*promises: tuple[int, int]) -> Told:
    """Promises (due, kept at), each made a day before it is due, with ids m0, m1 ..."""
    told: list[Expected] = []
    book = PromiseBook(told.append)
    for number, (due, at) in enumerate(promises):
        book.kept(touchpoint(f"m{number}", due - DAY_MS), due, at)
    return short(told)


def test_half_a_day_early_is_exceeded_and_told_once_in_thirty_days() -> None:
    month = 30 * DAY_MS
    assert kept((DAY_MS, DAY_MS // 2), (2 * DAY_MS, DAY_MS), (DAY_MS + month, DAY_MS // 2 + month)) == [
        ("promise.exceeded", "m0", DAY_MS // 2),
        ("promise.exceeded", "m2", DAY_MS // 2 + month),
    ]


def test_a_millisecond_later_is_as_promised() -> None:
    assert kept((DAY_MS, DAY_MS // 2 + 1)) == []


def test_the_third_minimum_in_ninety_days_counts_from_the_oldest_promise() -> None:
    assert kept((DAY_MS, DAY_MS), (3 * DAY_MS, 3 * DAY_MS), (91 * DAY_MS - 1, 91 * DAY_MS - 1)) == [
        ("promise.minimum_again", "m0", 91 * DAY_MS - 1)
    ]


def test_a_day_late_is_no_minimum() -> None:
    assert kept((DAY_MS, DAY_MS), (3 * DAY_MS, 3 * DAY_MS), (5 * DAY_MS, 6 * DAY_MS)) == []


def seen(*times: int) -> Told:
    """Visits with ids v0, v1 ..."""
    told: list[Expected] = []
    book = VisitBook(told.append)
    for number, at in enumerate(times):
        book.see(touchpoint(f"v{number}", at, "session.started"))
    book.close()
    return short(told)


def test_three_usual_gaps_of_nothing_are_an_unusual_silence() -> None:
    assert seen(*(2 * DAY_MS * n for n in range(6))) == [("silence.unusual", "v5", 16 * DAY_MS)]


def test_four_gaps_are_no_rhythm() -> None:
    assert seen(*(2 * DAY_MS * n for n in range(5))) == []


def test_who_comes_each_hour_is_missed_after_three_days() -> None:
    assert seen(*(HOUR * n for n in range(6))) == [("silence.unusual", "v5", 5 * HOUR + 3 * DAY_MS)]


def test_a_visit_in_time_breaks_the_silence_and_one_at_its_end_does_not() -> None:
    rhythm = [2 * DAY_MS * n for n in range(6)]
    assert [one[1] for one in seen(*rhythm, 16 * DAY_MS - 1)] == ["v6"]
    assert [one[1] for one in seen(*rhythm, 16 * DAY_MS)] == ["v5", "v6"]
