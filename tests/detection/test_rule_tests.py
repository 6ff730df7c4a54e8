"""Rule tests: what passes, what fails, and what cannot be run."""

from __future__ import annotations

import pytest

from streams.detection import RuleFileError, run_rule_tests
from streams.detection.case_reader import parse_cases

RULE = """\
id: test.count
version: 1
title: t
description: d
emotion: stressed
detect: {count: {type: t}, at_least: 2, within: 1d}
keep: [x]
"""
HEAD = """\
rule: test.count
cases:
  - name: a case
    touchpoints: [{at: 0s, id: a, type: t}, {at: 1h, id: b, type: t, x: 1}]
"""


def outcome(moments: str) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    (result,) = run_rule_tests(RULE, HEAD + f"    moments: {moments}\n")
    return result.passed, result.expected, result.actual


def test_a_case_passes_when_the_moments_are_exactly_those() -> None:
    assert outcome("[{at: 1h, evidence: [a, b]}]") == (True, ("1h: a, b",), ("1h: a, b {count: 2, x: 1}",))


@pytest.mark.parametrize(
    "moments",
    [
        "[]",
        "[{at: 1h+1ms, evidence: [a, b]}]",
        "[{at: 1h, evidence: [b, a]}]",
        "[{at: 1h, evidence: [a]}]",
        "[{at: 1h, evidence: [a, b]}, {at: 1h, evidence: [a, b]}]",
        "[{at: 1h, evidence: [a, b], context: {count: 2}}]",
        "[{at: 1h, evidence: [a, b], context: {count: 2, x: 2}}]",
    ],
)
def test_anything_else_fails(moments: str) -> None:
    assert outcome(moments)[0] is False


def test_the_context_is_compared_where_it_is_written() -> None:
    assert outcome("[{at: 1h, evidence: [a, b], context: {x: 1, count: 2}}]")[0] is True


def test_a_result_names_rule_case_and_line() -> None:
    (result,) = run_rule_tests(RULE, HEAD + "    moments: []\n")
    assert (result.rule, result.name, result.line) == ("test.count", "a case", 3)


def test_an_empty_list_means_must_not_fire() -> None:
    text = "rule: test.count\ncases: [{name: n, touchpoints: [{at: 0s, id: a, type: t}], moments: []}]\n"
    assert [result.passed for result in run_rule_tests(RULE, text)] == [True]


def test_defaults_of_the_case_outrank_those_of_the_file_and_fields_outrank_both() -> None:
    text = """\
rule: test.count
defaults: {type: s, x: 1}
cases:
  - name: n
    defaults: {type: t, x: 2}
    touchpoints: [{at: 0s, id: a}, {at: 1s, id: b, x: 3}]
    moments: [{at: 1s, evidence: [a, b], context: {count: 2, x: 3}}]
  - name: m
    touchpoints: [{at: 0s, id: a}, {at: 1s, id: b}]
    moments: []
"""
    assert [result.passed for result in run_rule_tests(RULE, text)] == [True, True]


def test_arrives_sets_the_clock_apart_from_the_time_of_the_touchpoint() -> None:
    text = """\
rule: test.count
cases:
  - name: n
    touchpoints: [{at: 0s, id: a, type: t, arrives: 2h}, {at: 1s, id: b, type: t, arrives: 3h}]
    moments: [{at: 3h, evidence: [a, b]}]
"""
    assert [result.passed for result in run_rule_tests(RULE, text)] == [True]


@pytest.mark.parametrize(("resolved", "passes"), [("2h", True), ("2h+1ms", False), ("never", False), (None, True)])
def test_a_case_may_say_when_a_moment_is_resolved(resolved: str | None, passes: bool) -> None:
    text = f"""\
rule: test.count
cases:
  - name: n
    touchpoints:
      - {{at: 0s, id: a, type: t}}
      - {{at: 1h, id: b, type: t}}
      - {{at: 2h, id: c, type: solved}}
      - {{at: 3h, id: d, type: solved}}
    moments: [{{at: 1h, evidence: [a, b]{f", resolved: {resolved}" if resolved else ""}}}]
"""
    (result,) = run_rule_tests(RULE + "resolved_by: {type: solved}\n", text)
    assert (result.passed, result.actual) == (passes, ("1h: a, b {count: 2}, resolved 2h",))


def test_a_rule_that_is_off_is_tested_all_the_same() -> None:
    text = HEAD + "    moments: [{at: 1h, evidence: [a, b]}]\n"
    assert [result.passed for result in run_rule_tests(RULE + "mode: off\n", text)] == [True]


def test_a_test_file_with_mistakes_shows_them_all() -> None:
    text = """\
rule: test.other
case: []
cases:
  - title: n
    start: yesterday
    touchpoints:
      - {at: soon, id: a, type: t}
      - {at: 1s, type: t}
      - {at: 2s, id: b}
      - {at: 3s, id: b, type: t, occurred_at: 5}
    until: 5
    moments:
      - {at: 1h, evidence: [z]}
      - {evidence: []}
"""
    with pytest.raises(RuleFileError) as refusal:
        run_rule_tests(RULE, text, test_file="t.yaml")
    assert str(refusal.value).splitlines() == [
        "t.yaml:1:7: the tests are for 'test.other'; the rule is 'test.count'",
        "t.yaml:2:1: unknown key 'case' in a rule test; did you mean 'cases'?",
        "t.yaml:4:5: a case has no 'name'; say what the case shows, as a sentence",
        "t.yaml:4:5: two touchpoints have the same id; give each its own",
        "t.yaml:4:5: unknown key 'title' in a case; known are name, each, start, defaults, touchpoints, until, moments",
        "t.yaml:5:12: 'start' is the text 'yesterday'; write a time with its zone, like 2026-01-05T09:00:00Z",
        "t.yaml:7:14: 'at' is the text 'soon'; write the time since the start, like 0s, 30m or 7d-1ms",
        "t.yaml:8:9: a touchpoint has no 'id'; write {at: 0s, id: a, type: ivr.entered}",
        "t.yaml:9:9: a touchpoint has no 'type'; write {at: 0s, id: a, type: ivr.entered}",
        "t.yaml:10:34: 'occurred_at' in a time line; write 'id' and 'at'",
        "t.yaml:11:12: 'until' is 5; write the time since the start, like 0s, 30m or 7d-1ms",
        "t.yaml:13:28: no touchpoint has the id 'z'; known are b",
        "t.yaml:14:9: a moment has no 'at'; write {at: 3d, evidence: [a, b]}",
        "t.yaml:14:20: 'evidence' has 0 entries; write 1 to 100",
    ]


def test_two_touchpoints_of_one_id_are_refused() -> None:
    text = HEAD.replace("id: b", "id: a") + "    moments: []\n"
    with pytest.raises(RuleFileError, match="two touchpoints have the same id; give each its own"):
        run_rule_tests(RULE, text)


def test_a_bad_rule_is_reported_under_its_own_name() -> None:
    with pytest.raises(RuleFileError, match=r"^r\.yaml:1:1: "):
        run_rule_tests("mode: live\n", HEAD + "    moments: []\n", rule_file="r.yaml")


def test_a_property_that_is_a_time_is_written_as_time_since_the_start() -> None:
    promise = """\
id: test.promise
version: 1
title: t
description: d
emotion: frustrated
detect: {promise: {type: m}, due: due_at, at_most: 90d, kept_by: {type: k}, level: below}
"""
    tests = """\
rule: test.promise
cases:
  - name: broken at its due time
    touchpoints: [{at: 0s, id: m, type: m, due_at: {at: 10h}}]
    until: 1d
    moments: [{at: 10h, evidence: [m], context: {level: below, due_at: {at: 10h}}}]
"""
    assert [result.passed for result in run_rule_tests(promise, tests)] == [True]


EACH = """\
rule: test.count
cases:
  - name: Any of them
    each: [a, "2", 3]
    touchpoints: [{at: 0s, id: x, type: $each}]
    moments: []
"""


def test_a_case_with_each_is_one_case_per_value() -> None:
    cases = parse_cases(EACH.replace("type: $each", "type: t, n: $each"), "t.yaml", "test.count")
    assert [case.name for case in cases] == ["Any of them: a", "Any of them: 2", "Any of them: 3"]
    assert [case.arrivals[0].touchpoint["properties"] for case in cases] == [{"n": "a"}, {"n": "2"}, {"n": 3}]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("each: []", "t.yaml:4:11: 'each' is a list; write a list of 1 to 50 values"),
        ("each: a", "t.yaml:4:11: 'each' is the text 'a'; write a list of 1 to 50 values"),
        ("each: [[a]]", "t.yaml:4:12: 'each' has a list; write single values"),
    ],
)
def test_each_is_a_list_of_single_values(written: str, said: str) -> None:
    with pytest.raises(RuleFileError) as error:
        parse_cases(EACH.replace('each: [a, "2", 3]', written), "t.yaml", "test.count")
    assert str(error.value) == said


def test_each_without_a_place_for_it_is_a_mistake() -> None:
    with pytest.raises(RuleFileError) as error:
        parse_cases(EACH.replace("$each", "b"), "t.yaml", "test.count")
    assert str(error.value) == "t.yaml:4:11: 'each' without $each; write $each where the values go, like type: $each"


def test_a_mistake_in_a_case_with_each_is_said_once() -> None:
    with pytest.raises(RuleFileError) as error:
        parse_cases(EACH.replace("at: 0s", "at: soon"), "t.yaml", "test.count")
    assert len(error.value.mistakes) == 1
