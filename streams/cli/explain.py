"""``momentous explain``."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("explain")(explain)


def explain(customer: Annotated[str, typer.Argument(help="The customer id.", metavar="CUSTOMER")]) -> int:
    """Tell a customer's story: touchpoints, moments and their evidence, decisions and their checks."""
    from sinks.connection import connect
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED
    from streams.settings import load_settings
    from streams.telling import of_customer, story

    settings = load_settings()
    records = of_customer(connect(settings), customer)
    lines = story(records)
    if not lines:
        complain(f"error: ClickHouse knows no customer {customer!r}; ids are written exactly as they were published")
        return REFUSED
    found = (
        counted(len(records.touchpoints), "touchpoint"),
        counted(len(records.moments), "moment"),
        counted(len(records.decisions), "decision"),
        counted(len(records.triggers), "trigger"),
    )
    say(f"customer {customer}: {', '.join(found)}; times are UTC")
    for line in lines:
        say(line)
    return 0
