"""A city under the shipped policy: every moment ends in one decision, and every trigger fits its times."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any, NamedTuple

from schemas import Codec
from streams.authoring.policies import shipped_policy_file
from streams.customer import Output
from streams.outreach import parse_policy
from streams.outreach.checks import CARRYING_OUT, ELIGIBILITY
from streams.simulation import City, plan_city
from streams.simulation.plan import DAY_MS
from streams.topics import DECISIONS, MOMENTS, TRIGGERS
from tests.simulation.pipeline import START, Core

ORDER = [
    "pause", "still_valid", "not_bought", "identity", "consent", "suppression", "audience", "cool_down", "ask_use",
    "holdout", "arbitration", "channel", "frequency_cap", "quiet_hours", "capacity", "sandbox",
]  # fmt: skip
"""As the policy's page has it."""

UNDATED = {"cool_down"}
"""Checks that may have looked at nothing."""


class Heard(NamedTuple):
    """What came out, as it came."""

    moments: dict[str, dict[str, Any]]
    decisions: dict[str, list[dict[str, Any]]]
    triggers: dict[str, dict[str, Any]]
    cancellations: list[dict[str, Any]]


@cache
def heard() -> Heard:
    found, codec = Heard({}, {}, {}, []), Codec()

    def hear(output: Output) -> None:
        if output.topic not in (MOMENTS, DECISIONS, TRIGGERS):
            return
        name, body = codec.decode(output.value or b"")
        if name == "Moment" and body["phase"] == "detected":
            found.moments[body["moment_id"]] = body
        elif name == "Decision":
            found.decisions.setdefault(body["moment_id"], []).append(body)
        elif name == "Trigger":
            found.triggers[body["decision_id"]] = body
        elif name == "Cancellation":
            found.cancellations.append(body)

    plan = plan_city(START, customers=200, days=9, seed=12)
    city, core = City(plan, lambda expected: None), Core(plan, hear)
    for touchpoint in city.touchpoints():
        core.touchpoint(touchpoint)
    core.control({"kind": "tick", "at": plan.end + 90 * DAY_MS, "clock": None, "activation": None})
    return found


def all_decisions() -> list[dict[str, Any]]:
    return [one for decisions in heard().decisions.values() for one in decisions]


def test_the_city_has_many_decisions_of_each_kind() -> None:
    kinds = Counter(one["status"] for one in all_decisions())
    assert min(kinds[kind] for kind in ("triggered", "refused", "deferred")) > 10, kinds


def test_every_moment_has_exactly_one_final_decision_and_it_is_the_last() -> None:
    finals = {moment: [one["final"] for one in heard().decisions.get(moment, [])] for moment in heard().moments}
    assert {moment: final for moment, final in finals.items() if final != [False] * (len(final) - 1) + [True]} == {}


def test_no_decision_is_about_a_moment_that_was_not_told() -> None:
    assert heard().decisions.keys() - heard().moments.keys() == set()


def test_attempts_count_up_from_one() -> None:
    assert [
        decisions for decisions in heard().decisions.values()
        if [one["attempt"] for one in decisions] != list(range(1, len(decisions) + 1))
    ] == []  # fmt: skip


def test_the_checks_stand_in_the_order_of_the_page_and_only_the_last_may_have_failed() -> None:
    for one in all_decisions():
        names = [check["name"] for check in one["checks"]]
        assert names == [name for name in ORDER if name in names]
        passed = one["status"] == "triggered"
        expected = [True] * len(names) if passed or not names else [True] * (len(names) - 1) + [False]
        assert [check["passed"] for check in one["checks"]] == expected
        assert not names or one["checks"][-1]["reason"] == one["reason"]


def test_the_page_knows_every_check() -> None:
    assert [name for name, _ in ELIGIBILITY] + ["arbitration"] + [name for name, _ in CARRYING_OUT] == ORDER


def test_every_check_says_what_it_looked_at() -> None:
    empty = {check["name"] for one in all_decisions() for check in one["checks"] if not check["inputs"]}
    assert empty <= UNDATED


def test_every_decision_names_the_versions_it_was_made_by() -> None:
    policy = parse_policy(shipped_policy_file().text, "policy.yaml")
    assert {(one["policy"], one["policy_version"]) for one in all_decisions()} == {(policy.id, policy.version)}
    versions = {moment_id: moment["rule_version"] for moment_id, moment in heard().moments.items()}
    assert [one for one in all_decisions() if one["rule_version"] != versions[one["moment_id"]]] == []


def test_each_triggered_decision_has_one_trigger_and_no_other_has_any() -> None:
    triggered = {one["decision_id"] for one in all_decisions() if one["status"] == "triggered"}
    assert heard().triggers.keys() == triggered


def test_a_trigger_s_times_follow_one_another() -> None:
    assert [
        one for one in heard().triggers.values()
        if not one["created_at"] <= one["not_before"] < one["deliver_until"] <= one["expires_at"]
    ] == []  # fmt: skip


def test_a_cancellation_follows_a_trigger_that_could_still_be_carried_out() -> None:
    by_id = {one["trigger_id"]: one for one in heard().triggers.values()}
    assert heard().cancellations
    for one in heard().cancellations:
        trigger = by_id[one["trigger_id"]]
        assert trigger["not_before"] <= one["cancelled_at"] < trigger["deliver_until"]
        assert (one["customer_id"], one["action"]) == (trigger["customer_id"], trigger["action"])
