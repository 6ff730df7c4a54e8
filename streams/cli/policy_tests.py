"""``momentous policy test``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Policies or their tests (NAME.test.yaml beside NAME.yaml); none: the shipped one.", metavar="FILE…"
        ),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rules of your own whose moments it answers, besides the shipped ones."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only the cases that fail.")] = False,
) -> int:
    """Run the tests beside policies: a customer, a time line, and exactly the decisions that must come of it.

    Exit code 0: all passed; 1: some failed, or there was none; 2: a file cannot be used.
    """
    from streams.authoring.policies import read_policy_file, rule_texts, shipped_policy_file, told, try_policy
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED, USAGE

    files = [read_policy_file(path) for path in paths] if paths else [shipped_policy_file()]
    texts = rule_texts(rules or ())
    trials = [try_policy(file, texts) for file in files]
    for trial in trials:
        for line in told(trial, failures_only=quiet):
            say(line)
    mistakes = [mistake for trial in trials for mistake in trial.mistakes]
    for mistake in mistakes:
        complain(mistake)
    passed, failed = sum(trial.passed for trial in trials), sum(trial.failed for trial in trials)
    untested = sum(not trial.results and not trial.mistakes for trial in trials)
    without = f", {counted(untested, 'policy', 'policies')} without tests" if untested else ""
    say(f"{passed} passed, {failed} failed{without}")
    if mistakes:
        complain(f"error: {counted(len(mistakes), 'mistake')} in files that were not run; mend what is named above")
        return USAGE
    return REFUSED if failed or not passed else 0
