"""Frequency caps: rolling, half-open, over channels, and what counts."""

from __future__ import annotations

import pytest

from streams.outreach import OutreachState, Policy
from streams.outreach.policy import MOST_CONTACTS
from tests.customer.log import DAY, HOUR, T0
from tests.outreach.cases import check, consenting, judged, moment, policy, reasons, tell

DAILY = policy("limits: {caps: [{id: day, most: 2, within: 1d}]}\n")


def contacted(rules: Policy, *times: int, kind: str = "call") -> OutreachState:
    """A customer who was contacted at these times."""
    state = consenting()
    for at in times:
        assert reasons(rules, state, moment(kind, at), at=at) == ["ok"]
    return state


def outcome(rules: Policy, state: OutreachState, end: str, at: int = T0, **properties: object) -> None:
    """Something came of the newest contact."""
    assert state.history is not None
    tell(rules, state, f"outreach.{end}", at, trigger_id=state.history.contacts[-1].trigger_id, **properties)


@pytest.mark.parametrize(("after", "expected"), [(DAY - 1, "frequency_cap"), (DAY, "ok")])
def test_a_contact_counts_until_exactly_the_window_has_passed(after: int, expected: str) -> None:
    state = contacted(DAILY, T0, T0 + HOUR)
    assert reasons(DAILY, state, moment(at=T0 + after), at=T0 + after) == [expected]


def test_the_check_tells_how_many_there_were() -> None:
    state = contacted(DAILY, T0, T0)
    ((decision, trigger),) = judged(DAILY, state, moment(number=2))
    assert trigger is None
    assert check(decision, "frequency_cap") == {
        "name": "frequency_cap",
        "passed": False,
        "reason": "frequency_cap",
        "inputs": {"cap.day": "2 of 2", "left": ""},
    }


def test_a_cap_on_one_channel_lets_the_next_be_tried() -> None:
    rules = policy("limits: {caps: [{id: sms, most: 1, within: 1d, channel: sms}]}\n")
    state = contacted(rules, T0)
    ((decision, trigger),) = judged(rules, state, moment(number=1))
    assert trigger is not None
    assert (trigger["channel"], check(decision, "frequency_cap")["inputs"]) == (
        "email",
        {"cap.sms": "1 of 1", "left": "email push"},
    )


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        ("purpose: offers", "ok"),
        ("purpose: care", "frequency_cap"),
        ("class: promotional", "ok"),
        ("class: service", "frequency_cap"),
        ("channel: push", "ok"),
    ],
)
def test_a_cap_holds_for_what_it_names(cap: str, expected: str) -> None:
    rules = policy(f"limits: {{caps: [{{id: one, most: 1, within: 1d, {cap}}}]}}\n")
    assert reasons(rules, contacted(rules, T0), moment(number=1)) == [expected]


def test_what_does_not_count_fills_no_cap_and_is_held_by_it() -> None:
    state = contacted(DAILY, T0, T0, kind="call")
    assert reasons(DAILY, state, moment("aside")) == ["frequency_cap"]
    state = contacted(DAILY, T0, T0 + 1, T0 + 2, kind="aside")
    assert reasons(DAILY, state, moment("call")) == ["ok"]


def test_what_may_override_goes_all_the_same_is_recorded_and_counts() -> None:
    state = contacted(DAILY, T0, T0)
    ((decision, trigger),) = judged(DAILY, state, moment("card"))
    assert trigger is not None
    assert check(decision, "frequency_cap")["inputs"] == {
        "cap.day": "2 of 2",
        "left": "sms push",
        "overridden": "caps",
    }
    assert reasons(DAILY, state, moment(at=T0 + DAY - 1), at=T0 + DAY - 1) == ["frequency_cap"]


@pytest.mark.parametrize("end", ["bounced", "expired", "no_capacity", "cancelled"])
def test_what_did_not_come_about_never_counts(end: str) -> None:
    state = contacted(DAILY, T0, T0)
    outcome(DAILY, state, end)
    assert reasons(DAILY, state, moment(number=5)) == ["ok"]


@pytest.mark.parametrize(("first", "expected"), [("bounced", "ok"), ("expired", "frequency_cap")])
def test_what_was_delivered_after_all_counts_unless_it_bounced(first: str, expected: str) -> None:
    state = contacted(DAILY, T0, T0)
    outcome(DAILY, state, first)
    outcome(DAILY, state, "delivered")
    assert reasons(DAILY, state, moment(number=5)) == [expected]


@pytest.mark.parametrize(("after", "expected"), [(DAY + HOUR - 1, "frequency_cap"), (DAY + HOUR, "ok")])
def test_a_contact_counts_from_its_delivery_once_that_is_reported(after: int, expected: str) -> None:
    one = policy("limits: {caps: [{id: day, most: 1, within: 1d}]}\n")
    state = contacted(one, T0)
    outcome(one, state, "delivered", T0 + HOUR)
    assert reasons(one, state, moment(at=T0 + after), at=T0 + after) == [expected]


def test_a_cap_of_none_lets_nothing_through() -> None:
    rules = policy("limits: {caps: [{id: none, most: 0, within: 1d}]}\n")
    assert reasons(rules, consenting(), moment()) == ["frequency_cap"]


def test_fifty_moments_of_one_instant_never_pass_a_cap_by_one() -> None:
    rules = policy("limits: {caps: [{id: day, most: 3, within: 1d}]}\n")
    state = consenting()
    found = [reasons(rules, state, moment("call", T0, number))[0] for number in range(50)]
    assert (found.count("ok"), found.count("frequency_cap")) == (3, 47)


def test_fifty_moments_of_one_record_give_one_contact() -> None:
    state = consenting()
    found = reasons(DAILY, state, *(moment("call", T0, number) for number in range(50)))
    assert (found.count("ok"), found.count("outranked")) == (1, 49)


def test_what_cannot_be_remembered_is_not_contacted() -> None:
    rules = policy("limits: {caps: [{id: year, most: 256, within: 365d}]}\n")
    state = contacted(rules, *(T0 + number for number in range(MOST_CONTACTS)))
    at = T0 + MOST_CONTACTS
    assert state.history is not None
    assert (reasons(rules, state, moment(at=at), at=at), len(state.history.contacts)) == (["frequency_cap"], 256)
    assert reasons(rules, state, moment(at=T0 + 365 * DAY), at=T0 + 365 * DAY) == ["ok"]
