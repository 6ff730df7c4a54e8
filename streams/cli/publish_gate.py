"""What stands between a file and the log: lint, and the tests beside the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.authoring.finding import Finding
    from streams.authoring.policies import PolicyFile
    from streams.definition_files import Definition
    from streams.outreach import Policy


def refused_definitions(paths: Sequence[Path] | None, definitions: Iterable[Definition]) -> str:
    """Why rules and policies are not to be published: how many errors and failed tests; empty: they may be.

    Everything that lint finds is told on stderr; its errors refuse, its warnings do not.

    Args:
        paths: files and folders; None or none: what is shipped.
        definitions: what stands in them; all of it can be read.
    """
    from streams.authoring import lint, read_rule_files, shipped_rule_files, told, try_rule
    from streams.authoring.finding import of_line
    from streams.authoring.policies import read_policy_file, rule_texts
    from streams.cli.console import complain
    from streams.vocabulary import shipped_vocabulary

    files, orphans = read_rule_files(paths) if paths else (shipped_rule_files(), [])
    policies = [one for one in definitions if one.kind == "policy"]
    findings = [
        *(of_line(line, "error") for line in orphans),
        *lint(files, shipped_vocabulary(), _answers(policies)),
    ]
    errors = _told(findings)
    failed = 0
    for trial in [try_rule(file) for file in files] if not errors else []:
        for line in (*trial.mistakes, *(told(trial, failures_only=True) if trial.failed else ())):
            complain(line)
        failed += trial.failed + len(trial.mistakes)
    if paths and policies:  # the shipped one is tested where it is made
        texts = rule_texts(paths)
        for one in policies:
            policy_errors, policy_failed = _tried_policy(read_policy_file(Path(one.filename)), texts)
            errors, failed = errors + policy_errors, failed + policy_failed
    return _counted(errors, failed)


def nothing_in(paths: Sequence[Path]) -> str:
    """What is wrong with files and folders in which there is no rule."""
    return f"no rule in {', '.join(map(str, paths))}; name a file NAME.yaml, or a folder that holds such files"


def refused_policy(file: PolicyFile, texts: Mapping[str, str]) -> str:
    """The same of one policy; ``texts`` are the rules whose moments it may answer, by id."""
    return _counted(*_tried_policy(file, texts))


def _tried_policy(file: PolicyFile, texts: Mapping[str, str]) -> tuple[int, int]:
    """Errors and failed tests."""
    from streams.authoring.policies import lint_policy, told, try_policy
    from streams.cli.console import complain
    from streams.vocabulary import shipped_vocabulary

    if errors := _told(lint_policy(file, texts, shipped_vocabulary())):
        return errors, 0
    trial = try_policy(file, texts)
    for line in told(trial, failures_only=True):
        complain(line)
    return 0, trial.failed


def _answers(policies: Sequence[Definition]) -> Policy:
    """The policy that is published along, else the shipped one."""
    from streams.authoring import shipped_policy_text
    from streams.outreach import parse_policy

    text, name = (policies[0].text, policies[0].filename) if policies else (shipped_policy_text(), "policy.yaml")
    return parse_policy(text, name)


def _told(findings: Iterable[Finding]) -> int:
    """Tell each; how many are errors."""
    from streams.cli.console import complain

    errors = 0
    for finding in findings:
        complain(finding.text)
        errors += finding.level == "error"
    return errors


def _counted(errors: int, failed: int) -> str:
    from streams.cli.console import counted

    parts = [counted(errors, "error") if errors else "", f"{counted(failed, 'test')} failed" if failed else ""]
    return " and ".join(part for part in parts if part)
