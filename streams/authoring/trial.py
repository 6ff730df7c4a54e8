"""The run of a rule's tests, told line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from streams.authoring.rule_files import RuleFile
from streams.detection import CaseResult, RuleFileError, parse_rule, run_rule_tests
from streams.detection.case_reader import Case, parse_cases
from streams.detection.durations import offset_text


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one rule's tests. ``mistakes`` are lines ``file:line:column: what; remedy``."""

    file: RuleFile
    results: tuple[tuple[Case, CaseResult], ...] = ()
    mistakes: tuple[str, ...] = ()

    @property
    def passed(self) -> int:
        """How many cases went as written."""
        return sum(result.passed for _, result in self.results)

    @property
    def failed(self) -> int:
        """How many did not."""
        return len(self.results) - self.passed


def try_rule(file: RuleFile) -> Trial:
    """Run the tests beside a rule; files that cannot be used are its mistakes.

    Without tests the trial of a rule that can be read is empty.
    """
    try:
        if file.test_text is None:
            parse_rule(file.text, file.filename)
            return Trial(file)
        results = run_rule_tests(file.text, file.test_text, file.filename, file.test_filename)
    except RuleFileError as error:
        return Trial(file, mistakes=tuple(str(error).splitlines()))
    rule_id = results[0].rule
    cases = parse_cases(file.test_text, file.test_filename, rule_id)
    return Trial(file, tuple(zip(cases, results, strict=True)))


def told(trial: Trial, failures_only: bool = False) -> list[str]:
    """The trial for a person: a heading, then a line per case, and what a failed one expected and found."""
    shown = [(case, result) for case, result in trial.results if not (failures_only and result.passed)]
    if trial.mistakes or (failures_only and not shown):
        return []
    if not trial.results:
        return [trial.file.filename, f"  no tests; write {trial.file.test_filename}"]
    lines = [f"{trial.file.filename}  ({trial.file.test_filename})"]
    for case, result in shown:
        lines += [f"  PASS  {result.name}"] if result.passed else _failure(trial.file.test_filename, case, result)
    return lines


def _failure(filename: str, case: Case, result: CaseResult) -> list[str]:
    return [
        f"  FAIL  {result.name}  ({filename}:{result.line})",
        f"        from {_moment(case.start)}: {_time_line(case)}",
        *_moments("expected", result.expected),
        *_moments("found", result.actual),
    ]


def _moments(word: str, lines: tuple[str, ...]) -> list[str]:
    return [f"        {'' if place else word:<8}  {line}" for place, line in enumerate(lines or ("no moment",))]


def _time_line(case: Case) -> str:
    parts = []
    for arriving in case.arrivals:
        touchpoint = arriving.touchpoint
        at = offset_text(touchpoint["occurred_at"] - case.start)
        late = "" if arriving.clock is None else f" (arrives {offset_text(arriving.clock - case.start)})"
        parts.append(f"{touchpoint['event_id']} {touchpoint['type']} at {at}{late}")
    end = [] if case.until is None else [f"until {offset_text(case.until - case.start)}"]
    return ", ".join([*parts, *end]) or "nothing happens"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
