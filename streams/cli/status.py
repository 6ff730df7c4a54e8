"""``momentous status``."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("status")(status)


def status(
    urls: Annotated[
        list[str] | None,
        typer.Argument(help="Addresses of workers and loaders to ask too, like http://host:6066.", metavar="URL…"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
) -> int:
    """How everything stands, from what workers and loaders committed to Kafka; they need not be reachable.

    Exit code 1 when an address does not answer or says it is ill, 4 when the records do not add up.
    """
    import msgspec

    from sinks.rows import TABLES
    from streams.cli.console import say, show
    from streams.cli.failures import REFUSED, UNSAFE
    from streams.settings import load_settings
    from streams.status import ask, read_status
    from streams.status.page import page

    settings = load_settings()
    found = read_status(settings, {topic: table.name for topic, table in TABLES.items()})
    endpoints = [ask(url) for url in urls or ()]
    if as_json:
        told = {**msgspec.to_builtins(found), "outreach": found.outreach, "endpoints": msgspec.to_builtins(endpoints)}
        say(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        for piece in page(found, endpoints):
            if isinstance(piece, str):
                say(piece)
            else:
                show(piece)
    if not found.adds_up:
        return UNSAFE
    return 0 if all(endpoint.ok for endpoint in endpoints) else REFUSED
