"""The runner: what it says, and that its verdicts can fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.__main__ import main
from tests.conformance.run import run_case

CASES = Path(__file__).with_name("published_cases.json")
CASE: dict[str, Any] = {
    "id": "a-then-b",
    "pattern": {
        "steps": [
            {"name": "a", "cond": {"type": "a"}, "contiguity": "first"},
            {"name": "b", "cond": {"type": "b", "expr": "price > a.price"}, "contiguity": "followed_by"},
        ],
        "skip": "no_skip",
        "within": {"ms": 10, "scope": "first_to_last", "boundary": "exclusive"},
    },
    "clock": {"mode": "event", "order": "feed_order"},
    "events": [
        {"id": "a1", "type": "a", "ts": 1, "attrs": {"price": 5}},
        {"id": "b1", "type": "b", "ts": 2, "attrs": {"price": 4}},
        {"id": "b2", "type": "b", "ts": 3, "attrs": {"price": 6}},
    ],
    "expected": {"matches": [["a1", "b2"]]},
}


def changed(**parts: Any) -> dict[str, Any]:
    return {**CASE, **parts}


def pattern(**parts: Any) -> dict[str, Any]:
    return changed(pattern={**CASE["pattern"], **parts})


def test_a_case_that_comes_out_as_expected_passes() -> None:
    assert run_case(CASE) == ("a-then-b", "passed", "")


@pytest.mark.parametrize(
    "expected",
    [
        {"matches": []},
        {"matches": [["a1", "b1"]]},
        {"matches": [["a1", "b2"], ["a1", "b2"]]},
        {"match_count": 2},
        {"matches_on_event": {"b1": [["a1", "b2"]]}},
        {"fires": [{"at": 4}]},
        {"fires": [{"at": 3, "events": ["a1"]}]},
        {"match_count": 1, "outputs": [["a1", "b1"]]},
        {"match_count": 1, "timeouts": [{"events": ["a1"], "reported_at": 11}]},
    ],
)
def test_a_case_that_comes_out_otherwise_fails(expected: dict[str, Any]) -> None:
    assert run_case(changed(expected=expected)).result == "failed"


@pytest.mark.parametrize(
    ("case", "named"),
    [
        (pattern(every="third"), "every: third"),
        (pattern(skip="skip_around"), "skip: skip_around"),
        (pattern(order_by=["ts", "secondary desc"]), "order_by with more than the time"),
        (pattern(within={"ms": 9, "scope": "instance_start_to_last"}), "within, measured from instance_start_to_last"),
        (pattern(group_by="x"), "'group_by' of a pattern"),
        (pattern(steps=[{**CASE["pattern"]["steps"][0], "logical": "and"}]), "'logical' of a step"),
        (pattern(steps=[{**CASE["pattern"]["steps"][0], "cond": {"glob": "x"}}]), "'glob' in a condition"),
        (
            pattern(steps=[{**CASE["pattern"]["steps"][0], "cond": {"expr": "sum(x) > 3"}}]),
            "the expression 'sum(x) > 3'",
        ),
        (changed(clock={"mode": "sidereal"}), "clock 'sidereal'"),
        (changed(expected={"probability": 1}), "'probability' of what is expected"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(case: dict[str, Any], named: str) -> None:
    assert run_case(case) == ("a-then-b", "refused", named)


def test_the_runner_closes_with_the_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [CASE, changed(id="other", expected={"match_count": 0}), pattern(every="third")]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": cases}))
    code = main([str(file)])
    assert (code, capsys.readouterr().out.splitlines()[-1]) == (1, "1 passed, 1 failed, 1 refused")


@pytest.mark.parametrize("case", [{"id": "x"}, {**CASE, "events": 5}, {**CASE, "pattern": {"steps": [5]}}, 5])
def test_a_case_that_cannot_be_read_fails_and_the_others_go_on(
    case: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [case, CASE]}))
    assert (main([str(file)]), capsys.readouterr().out.splitlines()[-1]) == (1, "1 passed, 1 failed, 0 refused")


@pytest.mark.parametrize(
    ("cond", "matches"),
    [
        ({"any": [{"type": "b"}, {"type": "c"}]}, [["a1", "b1"]]),
        ({"all": [{"type": "b"}, {"attr": "price", "op": ">", "value": 5}]}, [["a1", "b2"]]),
        ({"type": "b", "not": {"attr": "price", "op": "in", "value": [4, 5]}}, [["a1", "b2"]]),
        ({"type": "b", "expr": "price > a.price and price != 7"}, [["a1", "b2"]]),
        ({"type": "b", "expr": "(price < 0 or price == 6) and price is not null"}, [["a1", "b2"]]),
        ({"type": "b", "eq": "price"}, []),
    ],
)
def test_a_condition_means_what_it_says(cond: dict[str, Any], matches: list[list[str]]) -> None:
    steps = [CASE["pattern"]["steps"][0], {**CASE["pattern"]["steps"][1], "cond": cond}]
    assert run_case({**pattern(steps=steps), "expected": {"matches": matches}}).detail == ""


@pytest.mark.parametrize("text", ["", "{}", "[]"])
def test_a_file_that_holds_no_cases_is_named_with_what_is_wrong(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cases.json"
    file.write_text(text)
    assert (main([str(file)]), capsys.readouterr().err.startswith(f"{file}: ")) == (2, True)


def test_the_published_cases_pass_or_are_refused_by_decision() -> None:
    verdicts = [run_case(case) for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]]
    assert sorted((verdict.case, verdict.result) for verdict in verdicts if verdict.result != "passed") == [
        ("esper-every-group", "refused"),
        ("flinksql-event-order-ties", "refused"),
    ]
