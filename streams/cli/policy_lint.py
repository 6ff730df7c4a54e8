"""``momentous policy lint``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def lint_policies(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Policy files; none: the shipped one.", metavar="FILE…")
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rules of your own whose moments it answers, besides the shipped ones."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
) -> int:
    """Find slips: limits that never bind or always do, promotion at night, moments that no rule makes.

    Exit code 0: no error (with --strict no warning either); 1: there are some; 2: a file cannot be read.
    """
    from streams.authoring.policies import lint_policy, read_policy_file, rule_texts, shipped_policy_file
    from streams.cli.console import counted, say
    from streams.cli.failures import REFUSED
    from streams.vocabulary import shipped_vocabulary

    files = [read_policy_file(path) for path in paths] if paths else [shipped_policy_file()]
    texts = rule_texts(rules or ())
    findings = [finding for file in files for finding in lint_policy(file, texts, shipped_vocabulary())]
    for finding in findings:
        say(finding.text)
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    said = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    say(f"{counted(len(files), 'policy', 'policies')}: {said}")
    return REFUSED if errors or (strict and warnings) else 0
