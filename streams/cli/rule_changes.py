"""``momentous rules activate``, ``shadow``, ``retire``, ``roll-back``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from schemas import Control
    from streams.settings import Settings

Name = Annotated[str, typer.Argument(help="Id of a rule, or of a policy; `time`, `emotions`.", metavar="ID")]
Wait = Annotated[
    float,
    typer.Option("--wait", help="Look for so many seconds until every partition's worker follows.", min=0, max=600),
]


def activate(
    name: Name,
    version: Annotated[int, typer.Argument(help="A version that was published.", metavar="VERSION")],
    wait: Wait = 0,
) -> int:
    """Let a published version run, in every partition from one record on."""
    return _change(name, "activate", version, wait)


def shadow(
    name: Name,
    version: Annotated[
        int | None, typer.Argument(help="A version that was published; default: the one that runs.", metavar="VERSION")
    ] = None,
    wait: Wait = 0,
) -> int:
    """Let a rule detect and record, and contact nobody."""
    return _change(name, "shadow", version, wait)


def retire(name: Name, wait: Wait = 0) -> int:
    """Let no version of it run; what customers have under way in it is dropped."""
    return _change(name, "retire", None, wait)


def roll_back(
    name: Name,
    version: Annotated[
        int | None, typer.Argument(help="An earlier version; default: the one before.", metavar="VERSION")
    ] = None,
    wait: Wait = 0,
) -> int:
    """Let an earlier version run again; what the present one has begun is dropped."""
    return _change(name, "roll_back", version, wait)


def _change(name: str, change: str, version: int | None, wait: float) -> int:
    from streams.cli.console import say
    from streams.codec import make_codec
    from streams.live_changes import change_to, known_definitions, send_changes
    from streams.settings import load_settings

    settings = load_settings()
    codec = make_codec(settings)
    control = change_to(known_definitions(settings, codec), name, change, version)
    partitions = send_changes(settings, codec, [control])
    made = control["activation"]
    assert made is not None
    done = {"activate": "is active", "shadow": "runs in shadow", "retire": "is retired", "roll_back": "runs again"}
    say(f"{made['kind']} {name} v{made['version']} {done[change]} from here on in {partitions} partitions")
    return tell_who_follows(settings, [control], wait)


def tell_who_follows(settings: Settings, changes: Sequence[Control], wait: float) -> int:
    """Say within what time all workers followed, where somebody wants to wait; the exit code."""
    from streams.cli.console import complain, say
    from streams.cli.failures import REFUSED
    from streams.live_changes import followed

    if not wait:
        return 0
    seconds = followed(settings, changes, wait)
    if seconds is None:
        complain(f"error: not every partition followed within {wait:g} s; look with `momentous rules status`")
        return REFUSED
    say(f"every partition followed within {seconds:.1f} s")
    return 0
