"""Cases of policy tests: what they mean, and what is wrong with those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.authoring.policies.case import PolicyCase, Switch
from streams.authoring.policies.case_reader import parse_policy_cases
from streams.outreach import PolicyFileError, parse_policy
from tests.authoring.policies.small_policy import RULES, small

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
POLICY = parse_policy(small().text, "small.yaml")
START = 1_767_603_600_000
"""2026-01-05 09:00 UTC, in ms."""


def cases(text: str) -> list[PolicyCase]:
    return parse_policy_cases(text, "small.test.yaml", POLICY, RULES)


def case(line: str = "[]", decisions: str = "[]", more: str = "") -> PolicyCase:
    (found,) = cases(f"policy: small\ncases:\n  - {{name: c, time_line: {line}, decisions: {decisions}{more}}}\n")
    return found


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_exactly_the_message_beside_it(file: Path) -> None:
    with pytest.raises(PolicyFileError) as error:
        parse_policy_cases(file.read_text(encoding="utf-8"), file.name, POLICY, RULES)
    assert str(error.value) == file.with_suffix(".expected").read_text(encoding="utf-8").rstrip("\n")


def test_a_file_of_more_than_half_a_mebibyte_is_refused() -> None:
    with pytest.raises(PolicyFileError) as error:
        cases("#" * (512 * 1024 + 1))
    assert str(error.value) == "small.test.yaml:1:1: the file has 524289 bytes; at most 524288 are read"


def test_happenings_are_in_the_order_in_which_they_reach_the_log() -> None:
    found = case("[{at: 2s, type: x.late, arrives: 9s}, {at: 3s, type: x.one}, {at: 1s, type: x.two}]")
    assert [(one.at - START, getattr(one.what, "get", dict)("type")) for one in found.happenings] == [
        (1_000, "x.two"),
        (3_000, "x.one"),
        (9_000, "x.late"),
    ]


def test_a_touchpoint_has_its_fields_and_everything_else_as_properties() -> None:
    (one,) = case("[{at: 1s, type: x.y, channel: store, identified: false, session_id: s, product_id: p}]").happenings
    assert one.what == {
        "event_id": "touchpoint-0",
        "source": "test",
        "customer_id": "customer",
        "identified": False,
        "channel": "store",
        "type": "x.y",
        "occurred_at": START + 1_000,
        "correlation_id": None,
        "session_id": "s",
        "identities": {},
        "properties": {"product_id": "p"},
    }


def test_the_channel_of_a_consent_is_what_it_is_for() -> None:
    (one,) = case("[{at: 0s, type: consent.withdrawn, purpose: care, channel: sms}]").happenings
    assert not isinstance(one.what, Switch)
    assert one.what["properties"] == {"channel": "sms", "purpose": "care"}


def test_a_customer_is_what_was_said_of_them_an_hour_before() -> None:
    said = (
        "customer: {consents: {care: [sms, email]}, denied: {offers: sms}, withdrawn: {loyalty: push}, "
        "profile: {time_zone: UTC}, preferences: {channel: sms}, persona: p, segments: [s], suppressed: [l]}\n"
    )
    (found,) = cases(f"policy: small\n{said}cases:\n  - {{name: c, time_line: [], decisions: []}}\n")
    assert [
        (one.what["type"], one.what["properties"]) for one in found.happenings if not isinstance(one.what, Switch)
    ] == [
        ("consent.given", {"channel": "sms", "purpose": "care"}),
        ("consent.given", {"channel": "email", "purpose": "care"}),
        ("consent.denied", {"channel": "sms", "purpose": "offers"}),
        ("consent.withdrawn", {"channel": "push", "purpose": "loyalty"}),
        ("profile.set", {"time_zone": "UTC"}),
        ("preference.set", {"channel": "sms"}),
        ("persona.set", {"persona": "p"}),
        ("segment.set", {"segment": "s"}),
        ("suppression.added", {"list": "l"}),
    ]
    assert {one.at for one in found.happenings} == {START - 3_600_000}


def test_what_a_case_says_of_its_customer_stands_in_place_of_what_the_file_says() -> None:
    (found,) = cases(
        "policy: small\ncustomer: {consents: {care: [sms]}, persona: p}\n"
        "cases:\n  - {name: c, customer: {consents: {}, id: other}, time_line: [], decisions: []}\n"
    )
    assert [
        (one.what["type"], one.what["customer_id"]) for one in found.happenings if not isinstance(one.what, Switch)
    ] == [("persona.set", "other")]


def test_one_case_stands_for_each_value() -> None:
    found = cases(
        "policy: small\ncases:\n  - name: c\n    each: [queue.abandoned, cart.abandoned]\n"
        "    time_line: [{at: 0s, moment: a, rule: $each}]\n    decisions: []\n"
    )
    assert [(one.name, one.rules[0].id) for one in found] == [
        ("c: queue.abandoned", "queue.abandoned"),
        ("c: cart.abandoned", "cart.abandoned"),
    ]


def test_a_switch_of_all_is_the_switch_of_all_outreach() -> None:
    found = case("[{at: 0s, pause: all}, {at: 1s, resume: help}]")
    assert [one.what for one in found.happenings] == [Switch("*", True), Switch("help", False)]


def test_an_expected_decision_compares_only_what_it_says() -> None:
    (found,) = case(
        "[{at: 0s, moment: a, rule: queue.abandoned}]",
        "[{at: 1h, moment: a, status: deferred, not_before: 2h-1ms, attempt: 2, inputs: {quiet_hours: {own: yes}}}]",
    ).decisions
    assert (found.at, found.moment, found.status) == (START + 3_600_000, "a", "deferred")
    assert found.facts == {"not_before": START + 7_199_999, "attempt": 2}
    assert found.inputs == {"quiet_hours.own": "yes"}
