"""``momentous state``: keys and document of the live-state API."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="The live-state API: make keys, print its OpenAPI document.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the group to the root command."""
    root.add_typer(app, name="state")


@app.command("key")
def key(
    name: Annotated[str, typer.Argument(help="Who will hold it, like ivr or agent-desktop.", metavar="NAME")],
    scope: Annotated[
        list[str], typer.Option(help="What it opens: state:read, profile:read, decisions:read; may be repeated.")
    ] = ["state:read"],  # noqa: B006 - typer copies it
    channel: Annotated[
        list[str] | None, typer.Option(help="It sees only what belongs to this channel; may be repeated.")
    ] = None,
    per_second: Annotated[int, typer.Option(min=1, max=1_000_000, help="Requests a second at each worker.")] = 500,
) -> int:
    """Make a key: the entry for the file that state_keys names goes to stdout, the key itself to stderr, once."""
    from streams.cli.console import complain, say
    from streams.live_state.keys import key_entry, new_key

    made, hashed = new_key()
    entry = key_entry(name, hashed, scope, channel, per_second)
    say(entry)
    complain(f"the key, shown only now: {made}")
    return 0


@app.command("openapi")
def document() -> int:
    """Print the API's OpenAPI document."""
    from streams.cli.console import say
    from streams.live_state.document import openapi_bytes

    say(openapi_bytes().decode().rstrip("\n"))
    return 0
