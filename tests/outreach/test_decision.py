"""From a moment to a decision: each check in its order, each refusal with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import Decision, Moment, Trigger
from streams.outreach import NO_POLICY, OutreachState, Policy, decide, parse_policy

T0 = 1_795_422_600_000
HOUR = 3_600_000
DAY = 24 * HOUR

POLICY = parse_policy(
    """
id: outreach
version: 4
description: For tests.
actions:
  - id: call.back
    moments: [queue.abandoned, queue.long_wait]
    class: service
    purpose: care
    channels: [sms, email, push]
    template: call_back
    cool_down: 7d
  - id: gift
    moments: [first.service]
    class: promotional
    purpose: marketing
    channels: [email]
    template: thanks
""",
    "policy.yaml",
)


def moment(**fields: Any) -> Moment:
    """A moment of an identified customer that opened a minute before it was detected at T0."""
    made: Any = {
        "moment_id": "0123456789abcdef0123456789abcdef",
        "rule": "queue.abandoned",
        "rule_version": 3,
        "customer_id": "c1",
        "identified": True,
        "emotion": "stressed",
        "intensity": 0.5,
        "phase": "detected",
        "channel": "voice",
        "correlation_id": "call-1",
        "evidence": [
            {
                "event_id": "e1",
                "source": "pbx",
                "type": "queue.abandoned",
                "channel": "voice",
                "occurred_at": T0 - 60_000,
            }
        ],
        "context": {"skill": "PS"},
        "opened_at": T0 - 60_000,
        "detected_at": T0,
        "expires_at": T0 + DAY,
        "mode": "live",
        **fields,
    }
    result: Moment = made
    return result


def consenting(*channels: str) -> OutreachState:
    """A customer who granted care on these channels."""
    state = OutreachState()
    for channel in channels:
        state.note_consent("consent.given", "care", channel, T0 - DAY)
    return state


def decided(
    state: OutreachState,
    of: Moment | None = None,
    now: int = T0,
    resolved_at: int | None = None,
    policy: Policy = POLICY,
) -> tuple[Decision, Trigger | None]:
    """The decision at ``now``."""
    return decide(policy, state, of or moment(), now, resolved_at)


def reason(*args: Any, **kwargs: Any) -> str:
    """Only the reason."""
    return decided(*args, **kwargs)[0]["reason"]


# -- yes ----------------------------------------------------------------------------------------


def test_a_moment_that_passes_every_check_is_triggered() -> None:
    decision, trigger = decided(consenting("sms"))
    assert decision == {
        "decision_id": "0b0c1c4d52f1a0edbe23ac2fb5b829d3",
        "moment_id": "0123456789abcdef0123456789abcdef",
        "customer_id": "c1",
        "rule": "queue.abandoned",
        "rule_version": 3,
        "action": "call.back",
        "action_class": "service",
        "attempt": 1,
        "status": "triggered",
        "reason": "ok",
        "checks": [
            {"name": "pause", "passed": True, "reason": "ok", "inputs": {"paused": "no"}},
            {
                "name": "still_valid",
                "passed": True,
                "reason": "ok",
                "inputs": {"expires_at": str(T0 + DAY), "mode": "live", "now": str(T0)},
            },
            {"name": "identity", "passed": True, "reason": "ok", "inputs": {"identified": "true"}},
            {
                "name": "consent",
                "passed": True,
                "reason": "ok",
                "inputs": {
                    "purpose": "care",
                    "consent.email": "none",
                    "consent.push": "none",
                    "consent.sms": "granted",
                },
            },
            {"name": "cool_down", "passed": True, "reason": "ok", "inputs": {}},
            {"name": "channel", "passed": True, "reason": "ok", "inputs": {"allowed": "sms", "chosen": "sms"}},
        ],
        "final": True,
        "channel": "sms",
        "policy": "outreach",
        "policy_version": 4,
        "decided_at": T0,
        "mode": "live",
    }
    assert trigger == {
        "trigger_id": "45d0c486009d5341a87e33ae365a8d79",
        "decision_id": decision["decision_id"],
        "moment_id": "0123456789abcdef0123456789abcdef",
        "customer_id": "c1",
        "rule": "queue.abandoned",
        "rule_version": 3,
        "action": "call.back",
        "purpose": "care",
        "channel": "sms",
        "template": "call_back",
        "emotion": "stressed",
        "intensity": 0.5,
        "context": {"skill": "PS"},
        "evidence": moment()["evidence"],
        "not_before": T0,
        "deliver_until": T0 + DAY,
        "expires_at": T0 + DAY,
        "created_at": T0,
        "sandbox": False,
    }


def test_the_checks_are_made_in_this_order() -> None:
    decision, _ = decided(consenting("sms"))
    assert [check["name"] for check in decision["checks"]] == [
        "pause",
        "still_valid",
        "identity",
        "consent",
        "cool_down",
        "channel",
    ]


def test_the_preferred_one_of_the_allowed_channels_is_chosen() -> None:
    decision, trigger = decided(consenting("push", "email"))
    assert trigger is not None
    assert (decision["channel"], trigger["channel"]) == ("email", "email")
    assert decision["checks"][-1]["inputs"] == {"allowed": "email push", "chosen": "email"}


def test_the_same_moment_has_the_same_ids_everywhere() -> None:
    assert decided(consenting("sms")) == decided(consenting("sms"))


def test_two_moments_have_ids_of_their_own() -> None:
    first, second = (decided(consenting("sms"), moment(moment_id=digit * 32)) for digit in "ab")
    assert first[0]["decision_id"] != second[0]["decision_id"]
    assert first[1] is not None
    assert second[1] is not None
    assert first[1]["trigger_id"] != second[1]["trigger_id"]


# -- no -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state", "now", "resolved_at", "expected"),
    [
        pytest.param({"rule": "no.such"}, consenting("sms"), T0, None, "no_action", id="no action"),
        pytest.param({"mode": "shadow"}, consenting("sms"), T0, None, "shadow", id="shadow"),
        pytest.param({}, consenting("sms"), T0 + DAY, None, "expired", id="at its expiry"),
        pytest.param({}, consenting("sms"), T0, T0, "resolved", id="resolved after its evidence"),
        pytest.param({"identified": False}, consenting("sms"), T0, None, "anonymous", id="anonymous"),
        pytest.param({}, OutreachState(), T0, None, "consent_none", id="no consent"),
    ],
)
def test_a_refusal_names_its_reason_and_triggers_nothing(
    fields: dict[str, Any], state: OutreachState, now: int, resolved_at: int | None, expected: str
) -> None:
    decision, trigger = decided(state, moment(**fields), now, resolved_at)
    assert (decision["status"], decision["reason"], decision["channel"], trigger) == ("refused", expected, None, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"mode": "shadow"}, ["pause", "still_valid"]),
        ({"identified": False}, ["pause", "still_valid", "identity"]),
        ({}, ["pause", "still_valid", "identity", "consent"]),
    ],
)
def test_the_failed_check_is_the_last_one_made(fields: dict[str, Any], expected: list[str]) -> None:
    decision, _ = decided(OutreachState(), moment(**fields))
    assert [check["name"] for check in decision["checks"]] == expected
    assert [check["passed"] for check in decision["checks"]] == [True] * (len(expected) - 1) + [False]
    assert decision["checks"][-1]["reason"] == decision["reason"]


def test_a_moment_without_an_action_has_no_checks() -> None:
    decision, _ = decided(consenting("sms"), moment(rule="no.such"))
    assert (decision["action"], decision["checks"], decision["final"]) == ("", [], True)


def test_before_any_policy_nobody_is_contacted() -> None:
    assert reason(consenting("sms"), policy=NO_POLICY) == "no_action"


def test_what_is_decided_late_is_still_dated_by_its_detection() -> None:
    decision, trigger = decided(consenting("sms"), now=T0 + HOUR)
    assert trigger is not None
    assert (decision["decided_at"], trigger["created_at"], trigger["not_before"]) == (T0, T0, T0 + HOUR)


# -- valid --------------------------------------------------------------------------------------


def test_one_millisecond_before_its_expiry_a_moment_is_valid() -> None:
    assert reason(consenting("sms"), now=T0 + DAY - 1) == "ok"


def test_what_resolved_before_the_last_evidence_does_not_count() -> None:
    assert reason(consenting("sms"), resolved_at=T0 - 60_000) == "ok"


def test_shadow_is_told_before_anything_else() -> None:
    shadow = moment(mode="shadow", identified=False)
    assert reason(OutreachState(), shadow, now=T0 + 2 * DAY, resolved_at=T0) == "shadow"


def test_expired_is_told_before_resolved() -> None:
    assert reason(consenting("sms"), now=T0 + DAY, resolved_at=T0) == "expired"


# -- consent ------------------------------------------------------------------------------------


def test_consent_for_another_purpose_is_none() -> None:
    state = OutreachState()
    state.note_consent("consent.given", "marketing", "sms", T0)
    assert reason(state) == "consent_none"


def test_consent_on_another_channel_is_none() -> None:
    assert reason(consenting("voice")) == "consent_none"


@pytest.mark.parametrize(
    ("word", "expected"), [("consent.denied", "consent_denied"), ("consent.withdrawn", "consent_withdrawn")]
)
def test_a_no_is_told_as_the_no_it_was(word: str, expected: str) -> None:
    state = OutreachState()
    state.note_consent(word, "care", "email", T0)
    assert reason(state) == expected


def test_of_several_noes_the_preferred_channels_is_told() -> None:
    state = OutreachState()
    state.note_consent("consent.withdrawn", "care", "push", T0)
    state.note_consent("consent.denied", "care", "email", T0)
    assert reason(state) == "consent_denied"


def test_a_no_on_one_channel_leaves_the_others() -> None:
    state = consenting("push")
    state.note_consent("consent.withdrawn", "care", "sms", T0)
    decision, _ = decided(state)
    assert (decision["channel"], decision["checks"][3]["inputs"]) == (
        "push",
        {
            "purpose": "care",
            "consent.email": "none",
            "consent.push": "granted",
            "consent.sms": "withdrawn",
        },
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("consent.given", 1), ("consent.withdrawn", 2)], "consent_withdrawn"),
        ([("consent.withdrawn", 2), ("consent.given", 1)], "consent_withdrawn"),
        ([("consent.withdrawn", 1), ("consent.given", 2)], "ok"),
        ([("consent.given", 2), ("consent.denied", 1)], "ok"),
        ([("consent.given", 1), ("consent.withdrawn", 1)], "consent_withdrawn"),
        ([("consent.withdrawn", 1), ("consent.given", 1)], "ok"),
    ],
)
def test_the_newest_word_by_occurred_at_wins_and_of_equal_ones_the_later(
    words: list[tuple[str, int]], expected: str
) -> None:
    state = OutreachState()
    for word, occurred_at in words:
        state.note_consent(word, "care", "sms", occurred_at)
    assert reason(state) == expected


@pytest.mark.parametrize(
    ("word", "purpose", "channel"),
    [
        ("consent.given", None, "sms"),
        ("consent.given", "care", None),
        ("consent.given", 1, "sms"),
        ("consent.maybe", "care", "sms"),
    ],
)
def test_a_consent_that_does_not_say_what_for_says_nothing(word: str, purpose: object, channel: object) -> None:
    state = OutreachState()
    assert (state.note_consent(word, purpose, channel, T0), state.consents) == (False, {})


# -- cool-down ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "expected"), [(0, "cool_down"), (7 * DAY - 1, "cool_down"), (7 * DAY, "ok")])
def test_an_action_cools_down_until_exactly_its_time_has_passed(after: int, expected: str) -> None:
    state = consenting("sms")
    decided(state)
    later = moment(moment_id="f" * 32, detected_at=T0 + after, expires_at=T0 + after + DAY)
    assert reason(state, later, now=T0 + after) == expected


def test_a_cool_down_runs_from_the_decision_not_from_an_overdue_detection() -> None:
    state = consenting("sms")
    decided(state, now=T0 + HOUR)
    later = moment(detected_at=T0 + 7 * DAY, expires_at=T0 + 8 * DAY)
    assert [reason(state, later, now=T0 + 7 * DAY + after) for after in (HOUR - 1, HOUR)] == ["cool_down", "ok"]


def test_a_refusal_starts_no_cool_down() -> None:
    state = OutreachState()
    decided(state)
    state.note_consent("consent.given", "care", "sms", T0)
    assert reason(state) == "ok"


def test_a_refusal_within_the_cool_down_does_not_prolong_it() -> None:
    state = consenting("sms")
    for after in (0, 6 * DAY):
        decided(state, moment(detected_at=T0 + after, expires_at=T0 + after + DAY), now=T0 + after)
    later = moment(detected_at=T0 + 7 * DAY, expires_at=T0 + 8 * DAY)
    assert reason(state, later, now=T0 + 7 * DAY) == "ok"


def test_moments_of_one_action_share_its_cool_down() -> None:
    state = consenting("sms")
    decided(state)
    assert reason(state, moment(rule="queue.long_wait")) == "cool_down"


def test_actions_cool_down_apart() -> None:
    state = consenting("sms")
    state.note_consent("consent.given", "marketing", "email", T0)
    decided(state)
    assert reason(state, moment(rule="first.service")) == "ok"


def test_an_action_without_a_cool_down_may_follow_itself() -> None:
    state = OutreachState()
    state.note_consent("consent.given", "marketing", "email", T0)
    gift = moment(rule="first.service")
    assert [reason(state, gift), reason(state, gift)] == ["ok", "ok"]


def test_a_cool_down_tells_until_when() -> None:
    state = consenting("sms")
    decided(state)
    decision, _ = decided(state, now=T0 + HOUR)
    assert decision["checks"][-1] == {
        "name": "cool_down",
        "passed": False,
        "reason": "cool_down",
        "inputs": {"until": str(T0 + 7 * DAY), "now": str(T0 + HOUR)},
    }
