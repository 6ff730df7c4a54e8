"""``momentous deliver``: triggers to outreach systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.delivery import Deliverer, DeliverFile, Replay
    from streams.settings import Settings

File = Annotated[
    Path | None, typer.Option("--file", help="The endpoints; not given: the setting deliver_file.", metavar="FILE")
]


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(
        help="Deliver outreach triggers to outreach systems: webhooks, e-mail, gateways.", invoke_without_command=True
    )
    group.callback()(deliver)
    group.command("replay")(replay)
    group.command("status")(delivery_status)
    group.command("enable")(enable)
    group.command("check")(check)
    group.command("secret")(secret)
    app.add_typer(group, name="deliver")


def deliver(
    context: typer.Context,
    file: File = None,
    instance: Annotated[
        str, typer.Option(help="Static membership id, unique among the deliverers: a restarted one resumes at once.")
    ] = "",
) -> None:
    """Deliver triggers to the endpoints of deliver.yaml until stopped.

    Several share the partitions; on one machine each needs its own MOMENTOUS_DELIVER_WEB_PORT.
    """
    if context.invoked_subcommand is None:
        _run(file, instance)


def replay(
    file: File = None,
    endpoint: Annotated[str, typer.Option(help="Only what this endpoint takes by now.", metavar="NAME")] = "",
    reason: Annotated[str, typer.Option(help="Only what was set aside for this, as HTTP_503.", metavar="WORD")] = "",
    since: Annotated[
        str,
        typer.Option(help="Only what was set aside at or after this, UTC, as 2026-11-23T08:00:00Z.", metavar="TIME"),
    ] = "",
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many: to see how the first ones fare.", metavar="N")
    ] = None,
) -> int:
    """Deliver what was set aside in deliveries.dead, once more; what fails again is set aside again.

    What is not chosen lies where it lay, for another replay.
    """
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import USAGE
    from streams.delivery import Replay
    from streams.settings import load_settings

    names = [one.name for one in _endpoints(load_settings(), file).endpoints]
    if endpoint and endpoint not in names:
        complain(f"error: there is no endpoint {endpoint!r}; there are {', '.join(names)}")
        return USAGE
    try:
        at = _milliseconds(since) if since else 0
    except ValueError:
        complain(f"error: --since {since!r} is no time; write it as 2026-11-23T08:00:00Z")
        return USAGE
    deliverer = _run(file, "", Replay(endpoint, reason, at, limit))
    endings = sorted(deliverer.endings.items())
    told = ", ".join(f"{count} {ending}" for ending, count in endings) or "nothing that was set aside"
    left = f"; {counted(deliverer.passed_over, 'record')} not chosen" if deliverer.passed_over else ""
    say(f"replayed: {told}{left}")
    return 0


def delivery_status(file: File = None) -> int:
    """What waits, what was set aside, which endpoints are off; ends with 1 while one is."""
    from streams.cli.console import say
    from streams.cli.failures import REFUSED
    from streams.delivery import read_delivery_status
    from streams.settings import load_settings

    settings = load_settings()
    found = read_delivery_status(settings, _endpoints(settings, file))
    say(f"unfinished: {found.unfinished} (besides, {found.finished_ahead} ended ahead of an older one)")
    say(f"set aside: {found.set_aside}" + ("; deliver with: momentous deliver replay" if found.set_aside else ""))
    for name, off in found.endpoints.items():
        say(f"{name}: {'on' if off is None else f'off since {_utc(off.since)}, {off.reason}'}")
    off_names = [name for name, off in found.endpoints.items() if off is not None]
    if off_names:
        say(f"turn on with: momentous deliver enable {off_names[0]}")
    return REFUSED if off_names else 0


def enable(
    name: Annotated[str, typer.Argument(help="An endpoint that is off since it answered 410.")], file: File = None
) -> int:
    """Turn an endpoint on again; running deliverers follow within seconds."""
    from streams.cli.console import complain, say
    from streams.cli.failures import USAGE
    from streams.delivery import DisabledEndpoints
    from streams.publishing import require_topic
    from streams.settings import load_settings
    from streams.topics import DEAD_DELIVERIES

    settings = load_settings()
    known = [endpoint.name for endpoint in _endpoints(settings, file).endpoints]
    if name not in known:
        complain(f"error: there is no endpoint {name!r}; there are {', '.join(known)}")
        return USAGE
    require_topic(settings, DEAD_DELIVERIES)
    DisabledEndpoints(settings).enable(name)
    say(f"{name} is on; what was set aside meanwhile comes with: momentous deliver replay")
    return 0


def check(file: File = None) -> None:
    """Read the endpoints and their secrets, tell what is wrong, call nobody."""
    import os

    from streams.cli.console import counted, say
    from streams.delivery import check_secrets
    from streams.settings import load_settings

    settings = load_settings()
    found = _endpoints(settings, file)
    check_secrets(found.endpoints, os.environ, settings)
    names = ", ".join(one.name for one in found.endpoints)
    say(f"{counted(len(found.endpoints), 'endpoint')}, all as they must be: {names}")


def secret() -> None:
    """Make a signing secret for a webhook; the receiver needs the same one."""
    import base64
    import secrets

    from streams.cli.console import say

    say(f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")


def _run(file: Path | None, instance: str, replaying: Replay | None = None) -> Deliverer:
    import asyncio
    import os
    import signal

    from streams.delivery import Deliverer, DeliveryPages, check_secrets
    from streams.logs import configure_logs
    from streams.settings import load_settings
    from streams.topic_admin import check_topics

    settings = load_settings()
    configure_logs(settings.log_level)
    endpoints = _endpoints(settings, file)
    check_secrets(endpoints.endpoints, os.environ, settings)
    check_topics(settings)

    async def run() -> Deliverer:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        deliverer = Deliverer(settings, endpoints, os.environ, instance=instance, replay=replaying)
        pages = DeliveryPages(settings, deliverer) if settings.deliver_web_port and replaying is None else None
        if pages is not None:
            pages.start()
        try:
            await deliverer.run(stop)
        finally:
            if pages is not None:
                pages.stop()
        return deliverer

    return asyncio.run(run())


def _endpoints(settings: Settings, file: Path | None) -> DeliverFile:
    from streams.cli.console import complain
    from streams.cli.failures import USAGE
    from streams.delivery import DeliverFileError, read_deliver_file

    try:
        return read_deliver_file(file or Path(settings.deliver_file))
    except DeliverFileError as error:
        for line in str(error).splitlines():
            complain(f"error: {line}")
        raise typer.Exit(USAGE) from error


def _milliseconds(text: str) -> int:
    from datetime import UTC, datetime

    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _utc(milliseconds: int) -> str:
    from schemas.cloudevents import rfc3339

    return rfc3339(milliseconds)
