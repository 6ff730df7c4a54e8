"""``momentous trace``."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("trace")(trace)


def trace(event: Annotated[str, typer.Argument(help="The event id.", metavar="EVENT_ID")]) -> int:
    """Follow one event: where it lies, what became of it, which moments, decisions and triggers rest on it."""
    from sinks.connection import connect
    from streams.cli.console import complain, say
    from streams.cli.failures import REFUSED
    from streams.settings import load_settings
    from streams.telling import of_event, story

    settings = load_settings()
    records = of_event(connect(settings), event)
    if not (records.touchpoints or records.dead):
        complain(
            f"error: ClickHouse knows no event {event!r}; the loader may not be there yet: ask again, or look at it"
        )
        return REFUSED
    for row in records.touchpoints:
        became = row["outcome"] or "accepted"
        say(
            f"event {event} of {row['source']}, customer {row['customer_id']}: {became}; "
            f"{row['topic']}[{row['partition']}] offset {row['offset']}"
        )
    for line in story(records):
        say(line)
    if not records.moments:
        say("no moment rests on it")
    return 0
