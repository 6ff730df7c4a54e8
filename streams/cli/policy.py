"""``momentous policy``."""

from __future__ import annotations

import typer

from streams.cli.policy_lint import lint_policies
from streams.cli.policy_publish import publish
from streams.cli.policy_show import show
from streams.cli.policy_tests import run_tests
from streams.cli.rule_changes import activate, roll_back
from streams.cli.rule_list import list_versions


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(help="The policy: who gets which contact, and when never.", no_args_is_help=True)
    group.command("publish")(publish)
    group.command("activate")(activate)
    group.command("roll-back")(roll_back)
    group.command("versions")(list_versions)
    group.command("test")(run_tests)
    group.command("lint")(lint_policies)
    group.command("show")(show)
    app.add_typer(group, name="policy")
