from typing import Any

from streams.telling.records import Records
from streams.telling.story import story, when, why_not

NOON = 915_192_000_000  # 1999-01-01 12:00:00 UTC


def touchpoint(at: int, **changes: Any) -> dict[str, Any]:
    return {"at": at, "type": "queue.abandoned", "properties": {}, "outcome": "", "outcome_reason": "", **changes}


def moment(at: int, **changes: Any) -> dict[str, Any]:
    return {
        "at": at,
        "moment_id": "m1",
        "rule": "queue.long_wait",
        "rule_version": 2,
        "emotion": "stressed",
        "phase": "detected",
        "evidence_types": ["queue.entered", "queue.abandoned"],
        "evidence_times": [NOON - 345_000, NOON],
        **changes,
    }


def decision(at: int, **changes: Any) -> dict[str, Any]:
    return {
        "at": at,
        "decision_id": "d1",
        "moment_id": "m1",
        "action": "wait.apology",
        "status": "triggered",
        "reason": "ok",
        "channel": "sms",
        "check_names": ["identity", "consent"],
        "check_passed": [True, True],
        "check_inputs": [{}, {}],
        **changes,
    }


def told(**parts: list[dict[str, Any]]) -> list[str]:
    return story(Records(**{name: parts.get(name, []) for name in Records._fields}))


def test_a_touchpoint_is_told_with_its_facts_in_the_order_of_their_names() -> None:
    assert told(touchpoints=[touchpoint(NOON, properties={"wait_seconds": "345", "skill": "PS", "agent": ""})]) == [
        "1999-01-01 12:00:00  queue.abandoned (skill PS, wait_seconds 345)"
    ]


def test_a_touchpoint_that_was_not_accepted_says_so() -> None:
    assert told(touchpoints=[touchpoint(NOON, outcome="late", outcome_reason="older_than_allowed")]) == [
        "1999-01-01 12:00:00  queue.abandoned  [not counted: late, older_than_allowed]"
    ]


def test_times_among_the_facts_are_told_as_times() -> None:
    assert told(
        touchpoints=[touchpoint(NOON, properties={"due_at": str(NOON + 60_000), "card_id": "918574685000"})]
    ) == ["1999-01-01 12:00:00  queue.abandoned (card_id 918574685000, due_at 1999-01-01 12:01:00)"]


def test_a_resolved_moment_says_by_what() -> None:
    resolved = moment(NOON + 60_000, phase="resolved", evidence_types=["agent.connected"], evidence_times=[NOON])
    assert told(moments=[resolved]) == [
        "1999-01-01 12:01:00  * resolved: queue.long_wait v2, by agent.connected 1999-01-01 12:00:00"
    ]


def test_a_moment_stands_under_what_it_rests_on_and_names_it() -> None:
    assert told(touchpoints=[touchpoint(NOON), touchpoint(NOON + 1000)], moments=[moment(NOON)]) == [
        "1999-01-01 12:00:00  queue.abandoned",
        "1999-01-01 12:00:00  * stressed: queue.long_wait v2, because of queue.entered 1999-01-01 11:54:15, "
        "queue.abandoned 1999-01-01 12:00:00",
        "1999-01-01 12:00:01  queue.abandoned",
    ]


def test_a_triggered_decision_is_followed_by_its_trigger() -> None:
    trigger = {
        "at": NOON,
        "decision_id": "d1",
        "template": "sorry",
        "channel": "sms",
        "purpose": "care",
        "deliver_until": NOON + 3_600_000,
    }
    assert told(moments=[moment(NOON)], decisions=[decision(NOON)], triggers=[trigger])[1:] == [
        "1999-01-01 12:00:00    -> wait.apology: triggered on sms; checks: identity, consent",
        "1999-01-01 12:00:00       outreach asked for: sorry by sms for care, no later than 1999-01-01 13:00:00",
    ]


def test_a_refusal_is_told_in_plain_words_with_what_the_failed_check_saw() -> None:
    refused = decision(
        NOON,
        status="refused",
        reason="cool_down",
        check_names=["consent", "cool_down"],
        check_passed=[True, False],
        check_inputs=[{}, {"until": str(NOON + 1000), "asked": "2"}],
    )
    assert told(moments=[moment(NOON)], decisions=[refused])[1:] == [
        "1999-01-01 12:00:00    -> wait.apology: refused, the same was offered not long ago (cool_down); "
        "checks: consent, cool_down failed (asked 2, until 1999-01-01 12:00:01)"
    ]


def test_a_decision_whose_moment_is_not_known_is_told_all_the_same() -> None:
    assert told(decisions=[decision(NOON)]) == [
        "1999-01-01 12:00:00    -> wait.apology: triggered on sms; checks: identity, consent"
    ]


def test_a_dead_letter_names_place_reason_and_stage() -> None:
    dead = {
        "at": NOON,
        "topic": "touchpoints",
        "partition": 2,
        "offset": 17,
        "reason": "cut_short",
        "stage": "decode",
        "detail": "3 bytes",
    }
    assert told(dead=[dead]) == [
        "1999-01-01 12:00:00  dead letter at touchpoints[2] offset 17: cut_short in stage decode; 3 bytes"
    ]


def test_times_are_utc_to_the_second() -> None:
    assert when(NOON + 999) == "1999-01-01 12:00:00"


def test_a_reason_without_plain_words_stands_as_it_is() -> None:
    assert why_not("brand_new") == "brand_new"


def test_a_contact_that_was_called_off_has_a_line_of_its_own_at_its_time() -> None:
    taken_back = {"at": NOON + 60_000, "action": "wait.apology", "channel": "sms", "reason": "resolved"}
    assert told(decisions=[decision(NOON)], touchpoints=[touchpoint(NOON + 90_000)], cancellations=[taken_back]) == [
        "1999-01-01 12:00:00    -> wait.apology: triggered on sms; checks: identity, consent",
        "1999-01-01 12:01:00    called off: wait.apology by sms, the matter is resolved (resolved)",
        "1999-01-01 12:01:30  queue.abandoned",
    ]
