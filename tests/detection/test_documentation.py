"""docs/rules.md shows rules that can be read, and names every key and bound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.detection import parse_rule, run_rule_tests
from streams.detection.conditions import MODIFIERS
from streams.detection.detect_reader import OPERATORS
from streams.detection.document import MAX_BYTES, MAX_DEPTH, MAX_NODES
from streams.detection.errors import MAX_MISTAKES
from streams.detection.firing import MAX_EVIDENCE
from streams.detection.memory import (
    MAX_ASKS,
    MAX_ATTEMPTS,
    MAX_BROKEN,
    MAX_HABIT_DAYS,
    MAX_LEVEL_EVIDENCE,
    MAX_MARKS,
    MAX_OPEN_PROMISES,
    MAX_PROMISE_RESULTS,
    MAX_SCORE_EVIDENCE,
    MAX_SCORES,
    MAX_SERIES_ENTRIES,
    MAX_SPENT,
    MAX_TAKEN,
    MAX_USES,
    MAX_VISITS,
)
from streams.detection.operators.automaton import MAX_STATES
from streams.detection.rule_reader import RULE_KEYS
from streams.detection.sequence_reader import MAX_STEPS
from streams.detection.state import MAX_COOL_DOWNS, MAX_PARTIAL_MATCHES, MAX_PROGRESS, MAX_WINDOW_ENTRIES
from streams.detection.step_reader import MAX_REPEAT, MAX_TIMES

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
RULE = next(snippet for snippet in SNIPPETS if snippet.startswith("id:"))
TESTS = next(snippet for snippet in SNIPPETS if snippet.startswith("rule:"))


@pytest.mark.parametrize("snippet", [snippet for snippet in SNIPPETS if snippet.startswith("detect:")])
def test_every_detect_that_is_shown_can_be_read(snippet: str) -> None:
    head = "id: a.b\nversion: 1\ntitle: t\ndescription: d\nemotion: stressed\n"
    assert parse_rule(head + snippet, "rules.md").id == "a.b"


def test_the_tests_that_are_shown_pass_for_the_rule_that_is_shown() -> None:
    assert [result.passed for result in run_rule_tests(RULE, TESTS)] == [True, True]


def test_every_key_is_in_the_table() -> None:
    table = PAGE[PAGE.index("## The keys") : PAGE.index("A **duration**")]
    assert [key for key in RULE_KEYS if f"`{key}`" not in table] == []


def test_every_modifier_is_in_the_table() -> None:
    table = PAGE[PAGE.index("| test |") : PAGE.index("**A missing field")]
    assert [modifier for modifier in MODIFIERS if modifier != "eq" and f"\\|{modifier}" not in table] == []


def test_the_bounds_are_those_of_the_code() -> None:
    table = PAGE[PAGE.index("## Bounds") : PAGE.index("## Testing")]
    bounds = (
        *(MAX_WINDOW_ENTRIES, MAX_PARTIAL_MATCHES, MAX_STEPS, MAX_PROGRESS, MAX_COOL_DOWNS),
        *(MAX_ATTEMPTS, MAX_TAKEN, MAX_SPENT, MAX_BROKEN),
        *(MAX_SERIES_ENTRIES, MAX_MARKS, MAX_VISITS, MAX_HABIT_DAYS, MAX_SCORES, MAX_SCORE_EVIDENCE),
        *(MAX_LEVEL_EVIDENCE, MAX_ASKS, MAX_USES),
        *(MAX_TIMES, MAX_REPEAT, MAX_STATES),
        *(MAX_OPEN_PROMISES, MAX_PROMISE_RESULTS),
    )
    shown = [int(number) for number in re.findall(r"\| (\d+)(?: \(.*\))? \|", table)]
    assert (shown, f"{MAX_BYTES // 1024} KiB, {MAX_NODES:,} values, {MAX_DEPTH} levels" in table) == (
        list(bounds),
        True,
    )


def test_the_other_numbers_too() -> None:
    assert (f"(the first {MAX_MISTAKES})" in PAGE, f"the newest {MAX_EVIDENCE} others" in PAGE) == (True, True)


def test_every_operator_is_shown() -> None:
    shown = PAGE[PAGE.index("## What `detect`") : PAGE.index("## Time")]
    assert [word for word in OPERATORS if f"`{word}" not in shown] == []
