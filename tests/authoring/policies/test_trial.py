"""Policy tests played on a partition: what passes, what fails, and how it is told."""

from __future__ import annotations

import pytest

from streams.authoring.policies import PolicyTrial, rule_texts, shipped_policy_file, told, try_policy
from tests.authoring.policies.small_policy import CASES, HELP, LIMITS, OFFER, QUEUE, RULES, small

HEAD = "policy: small\ncustomer: {consents: {care: [sms]}, profile: {time_zone: Europe/Vienna}}\ncases:\n"


def run(line: str, decisions: str, more: str = "", limits: str = LIMITS, rules: dict[str, str] = RULES) -> PolicyTrial:
    text = f"{HEAD}  - name: c\n    time_line: {line}\n    decisions: {decisions}\n{more}"
    trial = try_policy(small(limits, tests=text), rules)
    assert trial.mistakes == ()
    return trial


def found(line: str, more: str = "", limits: str = LIMITS, rules: dict[str, str] = RULES) -> list[str]:
    """The decisions, as a failure tells them."""
    lines = told(run(line, "[{at: 99d, moment: a, status: deferred}]", more, limits, rules))
    start = next(number for number, text in enumerate(lines) if text.startswith("        found"))
    return [text[18:] for text in lines[start:]]


ONE = "[{at: 0s, moment: a, rule: queue.abandoned}]"


def test_every_case_of_the_shipped_policy_passes() -> None:
    trial = try_policy(shipped_policy_file(), rule_texts([]))
    assert told(trial, failures_only=True) == []
    assert (trial.mistakes, trial.failed) == ((), 0)
    assert trial.passed >= 120


def test_a_case_passes_when_the_decisions_are_exactly_those() -> None:
    trial = run(ONE, "[{at: 0s, moment: a, status: triggered, action: help, channel: sms, deliver_until: 11h}]")
    assert (trial.passed, trial.failed) == (1, 0)


@pytest.mark.parametrize(
    "decisions",
    [
        "[]",
        "[{at: 1ms, moment: a, status: triggered}]",
        "[{at: 0s, moment: a, status: refused, reason: ok}]",
        "[{at: 0s, moment: a, status: triggered, action: offer}]",
        "[{at: 0s, moment: a, status: triggered, channel: email}]",
        "[{at: 0s, moment: a, status: triggered, reason: cool_down}]",
        "[{at: 0s, moment: a, status: triggered, attempt: 2}]",
        "[{at: 0s, moment: a, status: triggered, not_before: 1ms}]",
        "[{at: 0s, moment: a, status: triggered, deliver_until: 11h-1ms}]",
        "[{at: 0s, moment: a, status: triggered, expires_at: 1d+1ms}]",
        "[{at: 0s, moment: a, status: triggered, inputs: {consent: {purpose: offers}}}]",
        "[{at: 0s, moment: a, status: triggered, inputs: {nothing: {purpose: care}}}]",
        "[{at: 0s, moment: a, status: triggered}, {at: 0s, moment: a, status: triggered}]",
    ],
)
def test_anything_else_fails(decisions: str) -> None:
    assert run(ONE, decisions).failed == 1


def test_what_waits_is_decided_again_in_the_very_millisecond() -> None:
    assert found(ONE, "    start: 2026-01-05T21:00:00.001+01:00\n    until: 24h\n") == [
        "0s: a deferred, action help, reason quiet_hours, attempt 1, not_before 11h-1ms",
        "11h-1ms: a triggered, action help, reason ok, channel sms, attempt 2, not_before 11h-1ms, "
        "deliver_until 1d-1ms, expires_at 1d",
    ]


def test_without_an_end_a_case_ends_with_its_last_happening() -> None:
    assert found(ONE, "    start: 2026-01-05T21:00:00+01:00\n") == [
        "0s: a deferred, action help, reason quiet_hours, attempt 1, not_before 11h"
    ]


def test_a_contact_that_is_taken_back_is_told() -> None:
    line = "[{at: 0s, moment: a, rule: queue.abandoned}, {at: 1m, type: agent.connected}]"
    assert found(line)[1] == "1m: a cancelled, action help, reason resolved, channel sms"


def test_a_report_is_of_the_contact_that_the_moment_led_to() -> None:
    line = (
        "[{at: 0s, moment: a, rule: queue.abandoned}, {at: 1m, type: outreach.bounced, of: a, hard: true}, "
        "{at: 2d, moment: b, rule: queue.abandoned}]"
    )
    assert found(line)[1] == "2d: b refused, action help, reason unreachable, attempt 1"


def test_moments_carry_what_the_case_gives_them() -> None:
    bought = OFFER + "    bought_within: 1d\n"
    text = (
        f"{HEAD}  - name: c\n    time_line:\n      - {{at: 0s, type: order.placed, product_id: p}}\n"
        "      - {at: 1s, moment: a, rule: cart.abandoned, product_id: p}\n"
        "    customer: {consents: {offers: [email]}}\n"
        "    decisions: [{at: 1s, moment: a, status: refused, reason: bought}]\n"
    )
    trial = try_policy(small(LIMITS, HELP + bought, text), RULES)
    assert (trial.passed, trial.mistakes) == (1, ())


def test_a_moment_lives_as_long_as_its_rule_says_or_the_case() -> None:
    assert found(ONE)[0].endswith("expires_at 1d")
    assert found("[{at: 0s, moment: a, rule: queue.abandoned, expires_after: 2h}]")[0].endswith("expires_at 2h")


def test_whatever_finds_the_real_moment_is_left_out() -> None:
    rule = QUEUE + "cool_down: 5d\nidentified_only: true\n"
    line = "[{at: 0s, moment: a, rule: queue.abandoned}, {at: 1d, moment: b, rule: queue.abandoned, identified: false}]"
    assert found(line, rules={"queue.abandoned": rule})[1] == "1d: b refused, action help, reason anonymous, attempt 1"


def test_a_moment_of_a_rule_that_only_the_policy_knows_is_made_too() -> None:
    assert found(ONE, rules={})[0].startswith("0s: a triggered, action help")


def test_what_the_partition_cannot_take_in_is_told() -> None:
    broken = {"queue.abandoned": QUEUE.replace("keep: [skill]", "keep: [7]")}
    assert "? dead, reason bad_activation" in found(ONE, rules=broken)[0]


def test_a_failure_is_told_with_its_time_line_and_both_sets() -> None:
    assert told(run("[{at: 0s, pause: all}, {at: 1s, moment: a, rule: queue.abandoned}]", "[]")) == [
        "small.yaml  (small.test.yaml)",
        "  FAIL  c  (small.test.yaml:4)",
        "        from 2026-01-05T09:00:00Z: all outreach paused at 0s, a of queue.abandoned at 1s",
        "        expected  no decision",
        "        found     1s: a refused, action help, reason paused, attempt 1",
    ]


def test_passed_cases_are_told_by_name() -> None:
    trial = try_policy(small(), RULES)
    assert told(trial) == ["small.yaml  (small.test.yaml)", "  PASS  yes", "  PASS  no"]
    assert told(trial, failures_only=True) == []


def test_a_policy_without_tests_says_where_to_write_them() -> None:
    trial = try_policy(small(tests=None), RULES)
    assert told(trial) == ["small.yaml", "  no tests; write small.test.yaml"]


@pytest.mark.parametrize(
    ("policy", "tests", "mistake"),
    [
        ("limits: no\n", CASES, "small.yaml:19:9: 'limits' is the text 'no'; write 'key: value' lines"),
        (LIMITS, "policy: small\n", "small.test.yaml:1:1: a policy test has no 'cases'; write a list of cases, "
         "each with name, time_line and decisions"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_told_by_its_mistakes(policy: str, tests: str, mistake: str) -> None:
    trial = try_policy(small(policy, tests=tests), RULES)
    assert (trial.mistakes, trial.results, told(trial)) == ((mistake,), (), [])
