"""``momentous rules show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    rule: Annotated[str, typer.Argument(help="A shipped rule, or a rule file.", metavar="RULE|FILE")],
    policy: Annotated[
        Path | None, typer.Option("--policy", help="The policy that answers it; default: the shipped one.")
    ] = None,
) -> int:
    """Explain a rule in plain sentences, and draw its time line from top to bottom."""
    from streams.authoring import drawn, explained, find_rule_file, shipped_policy_text
    from streams.cli.console import complain, say
    from streams.cli.failures import USAGE
    from streams.detection import RuleFileError, parse_rule
    from streams.outreach import parse_policy

    try:
        file = find_rule_file(rule)
        parsed = parse_rule(file.text, file.filename)
        text = policy.read_text(encoding="utf-8", errors="replace") if policy else shipped_policy_text()
        answers = parse_policy(text, str(policy or "policy.yaml"))
    except RuleFileError as error:
        complain(str(error))
        return USAGE
    except LookupError as error:
        complain(f"error: {error.args[0]}")
        return USAGE
    say(f"{explained(parsed, answers)}\n\n{drawn(parsed)}")
    return 0
