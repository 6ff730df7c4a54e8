"""``momentous policy publish``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.authoring.policies import PolicyFile


def publish(
    path: Annotated[Path | None, typer.Argument(help="A policy file; none: the shipped one.", metavar="FILE")] = None,
    activate: Annotated[bool, typer.Option("--activate", help="Let it decide at once.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only validate and test.")] = False,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rules of your own whose moments it answers, besides the shipped ones."),
    ] = None,
    wait: Annotated[
        float,
        typer.Option("--wait", help="Look for so many seconds until every partition's worker follows.", min=0, max=600),
    ] = 0,
) -> int:
    """Check a policy, run its tests, and put it into the log; it decides nothing before it is activated.

    One mistake, or one test that fails, and nothing is published.
    """
    from streams.authoring.policies import read_policy_file, rule_texts, shipped_policy_file
    from streams.cli.console import complain, say
    from streams.cli.failures import REFUSED
    from streams.cli.rule_changes import tell_who_follows
    from streams.codec import make_codec
    from streams.controls import ACTIVATE, PUBLISH, activation
    from streams.live_changes import send_changes
    from streams.outreach import parse_policy
    from streams.settings import load_settings

    settings = load_settings()
    file = read_policy_file(path) if path is not None else shipped_policy_file()
    failures = _failures(file, rule_texts(rules or ()))
    if failures:
        complain(f"error: {failures}; nothing was published; mend what is named above")
        return REFUSED
    policy = parse_policy(file.text, file.filename)
    named = f"policy {policy.id} v{policy.version}"
    if dry_run:
        say(f"valid: {named}")
        return 0
    change = activation("policy", policy.id, policy.version, file.text, ACTIVATE if activate else PUBLISH)
    partitions = send_changes(settings, make_codec(settings), [change])
    if not activate:
        say(f"published in {partitions} partitions: {named}")
        say(f"let it decide with: momentous policy activate {policy.id} {policy.version}")
        return 0
    say(f"{named} decides from here on in {partitions} partitions")
    return tell_who_follows(settings, [change], wait)


def _failures(file: PolicyFile, texts: Mapping[str, str]) -> str:
    """How many errors lint has and how many tests fail, each told; empty: none."""
    from streams.authoring.policies import lint_policy, told, try_policy
    from streams.cli.console import complain, counted
    from streams.vocabulary import shipped_vocabulary

    findings = lint_policy(file, texts, shipped_vocabulary())
    for finding in findings:
        complain(finding.text)
    errors = sum(finding.level == "error" for finding in findings)
    if errors:
        return counted(errors, "error")
    trial = try_policy(file, texts)
    for line in told(trial, failures_only=True):
        complain(line)
    return f"{counted(trial.failed, 'test')} failed" if trial.failed else ""
