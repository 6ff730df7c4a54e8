"""Tests of a rule, as they stand beside it: a time line of touchpoints and the moments expected.

A case passes when the moments are exactly those, in order: nothing missing, nothing more. So an
empty list says that the rule must stay quiet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from schemas.types import Value
from streams.detection.case_reader import Case, Expected, parse_cases
from streams.detection.detector import Detector
from streams.detection.durations import duration_text
from streams.detection.firing import Firing, RuleFailure
from streams.detection.rule import Rule
from streams.detection.rule_reader import parse_rule
from streams.detection.state import DetectionState


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went. ``expected`` and ``actual`` hold one line per moment."""

    rule: str
    name: str
    line: int
    passed: bool
    expected: tuple[str, ...]
    actual: tuple[str, ...]


def run_rule_tests(
    rule_text: str, test_text: str, rule_file: str = "rule.yaml", test_file: str = "rule.test.yaml"
) -> list[CaseResult]:
    """Run every case against the rule, in the order of the file. A rule in mode ``off`` is run too.

    Raises:
        RuleFileError: either file cannot be used.
    """
    rule = replace(parse_rule(rule_text, rule_file), mode="live")
    return [run_case(rule, case) for case in parse_cases(test_text, test_file, rule.id)]


def run_case(rule: Rule, case: Case) -> CaseResult:
    """Run one case: each touchpoint moves the clock, deadlines fire first, ``until`` closes."""
    detector, state = Detector([rule]), DetectionState()
    reports: list[Firing | RuleFailure] = []
    clock = case.start
    for arriving in case.arrivals:
        occurred_at = arriving.touchpoint["occurred_at"]
        clock = max(clock, occurred_at if arriving.clock is None else arriving.clock)
        reports += detector.on_deadline(state, clock)
        reports += detector.on_touchpoint(state, arriving.touchpoint, clock)
    if case.until is not None:
        reports += detector.on_deadline(state, case.until)
    same = len(reports) == len(case.moments) and all(
        _meets(report, moment) for report, moment in zip(reports, case.moments, strict=True)
    )
    expected = tuple(_line(moment.at - case.start, moment.evidence, moment.context) for moment in case.moments)
    return CaseResult(rule.id, case.name, case.line, same, expected, tuple(_shown(one, case.start) for one in reports))


def _meets(report: Firing | RuleFailure, moment: Expected) -> bool:
    if isinstance(report, RuleFailure) or report.detected_at != moment.at:
        return False
    evidence = tuple(item.event_id for item in report.evidence)
    return evidence == moment.evidence and moment.context in (None, report.context)


def _shown(report: Firing | RuleFailure, start: int) -> str:
    if isinstance(report, RuleFailure):
        return f"the rule failed: {report.detail}"
    return _line(report.detected_at - start, tuple(item.event_id for item in report.evidence), report.context)


def _line(offset: int, evidence: tuple[str, ...], context: Mapping[str, Value] | None) -> str:
    facts = "" if context is None else " {" + ", ".join(f"{name}: {value}" for name, value in context.items()) + "}"
    return f"{duration_text(offset)}: {', '.join(evidence)}{facts}"
