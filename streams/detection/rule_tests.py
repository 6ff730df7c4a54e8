"""Tests of a rule, as they stand beside it: a time line of touchpoints and the moments expected.

A case passes when the moments are exactly those, in order: nothing missing, nothing more. So an
empty list says that the rule must stay quiet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from schemas.types import Touchpoint, Value
from streams.detection.case_reader import Case, Expected, parse_cases
from streams.detection.detector import Detector
from streams.detection.durations import offset_text
from streams.detection.feelings import Feelings
from streams.detection.firing import Firing, RuleFailure
from streams.detection.moment_types import MOMENT_TYPES
from streams.detection.rule import Rule
from streams.detection.rule_reader import parse_rule
from streams.detection.shipped_emotions import shipped_emotions
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
    """Run one case: each touchpoint moves the clock, deadlines fire first, ``until`` closes.

    A touchpoint of type ``moment.detected`` is a moment that other rules found. Levels move by the shipped emotions.
    """
    detector, state, emotions = Detector([rule]), DetectionState(), shipped_emotions()
    feelings = Feelings(detector, state, emotions, None)
    found: list[_Found] = []
    clock = case.start
    for arriving in case.arrivals:
        touchpoint = arriving.touchpoint
        clock = max(clock, touchpoint["occurred_at"] if arriving.clock is None else arriving.clock)
        found += [_Found(report) for report in detector.on_deadline(state, clock)]
        for earlier in found:
            earlier.meet(touchpoint, clock)
        if touchpoint["type"] in MOMENT_TYPES:
            stirred = feelings.moment(touchpoint, clock)
            reports = detector.on_moment(state, touchpoint, clock)
        else:
            stirred = feelings.touchpoint(touchpoint, emotions.moves_of(touchpoint), clock)
            reports = detector.on_touchpoint(state, touchpoint, clock)
        found += [_Found(report) for report in (*stirred, *reports)]
    if case.until is not None:
        found += [_Found(report) for report in detector.on_deadline(state, case.until)]
    passed = len(found) == len(case.moments) and all(
        one.is_as(moment) for one, moment in zip(found, case.moments, strict=True)
    )
    expected = tuple(
        _line(case.start, moment.at, moment.evidence, moment.context, moment.resolved) for moment in case.moments
    )
    return CaseResult(rule.id, case.name, case.line, passed, expected, tuple(one.shown(case.start) for one in found))


class _Found:
    """A report of the run, and when a later touchpoint resolved it (ms UTC)."""

    def __init__(self, report: Firing | RuleFailure) -> None:
        self._report = report
        self._resolved: int | Literal["never"] = "never"

    def meet(self, touchpoint: Touchpoint, clock: int) -> None:
        """Resolve it, if it is open and the touchpoint does that."""
        report = self._report
        if isinstance(report, RuleFailure) or self._resolved != "never":
            return
        is_open = clock < report.detected_at + report.rule.expires_after_ms
        is_later = report.opening.occurred_at <= touchpoint["occurred_at"]
        if is_open and is_later and report.rule.resolves(touchpoint, report.correlation_id):
            self._resolved = clock

    def is_as(self, moment: Expected) -> bool:
        """Whether it is what the case expects; what the case leaves out is not compared."""
        report = self._report
        if isinstance(report, RuleFailure) or report.detected_at != moment.at:
            return False
        return (
            tuple(item.event_id for item in report.evidence) == moment.evidence
            and moment.context in (None, report.context)
            and moment.resolved in (None, self._resolved)
        )

    def shown(self, start: int) -> str:
        """One line for a person."""
        report = self._report
        if isinstance(report, RuleFailure):
            return f"the rule failed: {report.detail}"
        evidence = tuple(item.event_id for item in report.evidence)
        return _line(start, report.detected_at, evidence, report.context, self._resolved)


def _line(
    start: int,
    at: int,
    evidence: tuple[str, ...],
    context: Mapping[str, Value] | None,
    resolved: int | Literal["never"] | None,
) -> str:
    facts = "" if context is None else " {" + ", ".join(f"{name}: {value}" for name, value in context.items()) + "}"
    end = f", resolved {offset_text(resolved - start)}" if isinstance(resolved, int) else ""
    return f"{offset_text(at - start)}: {', '.join(evidence)}{facts}{end}"
