"""Over which channel: the customer's wish, reach, what worked before, cost, and room."""

from __future__ import annotations

import pytest

from schemas import Value
from streams.outreach import OutreachState, Policy
from tests.customer.log import HOUR, MINUTE, T0
from tests.outreach.cases import Known, check, consenting, judged, moment, policy, reasons, tell

POLICY = policy()


# -- channels -----------------------------------------------------------------------------------


def channels(state: OutreachState, rules: Policy = POLICY, **wishes: Value) -> str:
    """Where a call may go, best first."""
    known = Known({("preference", name): value for name, value in wishes.items()})
    ((decision, _),) = judged(rules, state, moment("call"), facts=known)
    return check(decision, "channel")["inputs"].get("allowed", decision["reason"])


def test_the_customers_wish_comes_first() -> None:
    assert channels(consenting(), channel="push") == "push sms email"


@pytest.mark.parametrize("wish", ["pigeon", "", 7])
def test_a_wish_that_cannot_be_met_changes_nothing(wish: Value) -> None:
    assert channels(consenting(), channel=wish) == "sms email push"


def test_what_costs_more_than_it_brings_goes_last() -> None:
    assert channels(consenting(), policy("channel_costs: {sms: 0.2}\n")) == "email push sms"


def _contacted_by_sms(end: str, times: int) -> OutreachState:
    state = consenting()
    for number in range(times):
        judged(POLICY, state, moment("alarm", number=number))
        assert state.history is not None
        tell(POLICY, state, f"outreach.{end}", trigger_id=state.history.contacts[-1].trigger_id)
    return state


def test_what_did_not_work_before_goes_back() -> None:
    assert channels(_contacted_by_sms("ignored", 1)) == "email push sms"


def test_what_worked_before_stays_in_front() -> None:
    assert channels(_contacted_by_sms("opened", 1)) == "sms email push"


def test_of_what_nothing_was_reported_nothing_is_learnt() -> None:
    assert channels(_contacted_by_sms("sent", 5)) == "sms email push"


def test_where_a_message_came_back_for_good_nobody_is_sought() -> None:
    state = consenting()
    judged(POLICY, state, moment("alarm"))
    assert state.history is not None
    tell(POLICY, state, "outreach.bounced", trigger_id=state.history.contacts[-1].trigger_id, hard=True)
    assert channels(state) == "email push"
    assert reasons(POLICY, state, moment("alarm", number=1)) == ["unreachable"]


@pytest.mark.parametrize("sign", ["sms.received", "consent.given"])
def test_until_there_is_a_sign_of_life(sign: str) -> None:
    state = consenting()
    tell(POLICY, state, "sms.failed", T0 - HOUR, hard=True)
    assert channels(state) == "email push"
    tell(POLICY, state, sign, T0, purpose="offers", channel="sms")
    assert channels(state) == "sms email push"


def test_a_soft_failure_is_none() -> None:
    state = consenting()
    tell(POLICY, state, "sms.failed", hard=False)
    assert channels(state) == "sms email push"


# -- capacity -----------------------------------------------------------------------------------


def test_where_there_is_no_room_the_next_channel_is_taken() -> None:
    state = consenting()
    judged(POLICY, state, moment("alarm"))
    assert state.history is not None
    tell(POLICY, state, "outreach.no_capacity", trigger_id=state.history.contacts[-1].trigger_id)
    ((decision, _),) = judged(POLICY, state, moment("call"))
    assert (decision["channel"], check(decision, "capacity")["inputs"]) == (
        "email",
        {"full.sms": str(T0 + 15 * MINUTE), "left": "email push"},
    )


def test_with_no_other_channel_it_waits_or_is_refused_when_that_is_too_late() -> None:
    state = consenting()
    judged(POLICY, state, moment("alarm"))
    assert state.history is not None
    tell(POLICY, state, "outreach.no_capacity", trigger_id=state.history.contacts[-1].trigger_id)
    waits = judged(POLICY, state, moment("alarm", number=1))[0][0]
    late = judged(POLICY, state, moment("alarm", number=2, expires_at=T0 + 15 * MINUTE))[0][0]
    assert [(one["status"], one["reason"]) for one in (waits, late)] == [
        ("deferred", "capacity"),
        ("refused", "capacity"),
    ]
    assert waits["checks"][-1]["inputs"]["not_before"] == str(T0 + 15 * MINUTE)
