"""``momentous explain``."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("explain")(explain)


def explain(
    customer: Annotated[str, typer.Argument(help="The customer id.", metavar="CUSTOMER")],
    moment: Annotated[
        str | None, typer.Option(help="Only why this moment was answered or not: every check, in words.", metavar="ID")
    ] = None,
) -> int:
    """Tell a customer's story: touchpoints, moments and their evidence, decisions and their checks.

    At its end stands, in a sentence each, what became of every contact that could have been made.
    """
    from sinks.connection import connect
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED
    from streams.settings import load_settings
    from streams.telling import explanation, of_customer, sentences, story, told_candidates

    settings = load_settings()
    records = of_customer(connect(settings), customer)
    candidates = told_candidates(records.decisions, records.cancellations)
    if moment is not None:
        found = [one for one in candidates if one.moment_id == moment]
        if not found:
            complain(
                f"error: customer {customer!r} has no decision on a moment {moment!r}; "
                "`momentous explain` without --moment lists the ids"
            )
            return REFUSED
        for line in explanation(found[0]):
            say(line)
        return 0
    lines = story(records)
    if not lines:
        complain(f"error: ClickHouse knows no customer {customer!r}; ids are written exactly as they were published")
        return REFUSED
    counts = (
        counted(len(records.touchpoints), "touchpoint"),
        counted(len(records.moments), "moment"),
        counted(len(records.decisions), "decision"),
        counted(len(records.triggers), "trigger"),
    )
    say(f"customer {customer}: {', '.join(counts)}; times are UTC")
    for line in lines:
        say(line)
    if candidates:
        say("")
        say("what became of each contact:")
        for line in sentences(candidates):
            say(line)
    return 0
