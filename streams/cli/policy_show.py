"""``momentous policy show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    path: Annotated[Path | None, typer.Argument(help="A policy file; none: the shipped one.", metavar="FILE")] = None,
) -> int:
    """Explain a policy in plain sentences: who gets what, within which limits, and when never."""
    from streams.authoring.policies import explained_policy, read_policy_file, shipped_policy_file
    from streams.cli.console import complain, say
    from streams.cli.failures import USAGE
    from streams.outreach import PolicyFileError, parse_policy

    file = read_policy_file(path) if path is not None else shipped_policy_file()
    try:
        policy = parse_policy(file.text, file.filename)
    except PolicyFileError as error:
        complain(str(error))
        return USAGE
    say(explained_policy(policy))
    return 0
