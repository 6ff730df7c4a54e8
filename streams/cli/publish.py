"""``momentous publish``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("publish")(publish)


def publish(
    file: Annotated[
        str, typer.Argument(help="JSON lines, one touchpoint each; - reads standard input.", metavar="FILE")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read the file.")] = False,
) -> int:
    """Publish touchpoints from a file; lines that cannot be used are named, the others go out.

    A line: {"event_id": "1", "source": "shop", "customer_id": "7", "channel": "web", "type":
    "cart.added", "occurred_at": "2026-11-23T09:00:00Z", "correlation_id": "cart-3", "properties":
    {"value": 12.5}}
    """
    from streams.cli.console import complain, counted, progress, say
    from streams.cli.failures import REFUSED
    from streams.codec import make_codec
    from streams.importers import Refusal, read_json_lines
    from streams.publishing import Publisher, TooLarge
    from streams.settings import load_settings

    settings = load_settings()
    published = refused = 0
    with _opened(file) as (lines, size), progress() as bar:
        publisher = None if dry_run else Publisher(settings, make_codec(settings))
        task = bar.add_task("publishing (bytes)", total=size)
        for number, read in read_json_lines(_told(lines, lambda count: bar.advance(task, count))):
            reason = read.reason if isinstance(read, Refusal) else ""
            if not isinstance(read, Refusal) and publisher is not None:
                try:
                    publisher.publish(read)
                except TooLarge as error:
                    reason = str(error)
            if reason:
                refused += 1
                complain(f"{file}:{number}: {reason}")
            else:
                published += 1
        if publisher is not None:
            publisher.flush()
    done = "would publish" if dry_run else "published"
    say(f"{done} {counted(published, 'touchpoint')}, refused {counted(refused, 'line')}")
    return REFUSED if refused else 0


@contextmanager
def _opened(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file's lines and its size, where that is known."""
    if file == "-":
        yield sys.stdin.buffer, None
        return
    with Path(file).open("rb") as opened:
        yield opened, Path(file).stat().st_size


def _told(lines: Iterable[bytes], advance: Callable[[int], None]) -> Iterator[bytes]:
    for line in lines:
        yield line
        advance(len(line))
