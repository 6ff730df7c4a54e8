"""docs/policy.md shows a policy and tests that can be used, and names every key, check and reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.authoring.policies import PolicyFile, lint_policy, rule_texts, told, try_policy
from streams.authoring.policies.case_reader import CASE_KEYS, STATUSES, TIMES, WORDS
from streams.authoring.policies.customer_reader import CUSTOMER_KEYS
from streams.outreach import REASONS
from streams.outreach.action_reader import ACTION_KEYS
from streams.outreach.checks import CARRYING_OUT, ELIGIBILITY
from streams.outreach.limits_reader import ASK_USE_KEYS, CAP_KEYS, LIMITS_KEYS
from streams.outreach.parser import POLICY_KEYS
from streams.outreach.policy import OVERRIDABLE
from streams.outreach.policy_words import CHANNELS
from streams.outreach.quiet_hours_reader import QUIET_HOURS_KEYS, WINDOW_KEYS
from streams.outreach.suppression_reader import HOLDOUT_KEYS, SUPPRESSION_KEYS
from streams.vocabulary import shipped_vocabulary

PAGE = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def shown() -> PolicyFile:
    policy, tests = SNIPPETS
    return PolicyFile("policy.md", policy, "policy.md", tests)


@pytest.fixture(scope="module")
def rules() -> dict[str, str]:
    """Those that the policy on the page answers."""
    texts = rule_texts([])
    return {name: texts[name] for name in ("queue.abandoned", "cart.abandoned")}


def test_the_tests_that_are_shown_pass_for_the_policy_that_is_shown(shown: PolicyFile, rules: dict[str, str]) -> None:
    trial = try_policy(shown, rules)
    assert (trial.mistakes, told(trial, failures_only=True), trial.passed) == ((), [], 2)


def test_lint_has_nothing_against_the_policy_that_is_shown(shown: PolicyFile, rules: dict[str, str]) -> None:
    assert lint_policy(shown, rules, shipped_vocabulary()) == []


@pytest.mark.parametrize(
    ("begin", "end", "keys"),
    [
        ("## The keys", "**An action**", POLICY_KEYS),
        ("**An action**", "**Limits**", ACTION_KEYS),
        ("**Limits**", "**A cap**", LIMITS_KEYS),
        ("**A cap**", "**Quiet hours**", CAP_KEYS),
        ("**Quiet hours**", "**The ask/use", QUIET_HOURS_KEYS),
        ("**The ask/use", "**A variant**", ASK_USE_KEYS),
        ("## Tests", "## What lint", CASE_KEYS),
    ],
)
def test_every_key_stands_in_its_table(begin: str, end: str, keys: tuple[str, ...]) -> None:
    table = PAGE[PAGE.index(begin) : PAGE.index(end)]
    assert [key for key in keys if f"| `{key}` |" not in table] == []


@pytest.mark.parametrize("words", [WINDOW_KEYS, HOLDOUT_KEYS, SUPPRESSION_KEYS], ids=["window", "holdout", "list"])
def test_keys_without_a_table_stand_in_an_example(words: tuple[str, ...]) -> None:
    assert [word for word in words if f"{word}:" not in PAGE] == []


@pytest.mark.parametrize(
    "words", [OVERRIDABLE, CUSTOMER_KEYS, STATUSES, TIMES, WORDS], ids=["limits", "customer", "status", "time", "word"]
)
def test_every_word_that_may_be_written_is_on_the_page(words: tuple[str, ...]) -> None:
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def test_every_channel_is_on_the_page() -> None:
    assert [channel for channel in CHANNELS if channel not in PAGE[PAGE.index("of web, app") :]] == []


def test_the_checks_stand_in_the_order_in_which_they_are_made() -> None:
    table = PAGE[PAGE.index("## The order of checks") : PAGE.index("What is **deferred**")]
    found = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert found == [name for name, _ in ELIGIBILITY] + ["arbitration"] + [name for name, _ in CARRYING_OUT]


def test_every_reason_is_on_the_page() -> None:
    page = PAGE[PAGE.index("## The order of checks") : PAGE.index("## Tests")]
    assert [reason for reason in REASONS if reason != "ok" and f"`{reason}`" not in page] == []
