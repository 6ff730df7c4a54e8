"""The run of a policy's tests, told line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.authoring.policies.case import MAKES, MOMENT_TYPE, ExpectedDecision, Happening, PolicyCase, Switch
from streams.authoring.policies.case_reader import TIMES, WORDS, parse_policy_cases
from streams.authoring.policies.policy_files import PolicyFile
from streams.authoring.policies.stage import Found, Stage
from streams.detection.durations import offset_text
from streams.outreach import ALL, PolicyFileError, parse_policy


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """What came of one policy's tests. ``mistakes`` are lines ``file:line:column: what; remedy``."""

    file: PolicyFile
    results: tuple[tuple[PolicyCase, tuple[Found, ...]], ...] = ()
    mistakes: tuple[str, ...] = ()

    @property
    def passed(self) -> int:
        """How many cases went as written."""
        return sum(went_as_written(case, found) for case, found in self.results)

    @property
    def failed(self) -> int:
        """How many did not."""
        return len(self.results) - self.passed


def try_policy(file: PolicyFile, rules: Mapping[str, str]) -> PolicyTrial:
    """Run the tests beside a policy; without any, the trial is empty. Files that cannot be used are its mistakes.

    Args:
        file: policy and tests.
        rules: files of the rules whose moments it answers, by id.
    """
    try:
        policy = parse_policy(file.text, file.filename)
        if file.test_text is None:
            return PolicyTrial(file)
        cases = parse_policy_cases(file.test_text, file.test_filename, policy, rules)
    except PolicyFileError as error:
        return PolicyTrial(file, mistakes=tuple(str(error).splitlines()))
    stage = Stage(policy, file.text, rules)
    return PolicyTrial(file, tuple((case, tuple(stage.play(case))) for case in cases))


def went_as_written(case: PolicyCase, found: tuple[Found, ...]) -> bool:
    """Whether the decisions are exactly those expected, in order: nothing missing, nothing more."""
    return len(found) == len(case.decisions) and all(
        one.is_as(expected) for one, expected in zip(found, case.decisions, strict=True)
    )


def told(trial: PolicyTrial, failures_only: bool = False) -> list[str]:
    """The trial for a person: a heading, then a line per case, and what a failed one expected and found."""
    shown = [(case, found) for case, found in trial.results if not (failures_only and went_as_written(case, found))]
    if trial.mistakes or (failures_only and not shown):
        return []
    if not trial.results:
        return [trial.file.filename, f"  no tests; write {trial.file.test_filename}"]
    lines = [f"{trial.file.filename}  ({trial.file.test_filename})"]
    for case, found in shown:
        passed = went_as_written(case, found)
        lines += [f"  PASS  {case.name}"] if passed else _failure(trial.file.test_filename, case, found)
    return lines


def _failure(filename: str, case: PolicyCase, found: tuple[Found, ...]) -> list[str]:
    start = datetime.fromtimestamp(case.start / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return [
        f"  FAIL  {case.name}  ({filename}:{case.line})",
        f"        from {start}: {_time_line(case)}",
        *_decisions("expected", case.start, case.decisions),
        *_decisions("found", case.start, found),
    ]


def _decisions(word: str, start: int, decisions: tuple[ExpectedDecision, ...] | tuple[Found, ...]) -> list[str]:
    lines = [_line(start, one, word == "expected") for one in decisions] or ["no decision"]
    return [f"        {'' if place else word:<8}  {line}" for place, line in enumerate(lines)]


def _line(start: int, one: ExpectedDecision | Found, with_inputs: bool) -> str:
    """As ``0s: a triggered, call.back by sms, not_before 0s``."""
    facts = {name: one.facts[name] for name in (*WORDS, "attempt", *TIMES) if one.facts.get(name) is not None}
    words = [f"{name} {offset_text(value - start)}" if name in TIMES and isinstance(value, int) else f"{name} {value}"
             for name, value in facts.items()]  # fmt: skip
    inputs = [f"{name} {text}" for name, text in one.inputs.items()] if with_inputs else []
    return f"{offset_text(one.at - start)}: {one.moment} {one.status}" + "".join(f", {word}" for word in words + inputs)


def _time_line(case: PolicyCase) -> str:
    parts = [_happening(happening, case.start) for happening in case.happenings if happening.at >= case.start]
    end = [] if case.until is None else [f"until {offset_text(case.until - case.start)}"]
    return ", ".join([*parts, *end]) or "nothing happens"


def _happening(happening: Happening, start: int) -> str:
    what, arrives = happening.what, offset_text(happening.at - start)
    if isinstance(what, Switch):
        target = "all outreach" if what.target == ALL else what.target
        return f"{target} {'paused' if what.paused else 'goes on'} at {arrives}"
    at = offset_text(what["occurred_at"] - start)
    facts = {name: value for name, value in what["properties"].items() if name != MAKES}
    if what["type"] == MOMENT_TYPE:
        rules = str(what["properties"][MAKES]).strip("[]").replace("][", " and ")
        words = [f"{what['event_id']} of {rules}"]
    else:
        words = [what["type"], *([f"of {happening.of}"] if happening.of is not None else [])]
    words += [f"{name}={value}" for name, value in facts.items()]
    late = "" if at == arrives else f" (arrives {arrives})"
    return f"{' '.join(words)} at {at}{late}"
