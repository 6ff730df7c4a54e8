"""``momentous preferences``: the page on which customers say what may be sent, and links to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(
        name="preferences",
        help="The page on which customers see and change what may be sent to them.",
        no_args_is_help=True,
    )
    group.command("serve")(serve)
    group.command("link")(link)
    group.command("key")(key)
    app.add_typer(group)


def serve(
    policy: Annotated[
        Path | None,
        typer.Option(help="Policy whose consents the page asks about; not given: the active one.", metavar="FILE"),
    ] = None,
) -> int:
    """Serve the page until stopped; what customers save is published as touchpoints."""
    from importlib.resources import files

    from streams.cli.console import complain, say
    from streams.cli.failures import USAGE
    from streams.logs import configure_logs
    from streams.outreach import PolicyFileError, parse_policy
    from streams.preferences.serve import serve as serve_page
    from streams.settings import load_settings

    settings = load_settings()
    configure_logs(settings.log_level)
    shipped = parse_policy((files("streams.outreach") / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml")
    chosen = None
    if policy is not None:
        try:
            chosen = parse_policy(policy.read_text(encoding="utf-8", errors="replace"), str(policy))
        except PolicyFileError as error:
            complain(str(error))
            return USAGE
    serve_page(settings, shipped, chosen, lambda address: say(f"preferences page on {address}"))
    return 0


def link(
    customer: Annotated[str, typer.Argument(help="Whose page it opens.", metavar="CUSTOMER")],
    days: Annotated[int, typer.Option(min=1, max=400, help="For how many days it is good.")] = 30,
) -> None:
    """Make a customer's link; whoever has it can see and change these preferences."""
    from streams.cli.console import complain, say
    from streams.preferences.serve import links_of
    from streams.settings import load_settings

    if not customer:
        raise typer.BadParameter("it is empty; give the customer's id", param_hint="CUSTOMER")
    now = datetime.now(UTC)
    say(links_of(load_settings()).preferences(customer, round(now.timestamp() * 1000), days))
    complain(f"good for {days} {'day' if days == 1 else 'days'}; give it to nobody but this customer")


def key(
    key_id: Annotated[str, typer.Argument(help="Its id, which links carry: letters, digits, - and _.", metavar="ID")],
) -> None:
    """Make a key to sign links with; put it first in MOMENTOUS_PREFERENCES_KEYS, older ones behind it."""
    from streams.cli.console import say
    from streams.preferences import new_key

    say(new_key(key_id))
