"""``momentous rules``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.rule_lint import lint_rules
from streams.cli.rule_new import new
from streams.cli.rule_show import show
from streams.cli.rule_tests import run_tests


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(help="The rules that find moments, and the policy that answers them.", no_args_is_help=True)
    group.command("publish")(publish)
    group.command("test")(run_tests)
    group.command("lint")(lint_rules)
    group.command("new")(new)
    group.command("show")(show)
    app.add_typer(group, name="rules")


def publish(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="YAML files and folders of them; none: what is shipped.", metavar="PATH…"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only validate.")] = False,
) -> int:
    """Validate rules, policies and the timing, then activate all of them in every partition, in one transaction."""
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED
    from streams.codec import make_codec
    from streams.definition_files import BadDefinitions, read_definitions, shipped_definitions
    from streams.publishing import activate
    from streams.settings import load_settings
    from streams.vocabulary import shipped_vocabulary, unheard_types

    settings = load_settings()
    try:
        definitions = read_definitions(paths) if paths else shipped_definitions()
    except BadDefinitions as error:
        for line in error.lines:
            complain(line)
        complain(f"error: {error}")
        return REFUSED
    for found in definitions:
        if found.kind == "rule":
            for line in unheard_types(found.text, found.filename, shipped_vocabulary()):
                complain(f"note: {line}")
    kinds = Counter(found.kind for found in definitions)
    named = f"{counted(kinds['rule'], 'rule')}, {counted(kinds['policy'], 'policy', 'policies')}"
    if kinds["time"]:
        named += ", the timing"
    if dry_run:
        say(f"valid: {named}")
        return 0
    partitions = activate(settings, make_codec(settings), [found.control for found in definitions])
    say(f"active from here on in {partitions} partitions: {named}")
    return 0
