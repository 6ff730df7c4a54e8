"""``momentous rules lint``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def lint_rules(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Rule files and folders of them; none: the shipped ones.", metavar="PATH…"),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="The policy that answers the moments; default: the shipped one.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
) -> int:
    """Find slips: what cannot be read or never fires, unheard types and properties, overlaps, missing tests.

    Exit code 0: no error (with --strict no warning either); 1: there are some; 2: a file cannot be read.
    """
    from streams.authoring import lint, read_rule_files, shipped_policy_text, shipped_rule_files
    from streams.authoring.finding import of_line
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED, USAGE
    from streams.cli.publish_gate import nothing_in
    from streams.detection import RuleFileError
    from streams.outreach import parse_policy
    from streams.vocabulary import shipped_vocabulary

    text = policy.read_text(encoding="utf-8", errors="replace") if policy else shipped_policy_text()
    try:
        answers = parse_policy(text, str(policy or "policy.yaml"))
    except RuleFileError as error:
        complain(str(error))
        return USAGE
    files, orphans = read_rule_files(paths) if paths else (shipped_rule_files(), [])
    if not (files or orphans):
        complain(f"error: {nothing_in(paths or ())}")
        return USAGE
    findings = [*(of_line(line, "error") for line in orphans), *lint(files, shipped_vocabulary(), answers)]
    for finding in findings:
        say(finding.text)
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    say(f"{counted(len(files), 'rule')}: {counted(errors, 'error')}, {counted(warnings, 'warning')}")
    return REFUSED if errors or (strict and warnings) else 0
