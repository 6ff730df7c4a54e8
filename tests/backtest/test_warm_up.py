"""How much history before the period is taken in when nobody says."""

from __future__ import annotations

import pytest

from streams.backtest import WarmUp, warm_up
from streams.backtest.warm_up import memory_ms
from streams.catalogue import load_catalogue
from streams.detection import parse_rule
from streams.detection.durations import duration_text
from streams.outreach import parse_policy
from tests.backtest.small_history import NEW, POLICY


@pytest.mark.parametrize(
    ("rule", "remembered"),
    [
        ("queue.long_wait", "0s"),
        ("contact.repeated", "8d"),  # within 7d, and a cool-down of 1d
        ("queue.abandoned_silent", "10d4h"),  # within 4h, silent for 3d, and a cool-down of 7d
        ("cart.abandoned", "1d4h"),
    ],
)
def test_a_rule_remembers_its_bounds_and_its_cool_down_added_up(rule: str, remembered: str) -> None:
    found = memory_ms(parse_rule(dict(load_catalogue())[f"{rule}.yaml"], rule))
    assert found is not None
    assert duration_text(found) == remembered


def test_a_rhythm_is_remembered_for_good() -> None:
    rule = parse_rule(dict(load_catalogue())["silence.unusual.yaml"], "silence")
    assert warm_up(rule, parse_policy(POLICY, "policy")) == WarmUp(
        None, "the rule remembers what a customer did for good"
    )


def test_the_policy_may_look_back_further_than_the_rule() -> None:
    found = warm_up(parse_rule(NEW, "new"), parse_policy(POLICY, "policy"))
    assert found.ms == 86_400_000
    assert found.why == "as far back as the policy looks for earlier contacts; the rule itself needs less"


def test_a_policy_that_does_not_answer_the_rule_asks_for_nothing() -> None:
    policy = parse_policy(POLICY.replace("wait.long", "call.lost"), "policy")
    assert warm_up(parse_rule(NEW, "new"), policy).ms == 0
