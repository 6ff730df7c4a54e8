"""``momentous score``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.simulation import Found


class Place(StrEnum):
    """Where moments are read."""

    KAFKA = "kafka"
    CLICKHOUSE = "clickhouse"


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("score")(score)


def score(
    truth: Annotated[Path, typer.Argument(help="What `momentous simulate --truth` wrote.", metavar="TRUTH")],
    moments: Annotated[
        Path | None, typer.Option(help="Read the moments from JSON lines instead.", metavar="FILE")
    ] = None,
    place: Annotated[Place, typer.Option("--from", help="Where to read the moments.")] = Place.KAFKA,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail on errors with a reason too, and on moments that no truth knows.")
    ] = False,
) -> int:
    """Compare the moments that were found with the truth: precision and recall of each.

    Both are 1.0 where the definition is exact; else the reason stands beside them. The exit code
    is 1 when an error has no reason. Of a live city only what is due by now is asked for.
    """
    from streams.cli.console import complain, show
    from streams.cli.failures import REFUSED
    from streams.simulation import read_truth
    from streams.simulation import score as compare
    from streams.telling.scores import score_table

    with truth.open("rb") as lines:
        known = read_truth(lines, str(truth))
    if known.heading.is_live:
        known = known.up_to(time.time_ns() // 1_000_000)
    scores = compare(known, _found(place, moments))
    show(score_table(scores))
    failures = [one for one in scores if not (one.is_perfect if strict else not one.known or not one.unexcused)]
    for one in failures:
        complain(f"{one.rule}: {one.missed} missed, {one.false} false, {one.unexcused} of them without a reason")
    return REFUSED if failures else 0


def _found(place: Place, file: Path | None) -> Sequence[Found]:
    from streams.found_moments import from_clickhouse, from_json_lines, from_kafka
    from streams.settings import load_settings

    found: Iterable[Found]
    if file is not None:
        with file.open("rb") as lines:
            return list(from_json_lines(lines, str(file)))
    settings = load_settings()
    if place is Place.CLICKHOUSE:
        from sinks.connection import connect

        found = from_clickhouse(connect(settings))
    else:
        from streams.codec import make_codec

        found = from_kafka(settings, make_codec(settings))
    return list(found)
