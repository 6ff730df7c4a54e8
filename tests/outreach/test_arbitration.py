"""Who goes first when several contacts come into question, and who waits for whom."""

from __future__ import annotations

import pytest

from tests.customer.log import MINUTE, T0
from tests.outreach.cases import check, consenting, judged, moment, policy, reasons

WAITING = policy("arbitration_wait: 5m\n")
QUIET_NOW = 'limits: {quiet_hours: {windows: [{from: "08:00", to: "09:00"}], zones: [UTC]}}\n'
"""T0 is 08:30 UTC."""


def test_of_one_record_the_most_worth_goes_and_the_others_name_it() -> None:
    found = judged(policy(), consenting(), moment("call"), moment("news"), moment("card"))
    assert [decision["reason"] for decision, _ in found] == ["outranked", "outranked", "ok"]
    assert check(found[1][0], "arbitration") == {
        "name": "arbitration",
        "passed": False,
        "reason": "outranked",
        "inputs": {
            "competitors": "3",
            "score": "2",
            "winner": "card",
            "winner_moment": moment("card")["moment_id"],
            "winner_score": "9",
        },
    }
    assert check(found[2][0], "arbitration")["passed"]


def test_who_is_alone_competes_with_none() -> None:
    ((decision, _),) = judged(policy(), consenting(), moment("call"))
    assert "arbitration" not in [one["name"] for one in decision["checks"]]


def test_who_does_not_come_into_question_does_not_compete() -> None:
    state = consenting()
    state.note_consent("consent.withdrawn", "care", "sms", 1)
    state.note_consent("consent.withdrawn", "care", "push", 1)
    found = judged(policy(), state, moment("card"), moment("news"))
    assert [decision["reason"] for decision, _ in found] == ["consent_withdrawn", "ok"]


def test_of_equals_the_first_detected_goes() -> None:
    assert reasons(policy(), consenting(), moment("call", T0 + 1), moment("call", T0), at=T0 + 1) == ["outranked", "ok"]


def test_when_the_first_cannot_be_carried_out_the_next_goes() -> None:
    rules = policy("limits: {caps: [{id: care, most: 0, within: 1d, purpose: offers}]}\n")
    assert reasons(rules, consenting(), moment("call"), moment("news")) == ["ok", "frequency_cap"]


def test_who_may_go_now_goes_while_a_better_one_waits_for_the_morning() -> None:
    rules = policy(QUIET_NOW, _NIGHT_ACTIONS)
    found = judged(rules, consenting(), moment("big"), moment("urgent"))
    assert [(decision["status"], decision["reason"]) for decision, _ in found] == [
        ("deferred", "quiet_hours"),
        ("triggered", "ok"),
    ]


def test_of_several_that_must_wait_one_does() -> None:
    found = judged(policy(QUIET_NOW), consenting(), moment("call"), moment("news"))
    assert [(decision["status"], decision["reason"], decision["final"]) for decision, _ in found] == [
        ("refused", "outranked", True),
        ("deferred", "quiet_hours", False),
    ]


_NIGHT_ACTIONS = """
actions:
  - {id: big, moments: [a.big], class: promotional, purpose: offers, channels: [email], template: x, value: 100}
  - {id: urgent, moments: [a.urgent], class: service, purpose: care, channels: [sms], template: x,
     may_override: [quiet_hours]}
"""


def test_who_may_override_arbitration_neither_wins_nor_loses_and_goes_first() -> None:
    rules = policy("limits: {caps: [{id: one, most: 1, within: 1d}]}\n")
    found = judged(rules, consenting(), moment("card", mode="shadow"), moment("news"), moment("alarm"))
    assert [decision["reason"] for decision, _ in found] == ["shadow", "frequency_cap", "ok"]


# -- waiting for others -------------------------------------------------------------------------


def test_with_a_wait_the_first_waits_and_says_until_when() -> None:
    state = consenting()
    ((decision, trigger),) = judged(WAITING, state, moment("call"))
    assert (decision["status"], decision["reason"], decision["final"], trigger) == (
        "deferred",
        "arbitration_wait",
        False,
        None,
    )
    assert decision["checks"][-1]["inputs"] == {"score": "1", "not_before": str(T0 + 5 * MINUTE)}
    assert state.next_due() == T0 + 5 * MINUTE


def test_who_comes_meanwhile_waits_for_the_same_end() -> None:
    state = consenting()
    judged(WAITING, state, moment("call"))
    judged(WAITING, state, moment("news", T0 + 4 * MINUTE), at=T0 + 4 * MINUTE)
    assert state.history is not None
    assert [one.release_at for one in state.history.waiting] == [T0 + 5 * MINUTE] * 2


def test_who_comes_at_the_end_begins_a_wait_of_its_own() -> None:
    state = consenting()
    judged(WAITING, state, moment("call"))
    judged(WAITING, state, moment("news", T0 + 5 * MINUTE), at=T0 + 5 * MINUTE)
    assert state.history is not None
    assert [one.release_at for one in state.history.waiting] == [T0 + 5 * MINUTE, T0 + 10 * MINUTE]


@pytest.mark.parametrize(("expires_in", "expected"), [(5 * MINUTE, "ok"), (5 * MINUTE + 1, "arbitration_wait")])
def test_who_would_expire_meanwhile_does_not_wait(expires_in: int, expected: str) -> None:
    assert reasons(WAITING, consenting(), moment("call", expires_at=T0 + expires_in)) == [expected]


def test_who_has_waited_does_not_wait_for_others_again() -> None:
    ((decision, _),) = judged(WAITING, consenting(), moment("call"), attempt=2)
    assert (decision["reason"], decision["attempt"], decision["final"]) == ("ok", 2, True)


def test_more_than_are_kept_do_not_wait() -> None:
    state = consenting()
    for number in range(32):
        assert reasons(WAITING, state, moment("call", number=number)) == ["arbitration_wait"]
    ((decision, _),) = judged(WAITING, state, moment("call", number=99))
    assert (decision["status"], decision["reason"], decision["checks"][-1]["reason"]) == (
        "refused",
        "too_many_waiting",
        "too_many_waiting",
    )
