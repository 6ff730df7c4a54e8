"""Attempts at one contact as one sentence, by the customer's wall clock; every moment has one final decision."""

from __future__ import annotations

from typing import Any

from streams.telling.explanation import explanation, sentences
from streams.telling.told_decision import told_attempts, told_candidates

NIGHT = 1_783_287_600_000  # 2026-07-05 22:40 in Lisbon, 21:40 UTC
MORNING = 1_783_321_200_000  # 2026-07-06 08:00 in Lisbon
Checks = list[tuple[str, str, dict[str, str]]]

VALID = ("still_valid", "ok", {"now": str(NIGHT), "expires_at": str(MORNING + 1), "mode": "live"})
VALID_LATER = ("still_valid", "ok", {"now": str(MORNING), "expires_at": str(MORNING + 1), "mode": "live"})
QUIET = (
    "quiet_hours",
    "quiet_hours",
    {"now": str(NIGHT), "zone": "Europe/Lisbon", "quiet_until": str(MORNING), "not_before": str(MORNING)},
)


def row(status: str, reason: str, checks: Checks, attempt: int = 1, at: int = NIGHT, **changes: Any) -> dict[str, Any]:
    return {
        "at": at,
        "decision_id": f"d{attempt}",
        "moment_id": "m1",
        "rule": "vehicle.breakdown",
        "rule_version": 2,
        "action": "help.coming",
        "action_class": "service",
        "attempt": attempt,
        "status": status,
        "reason": reason,
        "final": status != "deferred",
        "channel": "sms" if status == "triggered" else None,
        "policy": "outreach",
        "policy_version": 7,
        "mode": "live",
        "check_names": [name for name, _, _ in checks],
        "check_passed": [reason == "ok" for _, reason, _ in checks],
        "check_reasons": [reason for _, reason, _ in checks],
        "check_inputs": [inputs for _, _, inputs in checks],
        **changes,
    }


DEFERRED = row("deferred", "quiet_hours", [VALID, QUIET])
SENT = row("triggered", "ok", [VALID_LATER], attempt=2, at=MORNING)


def test_a_contact_that_waited_for_the_morning_is_told_in_one_sentence() -> None:
    assert told_attempts([DEFERRED, SENT]) == (
        "Not contacted: it was 22:40 in Lisbon, quiet until 08:00; tried again at 08:00: sent by SMS."
    )


def test_a_rehearsal_is_never_told_as_sent() -> None:
    rehearsed = row("triggered", "ok", [VALID, ("sandbox", "ok", {"sandbox": "yes"})])
    assert told_attempts([rehearsed]) == "Rehearsed, not sent, by SMS."


def test_one_that_was_resolved_while_it_waited_was_called_off() -> None:
    inputs = {"now": str(NIGHT + 60_000), "expires_at": str(MORNING), "resolved_at": str(NIGHT + 60_000)}
    cancelled = row("cancelled", "resolved", [("still_valid", "resolved", inputs)], attempt=2, at=NIGHT + 60_000)
    assert told_attempts([DEFERRED, cancelled]) == (
        "Not contacted: it was 22:40 in Lisbon, quiet until 08:00; called off: the matter is resolved."
    )


def test_without_a_known_zone_times_are_utc_and_say_so() -> None:
    cooling = ("cool_down", "cool_down", {"now": str(NIGHT), "until": str(MORNING)})
    assert told_attempts([row("refused", "cool_down", [cooling])]) == (
        "Not contacted: the same was offered lately and may not be again before 2026-07-06 07:00 UTC; "
        "it was 2026-07-05 21:40 UTC."
    )


def test_a_refusal_without_checks_is_told_by_its_reason() -> None:
    assert told_attempts([row("refused", "no_action", [])]) == "Not contacted: the policy has no answer to it."


def test_decisions_are_gathered_by_moment_and_the_last_attempt_holds() -> None:
    other = row("refused", "no_action", [], at=NIGHT - 1, moment_id="m0", action="")
    found = told_candidates([SENT, DEFERRED, other])
    assert [(one.moment_id, one.decided, [each.attempt for each in one.decisions]) for one in found] == [
        ("m0", True, [1]),
        ("m1", True, [1, 2]),
    ]
    assert sentences(found) == [
        "2026-07-05 21:39:59  vehicle.breakdown: Not contacted: the policy has no answer to it. (moment m0)",
        "2026-07-05 21:40:00  help.coming for vehicle.breakdown: Not contacted: it was 22:40 in Lisbon, quiet until "
        "08:00; tried again at 08:00: sent by SMS. (moment m1)",
    ]


def test_a_moment_that_waits_is_not_decided_for_good() -> None:
    (waiting,) = told_candidates([DEFERRED])
    assert not waiting.decided
    assert explanation(waiting) == [
        "moment m1: vehicle.breakdown v2, mode live",
        "Not contacted: it was 22:40 in Lisbon, quiet until 08:00.",
        "It is not decided for good: the last decision was to wait.",
        "2026-07-05 21:40:00  decision 1: deferred, quiet_hours; help.coming (service); policy outreach v7",
        "   1. still_valid: passed: it was 2026-07-05 22:40 in Lisbon, and an answer helps until "
        "2026-07-06 08:00 in Lisbon",
        "   2. quiet_hours: quiet_hours: it was 22:40 in Lisbon, quiet until 08:00",
    ]


def test_a_contact_that_was_taken_back_says_when_and_why() -> None:
    taken_back = {"at": MORNING + 1_200_000, "decision_id": "d2", "reason": "resolved"}
    another = {"at": MORNING, "decision_id": "d9", "reason": "bought"}
    (found,) = told_candidates([DEFERRED, SENT], [another, taken_back])
    assert found.in_words == (
        "Not contacted: it was 22:40 in Lisbon, quiet until 08:00; tried again at 08:00: sent by SMS; "
        "called off at 08:20, unless it had gone out: the matter is resolved."
    )
    assert (found.called_off_at, found.called_off_reason) == (MORNING + 1_200_000, "resolved")


def test_a_contact_that_nobody_took_back_says_nothing_of_it() -> None:
    (found,) = told_candidates([SENT])
    assert (found.called_off_at, found.called_off_reason) == (None, None)
    assert found.in_words == "Sent by SMS."
