"""``momentous rules test``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Rules or their tests (NAME.test.yaml beside NAME.yaml), or folders of them; none: the shipped ones.",
            metavar="PATH…",
        ),
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this rule.", metavar="RULE")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only the cases that fail.")] = False,
) -> int:
    """Run the tests beside the rules: a time line of touchpoints, and exactly the moments that it must make.

    Exit code 0: all passed; 1: some failed, or there was none; 2: a file cannot be used.
    """
    from streams.authoring import read_rule_files, shipped_rule_files, told, try_rule
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED, USAGE
    from streams.cli.publish_gate import nothing_in
    from streams.detection.reader import did_you_mean

    files, mistakes = read_rule_files(paths) if paths else (shipped_rule_files(), [])
    if not (files or mistakes):
        complain(f"error: {nothing_in(paths or ())}")
        return USAGE
    if only:
        known = [Path(file.filename).name.removesuffix(".yaml") for file in files]
        unknown = [name for name in only if name not in known]
        if unknown:
            complain(f"error: no rule '{unknown[0]}' among these files; {did_you_mean(unknown[0], known)}")
            return USAGE
        files = [file for file, name in zip(files, known, strict=True) if name in only]
    trials = [try_rule(file) for file in files]
    for trial in trials:
        for line in told(trial, failures_only=quiet):
            say(line)
        mistakes += trial.mistakes
    for mistake in mistakes:
        complain(mistake)
    passed, failed = sum(trial.passed for trial in trials), sum(trial.failed for trial in trials)
    untested = sum(not trial.results and not trial.mistakes for trial in trials)
    say(f"{passed} passed, {failed} failed" + (f", {counted(untested, 'rule')} without tests" if untested else ""))
    if mistakes:
        complain(f"error: {counted(len(mistakes), 'mistake')} in files that were not run; mend what is named above")
        return USAGE
    return REFUSED if failed or not passed else 0
