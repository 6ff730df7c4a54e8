"""The table of precision and recall."""

from __future__ import annotations

import io

from rich.console import Console

from streams.simulation import RuleScore
from streams.telling.scores import score_table


def shown(one: RuleScore) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(score_table([one]))
    (row,) = [line for line in console.file.getvalue().splitlines() if one.rule in line]  # type: ignore[attr-defined]
    return " ".join(row.replace("│", " ").split())


def test_what_is_perfect_is_1_000() -> None:
    assert shown(RuleScore("a.one", 4, 1, 4, 4, {}, True)) == "a.one 4 1 4 4 0 0 1.000 1.000"


def test_what_is_nearly_perfect_is_never_rounded_to_it() -> None:
    assert shown(RuleScore("a.one", 10_000, 0, 9_999, 9_999, {}, True)).startswith(
        "a.one 10,000 0 9,999 9,999 1 0 1.000 0.999"
    )


def test_an_error_without_a_reason_is_told_so() -> None:
    assert shown(RuleScore("a.one", 4, 0, 3, 3, {}, True)).endswith("1.000 0.750 1 without a reason")


def test_an_error_with_a_reason_tells_it() -> None:
    assert shown(RuleScore("a.one", 4, 0, 3, 3, {"missed: late": 1}, True)).endswith("0.750 1 missed: late")


def test_of_a_rule_that_the_truth_does_not_know_only_what_was_found_is_told() -> None:
    assert shown(RuleScore("a.one", 0, 0, 3, 0, {}, False, "it is yours")) == "a.one 3 it is yours"
