"""``momentous import``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli import event_logs
from streams.cli.import_group import ImportGroup

if TYPE_CHECKING:
    from streams.importers import Refusal

_ROWS_NAMED = 3
_HELP = (
    "Play the past from files: the clock is theirs.\n\n"
    "A file of your own needs a mapping: [bold]momentous import --mapping FILE DATA[/bold], the same as "
    "[bold]momentous import mapping FILE DATA[/bold]."
)


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(cls=ImportGroup, help=_HELP, no_args_is_help=True)
    group.callback(help=_HELP)(_group)
    group.command("bank")(bank)
    event_logs.add_commands(group)
    app.add_typer(group, name="import")


def _group() -> None:
    pass


def bank(
    file: Annotated[Path, typer.Argument(help="The bank's call log: tab separated, plain or gzip.")],
    consents: Annotated[
        Path | None, typer.Option(help="CSV of consents, published before the calls.", metavar="FILE")
    ] = None,
    horizon_days: Annotated[
        float, typer.Option(min=0, help="How far past the last call the closing ticks carry the clock.")
    ] = 7.0,
    append: Annotated[bool, typer.Option("--append", help="Also into topics that hold touchpoints already.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read the files.")] = False,
) -> int:
    """Import a bank's call centre: five touchpoints a call, in the order of time, dated as they were.

    Virtual calls (PHANTOM) are left out, as the log's documentation asks; other rows that cannot be
    used are refused, and the exit code is then 1.
    """
    from streams.cli.console import complain, counted, progress, say
    from streams.cli.failures import REFUSED
    from streams.codec import make_codec
    from streams.history import play, require_ready, require_unused
    from streams.importers import PHANTOM, read_bank, read_consents
    from streams.publishing import Publisher
    from streams.settings import load_settings

    settings = load_settings()
    agreed = read_consents(consents) if consents is not None else None
    calls = read_bank(file, None if dry_run else lambda: require_ready(settings, append=append))
    refusals = list(calls.refusals)
    touchpoints = calls.touchpoints
    say(f"{file}: {calls.rows} rows, {len(calls.touchpoints)} touchpoints, {len(calls.refusals)} rows left out")
    if agreed is not None:
        refusals += agreed.refusals
        touchpoints = sorted([*agreed.touchpoints, *touchpoints], key=lambda touchpoint: touchpoint["occurred_at"])
        customers = ", ".join(f"{status} {count}" for status, count in sorted(agreed.customers.items()))
        say(f"{consents}: {len(agreed.touchpoints)} touchpoints; customers: {customers}")
    for line in _by_reason(refusals):
        complain(f"left out: {line}")
    if touchpoints and not dry_run:
        if not append:
            require_unused(settings)  # once more: the reading may have taken long
        with Publisher(settings, make_codec(settings)) as publisher, progress() as bar:
            task = bar.add_task("publishing", total=len(touchpoints))
            play(publisher, touchpoints, round(horizon_days * 86_400_000), lambda: bar.advance(task))
    say(f"{'would publish' if dry_run else 'published'} {counted(len(touchpoints), 'touchpoint')}")
    return REFUSED if any(refusal.reason != PHANTOM for refusal in refusals) else 0


def _by_reason(refusals: Sequence[Refusal]) -> list[str]:
    """One line a reason, naming the first rows."""
    rows: dict[str, list[int]] = {}
    for refusal in refusals:
        rows.setdefault(refusal.reason, []).append(refusal.row)
    return [f"{len(found)} x {reason} ({_named(found)})" for reason, found in rows.items()]


def _named(rows: Sequence[int]) -> str:
    more = ", …" if len(rows) > _ROWS_NAMED else ""
    return f"row {', '.join(map(str, rows[:_ROWS_NAMED]))}{more}"
