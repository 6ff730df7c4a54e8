"""``momentous simulate``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.city_player import Outlet, Played
    from streams.simulation import CityPlan

_START = datetime(2026, 1, 5, tzinfo=UTC)


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("simulate")(simulate)


def simulate(
    customers: Annotated[int | None, typer.Option(min=1, help="How many live in the city; 1,000 by default.")] = None,
    days: Annotated[float | None, typer.Option(help="For how long things begin; 14 by default.")] = None,
    touchpoints: Annotated[
        int | None, typer.Option(min=1, help="Nothing new begins once so many are made, instead of --days.")
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="UTC; 2026-01-05 by default, now with --speed."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed and size give the same bytes.")] = 1,
    speed: Annotated[
        float, typer.Option(min=0, help="0: as fast as it goes; 1: live, occurred_at is now; 60: a minute a second.")
    ] = 0.0,
    late: Annotated[float, typer.Option(help="Share of touchpoints that arrive minutes to days late.")] = 0.01,
    out_of_order: Annotated[float, typer.Option(help="Share that arrive up to 90 s late.")] = 0.02,
    duplicates: Annotated[float, typer.Option(help="Share that are published twice.")] = 0.01,
    out: Annotated[
        str | None, typer.Option(help="JSON lines to a file instead of Kafka; - writes them to stdout.", metavar="FILE")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Where to write the moments that it causes, for `score`.", metavar="FILE")
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Also into topics that hold touchpoints already.")] = False,
) -> int:
    """Play a many-channel city whose moments are known: habits, calls, queues, orders, promises, trips.

    To Kafka it is a history with its own clock, which ends with closing ticks; with --speed 1 it
    is live. Every other speed is a history that takes its time. With a speed it ends when its days
    are over; without, what has begun is brought to its end. Its truth goes to a side file.
    """
    from streams.city_player import LIVE_SLACK_MS, Pace, play_city
    from streams.cli.console import complain, counted, progress
    from streams.simulation import City, Disorder, plan_city

    live = speed == 1
    if live and start is not None:
        raise typer.BadParameter("with --speed 1 the city begins now; leave --start out", param_hint="--start")
    if truth is not None and (truth.is_dir() or not truth.parent.is_dir()):
        # It gets its name at the end, when all is published.
        said = "is a folder; name a file" if truth.is_dir() else "lies in a folder that is not there; make it"
        raise typer.BadParameter(f"{truth} {said}", param_hint="--truth")
    begins = start.replace(tzinfo=UTC) if start is not None else datetime.now(UTC) if speed else _START
    try:
        plan = plan_city(
            round(begins.timestamp() * 1000),
            customers=customers,
            days=days,
            touchpoints=touchpoints,
            seed=seed,
            disorder=Disorder(late, out_of_order, duplicates),
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with _outlet(out, live=live, append=append) as outlet, progress() as bar:
        task = bar.add_task("touchpoints", total=touchpoints)
        played = play_city(
            lambda tell: City(plan, tell),
            outlet,
            Pace(speed, plan.start),
            truth,
            slack_ms=LIVE_SLACK_MS if live else 0,
            until=plan.end if speed else None,
            told=_every(1000, lambda: bar.advance(task, 1000)),
        )
    for line in _summary(plan, played, truth):
        complain(line)
    complain(f"played {counted(played.touchpoints, 'touchpoint')} in {played.seconds:.1f} s")
    return 0


@contextmanager
def _outlet(out: str | None, *, live: bool, append: bool) -> Iterator[Outlet]:
    from streams.city_player import ToFile, ToKafka

    if out == "-":
        yield ToFile(sys.stdout.buffer)
    elif out is not None:
        with Path(out).open("wb") as file:
            yield ToFile(file)
    else:
        from streams.codec import make_codec
        from streams.history import require_unused
        from streams.publishing import Publisher
        from streams.settings import load_settings

        settings = load_settings()
        with Publisher(settings, make_codec(settings)) as publisher:
            if not (live or append):
                require_unused(settings)
            yield ToKafka(publisher, live=live)


def _every(number: int, act: Callable[[], None]) -> Callable[[], None]:
    """Act at every so many calls: a progress bar is not for free."""
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls % number == 0:
            act()

    return count


def _summary(plan: CityPlan, played: Played, truth: Path | None) -> Iterator[str]:
    began = time.strftime("%Y-%m-%d %H:%M", time.gmtime(plan.start / 1000))
    yield f"a city of {plan.customers:,} customers from {began} UTC, seed {plan.seed}"
    moments = played.moments.total()
    where = f"; truth in {truth}" if truth is not None else ""
    yield f"{played.planted:,} planted stories; {moments:,} moments of {len(played.moments)} kinds{where}"
