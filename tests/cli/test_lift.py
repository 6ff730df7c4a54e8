"""``momentous lift``: what it says of each line, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from streams.cli.lift import lift_lines
from tests.cli.conftest import Run


def row(**more: Any) -> dict[str, Any]:
    """Newcombe's first example."""
    return {
        "action": "call.back",
        "rule": "(all)",
        "treated": 70,
        "treated_good": 56,
        "held_out": 80,
        "held_out_good": 48,
        "waiting": 0,
        "switched": 0,
        "lift": 0.2,
        "low": 0.0524,
        "high": 0.3339,
        "verdict": "helped",
        **more,
    }


NONE = {"lift": None, "low": None, "high": None, "verdict": "too few"}


def test_a_lift_is_told_with_its_interval_and_its_counts() -> None:
    assert list(lift_lines([row()], 70)) == [
        "call.back: it helped: +20.0 points, 95 % interval +5.2 to +33.4 (treated 56 of 70, held out 48 of 80)"
    ]


def test_harm_is_called_harm() -> None:
    (told,) = lift_lines([row(lift=-0.2, low=-0.3339, high=-0.0524, verdict="harmed")], 70)
    assert told.startswith("call.back: it did harm: -20.0 points, 95 % interval -33.4 to -5.2 (")


def test_an_interval_over_nought_shows_no_effect() -> None:
    (told,) = lift_lines([row(lift=0.01, low=-0.1, high=0.12, verdict="not shown")], 70)
    assert told.startswith("call.back: no effect is shown: +1.0 points, 95 % interval -10.0 to +12.0 (")


def test_below_the_minimum_it_says_so_and_claims_nothing() -> None:
    assert list(lift_lines([row(**NONE, waiting=3, switched=1)], 100)) == [
        "call.back: too few for a claim, 100 customers are wanted in each group (treated 56 of 70, held out 48 of 80, "
        "3 with a window still open, 1 in both groups, counted in the first)"
    ]


def test_an_end_that_nobody_came_to_is_doubted() -> None:
    (told,) = lift_lines([row(verdict="nothing seen", treated_good=0, held_out_good=0)], 70)
    assert "no good end of either group: is it the right one? name others with --good" in told


def test_a_rule_stands_below_its_action_and_many_intervals_carry_a_warning() -> None:
    told = list(lift_lines([row(), row(rule="queue.abandoned"), row(rule="queue.long_wait", **NONE)], 70))
    assert told[1].startswith("  queue.abandoned: it helped")
    assert told[3].startswith("2 intervals of 95 % each: about one in twenty misses the truth")


def test_without_a_holdout_it_says_how_to_get_one() -> None:
    assert list(lift_lines([], 100)) == [
        "no decision has drawn a group: give the policy or an action a holdout (docs/lift.md)"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--good", "outreach.clicked"), "error: outreach.clicked is only ever seen of customers who were contacted"),
        (("--bad", "moment.resolved"), "error: a resolved moment is no bad outcome"),
        (("--good", ""), "error: neither a good nor a bad outcome is named"),
        (("--within", "soon"), "error: Invalid value for --within: 'soon' is no length of time; write 7d, 12h or 30m"),
        (("--within", "0s"), "error: a window that is over before it begins"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_line(momentous: Run, arguments: tuple[str, ...], message: str) -> None:
    ended = momentous("lift", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(message)
    assert ended.err.count("\n") == 1


def test_without_clickhouse_it_says_what_to_start(momentous: Run) -> None:
    ended = momentous("lift", MOMENTOUS_CLICKHOUSE_URL="http://127.0.0.1:9")
    assert ended.code == 3
    assert "does not answer" in ended.err
