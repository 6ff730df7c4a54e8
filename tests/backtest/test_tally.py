"""What a world tells, counted."""

from __future__ import annotations

from typing import Any

from streams.backtest import read_period
from streams.backtest.tally import Tally
from tests.backtest.small_history import at

PERIOD = read_period("2026-01-05", "2026-01-08", "UTC")


def moment(moment_id: str, when: str, **more: Any) -> dict[str, Any]:
    return {
        "moment_id": moment_id,
        "rule": "wait.long",
        "customer_id": "c",
        "identified": True,
        "phase": "detected",
        "channel": "voice",
        "detected_at": at(when),
        "evidence": [{"source": "test", "event_id": "e1"}],
        **more,
    }


def decision(moment_id: str, status: str, attempt: int, **more: Any) -> dict[str, Any]:
    given = {"reason": "ok", "action": "sorry", "channel": None}
    return {"moment_id": moment_id, "status": status, "attempt": attempt, **given, **more}


def tally(*told: tuple[str, dict[str, Any]]) -> Tally:
    made = Tally("wait.long", PERIOD)
    for name, record in told:
        made(name, record)
    return made


def test_a_deferred_contact_waits_until_it_is_decided_again() -> None:
    first = [("Moment", moment("m", "01-05 10:00")), ("Decision", decision("m", "deferred", 1, reason="quiet_hours"))]
    assert tally(*first).rows["m"].status == "waiting"
    later = tally(*first, ("Decision", decision("m", "triggered", 2, channel="sms")), ("Trigger", {"moment_id": "m"}))
    assert (later.rows["m"].status, later.rows["m"].channel, later.triggers) == ("triggered", "sms", 1)


def test_a_contact_that_is_called_off_stays_a_contact_and_is_counted_as_such() -> None:
    found = tally(
        ("Moment", moment("m", "01-05 10:00")),
        ("Decision", decision("m", "triggered", 1, channel="sms")),
        ("Cancellation", {"moment_id": "m"}),
    )
    assert (found.rows["m"].status, found.rows["m"].cancelled) == ("triggered", True)


def test_a_moment_before_the_period_counts_only_for_the_place_of_those_after_it() -> None:
    found = tally(("Moment", moment("m1", "01-04 23:59")), ("Moment", moment("m2", "01-05 00:00")))
    assert [(moment_id, row.nth) for moment_id, row in found.rows.items()] == [("m2", 1)]


def test_a_moment_that_is_resolved_is_not_a_second_one() -> None:
    found = tally(
        ("Moment", moment("m", "01-05 10:00")),
        ("Moment", moment("m", "01-05 11:00", phase="resolved")),
    )
    assert [row.resolved for row in found.rows.values()] == [True]


def test_a_rule_that_fails_is_counted_by_what_failed() -> None:
    letter = {"stage": "rule", "reason": "rule_error", "rule": "wait.long", "detail": "KeyError in window.py, line 9"}
    assert tally(("DeadLetter", letter), ("DeadLetter", letter)).failures == {
        ("wait.long", "KeyError in window.py, line 9"): 2
    }
