"""``momentous rules``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.rule_changes import activate, retire, roll_back, shadow
from streams.cli.rule_lint import lint_rules
from streams.cli.rule_list import list_definitions, list_versions, status
from streams.cli.rule_new import new
from streams.cli.rule_show import show
from streams.cli.rule_tests import run_tests

if TYPE_CHECKING:
    from streams.definition_files import Definition


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(help="The rules that find moments, and the policy that answers them.", no_args_is_help=True)
    group.command("publish")(publish)
    group.command("activate")(activate)
    group.command("shadow")(shadow)
    group.command("roll-back")(roll_back)
    group.command("retire")(retire)
    group.command("list")(list_definitions)
    group.command("versions")(list_versions)
    group.command("status")(status)
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
    activate: Annotated[bool, typer.Option("--activate", help="Let them run at once, in one transaction.")] = False,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="The same, but the rules contact nobody until they are activated.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only validate.")] = False,
    wait: Annotated[
        float,
        typer.Option("--wait", help="Look for so many seconds until every partition's worker follows.", min=0, max=600),
    ] = 0,
) -> int:
    """Check rules, policies and the timing, the rules with their tests, and put them into the log.

    They do not run before they are activated. One mistake, one rule that can never fire, or one test that fails,
    and nothing is published; what else lint finds is told and does not stop it.
    """
    from streams.cli.console import complain, say
    from streams.cli.failures import REFUSED, USAGE
    from streams.cli.publish_gate import nothing_in, refused_definitions
    from streams.cli.rule_changes import tell_who_follows
    from streams.codec import make_codec
    from streams.controls import ACTIVATE, PUBLISH, SHADOW, activation
    from streams.definition_files import BadDefinitions, read_definitions, shipped_definitions
    from streams.live_changes import send_changes
    from streams.publishing import require_topic
    from streams.settings import load_settings

    if activate and shadow:
        complain("error: --activate and --shadow at once; choose one")
        return USAGE
    settings = load_settings()
    try:
        definitions = read_definitions(paths) if paths else shipped_definitions()
    except BadDefinitions as error:
        for line in error.lines:
            complain(line)
        complain(f"error: {error}")
        return REFUSED
    if not definitions:
        complain(f"error: {nothing_in(paths or ())}")
        return USAGE
    if not dry_run:
        require_topic(settings)  # the tests take long, and are in vain without it
    failures = refused_definitions(paths, definitions)
    if failures:
        complain(f"error: {failures}; nothing was published; mend what is named above")
        return REFUSED
    named = _named(definitions)
    if dry_run:
        say(f"valid: {named}")
        return 0
    change = ACTIVATE if activate else SHADOW if shadow else PUBLISH
    changes = [
        activation(one.kind, one.id, one.version, one.text, ACTIVATE if shadow and one.kind != "rule" else change)
        for one in definitions
    ]
    partitions = send_changes(settings, make_codec(settings), changes)
    if change == PUBLISH:
        say(f"published in {partitions} partitions, and does not run before it is activated: {named}")
    else:
        say(f"{'in shadow' if shadow else 'active'} from here on in {partitions} partitions: {named}")
    return tell_who_follows(settings, changes, wait)


def _named(definitions: Iterable[Definition]) -> str:
    from streams.cli.console import counted

    kinds = Counter(found.kind for found in definitions)
    named = f"{counted(kinds['rule'], 'rule')}, {counted(kinds['policy'], 'policy', 'policies')}"
    named += ", the timing" if kinds["time"] else ""
    return named + (", the emotions" if kinds["emotions"] else "")
