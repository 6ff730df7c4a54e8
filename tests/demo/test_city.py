"""The demo's second act: asked for, or not at all; never waited for where nobody is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from streams.demo.city import demo_plan, wanted
from streams.simulation.plots import PLOTS
from tests.demo.test_demo import Demo, samples

__all__ = ["samples"]


@pytest.mark.parametrize("choice", [True, False])
def test_what_was_chosen_is_done_without_a_question(choice: bool) -> None:
    assert wanted(Console(file=io.StringIO(), force_terminal=True), choice) is choice


def test_without_a_terminal_nobody_is_asked() -> None:
    said = io.StringIO()
    assert wanted(Console(file=said), None) is False
    assert said.getvalue() == ""


@pytest.mark.parametrize(("answer", "expected"), [("y", True), ("Yes", True), ("", False), ("n", False)])
def test_at_a_terminal_the_answer_counts(monkeypatch: pytest.MonkeyPatch, answer: str, expected: bool) -> None:
    said = io.StringIO()
    monkeypatch.setattr("sys.stdin", _Terminal(answer + "\n"))
    assert wanted(Console(file=said, force_terminal=True), None) is expected
    assert "A second act" in said.getvalue()


def test_its_city_tells_every_story() -> None:
    plan = demo_plan()
    assert plan.planted >= len(PLOTS)


@pytest.mark.chaos
def test_the_second_act_ends_with_a_score_that_has_no_error_without_a_reason(samples: Path, tmp_path: Path) -> None:
    demo = Demo(samples, tmp_path, "--city")
    assert demo.process.wait(180) == 0, demo.said
    assert "Moments against the truth" in demo.said
    assert "without a reason" not in demo.said
    assert demo.running() == set()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True
