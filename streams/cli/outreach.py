"""``momentous outreach``: the kill switch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.outreach import Pause
    from streams.settings import Settings

_ACTION = re.compile(r"[a-z][a-z0-9_]*([.-][a-z0-9_]+)*")
_LONGEST_NAME = 200

Action = Annotated[str | None, typer.Argument(help="Only this action of the policy; none: all outreach.")]
Reason = Annotated[str, typer.Option(help="Why, for those who come after; it is kept in the log.", metavar="TEXT")]
By = Annotated[str | None, typer.Option(help="Who; not given: this user at this machine.", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(
        help="The kill switch: stop all outreach, or one action, and let it go on.", no_args_is_help=True
    )
    group.command("pause")(pause)
    group.command("resume")(resume)
    group.command("status")(outreach_status)
    app.add_typer(group, name="outreach")


def pause(
    action: Action = None,
    reason: Reason = "",
    by: By = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Do not look whether the active policy has the action.")
    ] = False,
) -> int:
    """Refuse every contact from here on in the log, with reason "paused", until resumed."""
    from streams.cli.console import complain, say
    from streams.cli.failures import REFUSED
    from streams.publishing import require_topic
    from streams.settings import load_settings

    settings = load_settings()
    switch = _switch(action, True, reason, by)
    require_topic(settings)
    if action is not None and not unchecked:
        known = _actions(settings)
        if known is None:
            complain(f"note: no worker has told yet which actions there are, so {action!r} is taken as it is written")
        elif action not in known:
            complain(
                f"error: the active policy has no action {action!r}; it has {', '.join(known)} (or say --unchecked)"
            )
            return REFUSED
    partitions = _throw(settings, switch)
    say(f"{_what(action)} is paused from here on in {partitions} partitions; what was triggered before stays triggered")
    say(f"let it go on with: momentous outreach resume{'' if action is None else ' ' + action}")
    return 0


def resume(action: Action = None, reason: Reason = "", by: By = None) -> int:
    """Lift a pause from here on in the log; what was refused meanwhile stays refused."""
    from streams.cli.console import complain, say
    from streams.publishing import require_topic
    from streams.settings import load_settings

    settings = load_settings()
    switch = _switch(action, False, reason, by)
    require_topic(settings)
    paused = _paused(settings)
    partitions = _throw(settings, switch)
    if (action or "*") not in paused:
        now = f"paused are: {', '.join(paused)}" if paused else "nothing is"
        complain(f"note: {_what(action)} was not paused, as far as workers have applied the log; {now}")
    say(f"{_what(action)} goes on from here on in {partitions} partitions")
    if action is None:
        say("actions that were paused one by one stay paused: see momentous outreach status")
    return 0


def outreach_status() -> int:
    """What is paused, since when, by whom and why, as far as workers have applied the log."""
    from sinks.rows import TABLES
    from streams.cli.console import say
    from streams.settings import load_settings
    from streams.status import read_status
    from streams.status.page import pause_line

    found = read_status(load_settings(), {topic: table.name for topic, table in TABLES.items()})
    say(f"outreach: {found.outreach}")
    for one in found.pauses:
        say(pause_line(one))
    behind = sum(one.lag_records for one in found.partitions)
    if behind:
        say(f"workers have up to {behind} records to go; a switch among them counts once they are there")
    refused = found.decisions.get("refused:paused", 0)
    say(f"decisions refused as paused so far: {refused:,}")
    return 0


def _switch(action: str | None, paused: bool, reason: str, by: str | None) -> Pause:
    import getpass
    import socket
    import time

    from streams.outreach import ALL, LONGEST_REASON, Pause

    if action is not None and (not _ACTION.fullmatch(action) or len(action) > _LONGEST_NAME):
        raise typer.BadParameter(f"{action!r} is no action's name; they are lower-case words joined by dots")
    if len(reason) > LONGEST_REASON:
        raise typer.BadParameter(f"the reason has {len(reason)} characters, at most {LONGEST_REASON} are kept")
    return Pause(
        id=action or ALL,
        paused=paused,
        reason=reason,
        by=(by or f"{getpass.getuser()}@{socket.gethostname()}")[:_LONGEST_NAME],
        at=time.time_ns() // 1_000_000,
    )


def _throw(settings: Settings, switch: Pause) -> int:
    """Put it into every partition; how many they are."""
    from streams.codec import make_codec
    from streams.controls import throw_switch
    from streams.publishing import activate

    return activate(settings, make_codec(settings), [throw_switch(switch)])


def _actions(settings: Settings) -> list[str] | None:
    """The actions of the active policy; None before the first, or where the changelog does not tell."""
    from confluent_kafka import KafkaException

    from streams.status import read_policy

    try:
        policy = read_policy(settings)
    except KafkaException:
        return None
    return None if policy is None else sorted(action.id for action in policy.actions)


def _paused(settings: Settings) -> list[str]:
    """What is paused in any partition: actions, and ``*`` for all."""
    from confluent_kafka import KafkaException

    from streams.status import read_partition_records

    try:
        return sorted({name for record in read_partition_records(settings).values() for name in record.pauses})
    except KafkaException:
        return []


def _what(action: str | None) -> str:
    return "all outreach" if action is None else f"action {action}"
