"""Conditions on a touchpoint."""

from __future__ import annotations

import pytest

from streams.detection import DetectionState, Detector
from tests.detection.timeline import START, rule, touchpoint


def holds(condition: str, **properties: object) -> bool:
    """Whether a condition holds for a touchpoint of type t with these properties."""
    found = rule(f"detect:\n  event: {condition}\n")
    arriving = touchpoint(0, "a", "t", channel="chat", correlation_id="c", **properties)
    return len(Detector([found]).on_touchpoint(DetectionState(), arriving, START)) == 1


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("{x: 5}", 5, True),
        ("{x: 5}", 5.0, True),
        ("{x: 5}", "5", False),
        ("{x: 1}", True, False),
        ("{x: true}", True, True),
        ("{x: true}", 1, False),
        ("{x: abc}", "abc", True),
        ("{x: abc}", "ABC", False),
        ("{x: '5'}", "5", True),
        ("{x: [a, b]}", "b", True),
        ("{x: [a, 5, true]}", 5, True),
        ("{x: [a, 5, true]}", True, True),
        ("{x: [a, 5, true]}", 1, False),
        ("{x: [a, b]}", "c", False),
        ("{x|eq: a}", "a", True),
        ("{x|ne: a}", "b", True),
        ("{x|ne: a}", "a", False),
        ("{x|ne: [a, b]}", "b", False),
        ("{x|gt: 300}", 300, False),
        ("{x|gt: 300}", 300.01, True),
        ("{x|gte: 300}", 300, True),
        ("{x|gte: 300}", 299, False),
        ("{x|lt: 300}", 299, True),
        ("{x|lt: 300}", 300, False),
        ("{x|lte: 300}", 300, True),
        ("{x|lte: 300}", 301, False),
        ("{x|gte: 0}", "300", False),
        ("{x|gte: 0}", True, False),
        ("{x|lte: 1}", False, False),
        ("{x|gte: 0}", float("nan"), False),
        ("{x|contains: ell}", "hello", True),
        ("{x|contains: [zz, ell]}", "hello", True),
        ("{x|contains: ell}", 5, False),
        ("{x|startswith: he}", "hello", True),
        ("{x|startswith: lo}", "hello", False),
        ("{x|endswith: lo}", "hello", True),
        ("{x|endswith: he}", "hello", False),
        ("{x|exists: true}", 0, True),
        ("{x|exists: true}", False, True),
        ("{x|exists: false}", "", False),
        ("{any: [{x: 1}, {x: 2}]}", 2, True),
        ("{any: [{x: 1}, {x: 2}]}", 3, False),
        ("{all: [{x|gt: 1}, {x|lt: 3}]}", 2, True),
        ("{all: [{x|gt: 1}, {x|lt: 3}, {x|ne: 2}]}", 2, False),
        ("{not: {x: 1}}", 2, True),
        ("{not: {x: 1}}", 1, False),
        ("{not: {any: [{x: 1}, {not: {x|gt: 0}}]}}", 2, True),
    ],
)
def test_a_field_is_compared_as_its_modifier_says(condition: str, value: object, expected: bool) -> None:
    assert holds(condition, x=value) is expected


@pytest.mark.parametrize("missing", [{}, {"x": None}])
@pytest.mark.parametrize(
    "condition",
    [
        "{x: 5}",
        "{x: [a, 5]}",
        "{x|ne: a}",
        "{x|gt: 0}",
        "{x|gte: 0}",
        "{x|lt: 0}",
        "{x|lte: 0}",
        "{x|contains: a}",
        "{x|startswith: a}",
        "{x|endswith: a}",
        "{x|exists: true}",
    ],
)
def test_a_missing_field_makes_a_test_false(condition: str, missing: dict[str, None]) -> None:
    assert holds(condition, **missing) is False


def test_a_missing_field_makes_exists_false_true() -> None:
    assert holds("{x|exists: false}") is True


def test_not_of_a_test_on_a_missing_field_is_true() -> None:
    assert holds("{not: {x|lt: 5}}") is True


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{type: t}", True),
        ("{type: [s, t]}", True),
        ("{type: s}", False),
        ("{type|ne: s}", True),
        ("{type|ne: t}", False),
        ("{type|startswith: t}", True),
        ("{type|startswith: s}", False),
        ("{type|exists: true}", True),
        ("{not: {type: s}}", True),
        ("{not: {type: t}}", False),
        ("{any: [{type: s}, {x: 1}]}", True),
        ("{any: [{type: s}, {x: 2}]}", False),
        ("{any: [{type: t}, {x: 2}]}", True),
        ("{type: t, x: 1}", True),
        ("{type: t, x: 2}", False),
        ("{type: s, x: 1}", False),
        ("{channel: chat}", True),
        ("{channel: web}", False),
        ("{correlation_id: c, identified: true}", True),
        ("{identified: false}", False),
        ("{session_id|exists: false}", True),
        ("{properties.x: 1}", True),
        ("{properties.type: t}", False),
        ("{y or x: 1}", True),
    ],
)
def test_fields_are_of_the_touchpoint_where_it_has_one_of_that_name_else_properties(
    condition: str, expected: bool
) -> None:
    assert holds(condition, x=1) is expected


def test_a_touchpoint_type_that_no_rule_names_reaches_a_condition_that_does_not_name_one() -> None:
    rules = [rule("detect: {event: {type: other}}", "test.other"), rule("detect: {event: {x: 1}}", "test.x")]
    reports = Detector(rules).on_touchpoint(DetectionState(), touchpoint(0, "a", "t", x=1), START)
    assert [report.rule.id for report in reports] == ["test.x"]


def test_a_type_is_heard_under_a_prefix_even_where_another_rule_names_it() -> None:
    rules = [rule("detect: {event: {type: t.a}}", "test.a"), rule("detect: {event: {type|startswith: t.}}", "test.b")]
    found = {
        kind: [report.rule.id for report in Detector(rules).on_touchpoint(DetectionState(), arriving, START)]
        for kind in ("t.a", "t.b", "s.a")
        for arriving in [touchpoint(0, "a", kind)]
    }
    assert found == {"t.a": ["test.a", "test.b"], "t.b": ["test.b"], "s.a": []}
