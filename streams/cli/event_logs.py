"""``momentous import``: files that a mapping describes, and the published logs whose mappings are shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.importers import EventLog

_TOUCHPOINTS_SHOWN = 3

Horizon = Annotated[
    float, typer.Option("--horizon-days", min=0, help="How far past the last touchpoint the closing ticks carry it.")
]
Append = Annotated[bool, typer.Option("--append", help="Also into topics that hold touchpoints already.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Publish nothing: show the first touchpoints and the number of each type.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Publish nothing at all when a row is refused.")]
Show = Annotated[int, typer.Option("--show", min=0, metavar="N", help="Name so many refused rows.")]
Refused = Annotated[
    Path | None, typer.Option("--refused", metavar="FILE", help="Write the refused rows to this file, as they stand.")
]


def add_commands(group: typer.Typer) -> None:
    """Add the commands to the group ``import``."""
    group.command("mapping")(mapping)
    group.command("otto")(otto)
    group.command("completejourney")(completejourney)
    group.command("online_retail")(online_retail)


def mapping(
    file: Annotated[Path, typer.Argument(help="The mapping, YAML; docs/importing.md explains it.", metavar="MAPPING")],
    data: Annotated[Path, typer.Argument(help="CSV or JSON lines, plain or gzip.", metavar="DATA")],
    horizon_days: Horizon = 7.0,
    append: Append = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    show: Show = 10,
    refused: Refused = None,
) -> int:
    """Import a file of your own, as a mapping says. Also written: momentous import --mapping MAPPING DATA.

    Rows that cannot be used are refused, named with line and reason, and the exit code is then 1.
    """
    from streams.cli.console import complain, counted
    from streams.cli.failures import USAGE
    from streams.importers import EventLog, MappingFileError, parse_mapping

    try:
        # Bytes that are no UTF-8 become U+FFFD, which stands out in the messages.
        read = parse_mapping(file.read_text(encoding="utf-8", errors="replace"), str(file))
        log = EventLog(before_first=_look(dry_run, append))
        log.read(read, data)
    except MappingFileError as error:
        for line in str(error).splitlines():
            complain(line)
        found = counted(len(error.mistakes), "mistake")
        complain(f"error: {found} in the mapping, nothing was published; mend what is named above")
        return USAGE
    for reference in log.unseen:
        complain(f"note: {file}:{reference.line}:{reference.column}: no row has '{reference.name}'")
    return _publish(log, data, horizon_days, append, dry_run, strict, show, refused)


def otto(
    file: Annotated[Path, typer.Argument(help="The events: session,ts_ms,type,aid.")],
    horizon_days: Horizon = 7.0,
    append: Append = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    show: Show = 10,
    refused: Refused = None,
) -> int:
    """Import a web shop's visitors: clicks, carts and orders, as OTTO published them."""
    from streams.importers import read_otto

    log = read_otto(file, _look(dry_run, append))
    return _publish(log, file, horizon_days, append, dry_run, strict, show, refused)


def completejourney(
    folder: Annotated[Path, typer.Argument(help="The folder with campaigns.csv, transactions_sample.csv and others.")],
    profiles: Annotated[
        bool, typer.Option("--profiles", help="Also the households' demographics, which have no dates of their own.")
    ] = False,
    horizon_days: Horizon = 7.0,
    append: Append = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    show: Show = 10,
) -> int:
    """Import a grocer's households: mailings, coupons redeemed, baskets at the till."""
    from streams.importers import read_completejourney

    log = read_completejourney(folder, profiles, _look(dry_run, append))
    return _publish(log, folder, horizon_days, append, dry_run, strict, show, None)


def online_retail(
    file: Annotated[Path, typer.Argument(help="The invoices, a line a product; CSV, plain or gzip.")],
    horizon_days: Horizon = 7.0,
    append: Append = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    show: Show = 10,
    refused: Refused = None,
) -> int:
    """Import a gift wholesaler's invoices: orders and cancellations, one touchpoint each."""
    from streams.importers import read_online_retail

    log = read_online_retail(file, _look(dry_run, append))
    return _publish(log, file, horizon_days, append, dry_run, strict, show, refused)


def _look(dry_run: bool, append: bool) -> Callable[[], None] | None:
    """What looks whether the topics can take a history, before a long file is read; None: it is not played."""
    if dry_run:
        return None
    from streams.history import require_ready
    from streams.settings import load_settings

    settings = load_settings()
    return lambda: require_ready(settings, append=append)


def _publish(
    log: EventLog,
    data: Path,
    horizon_days: float,
    append: bool,
    dry_run: bool,
    strict: bool,
    show: int,
    refused: Path | None,
) -> int:
    """Tell what was read, publish it unless that is not wanted, and give the exit code."""
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED

    with log:
        count = len(log.touchpoints)
        say(f"{data}: {counted(log.rows, 'row')}, {counted(count, 'touchpoint')}, {_left_out(log)}")
        for reason, rows in log.skipped.items():
            complain(f"skipped: {rows} x {reason}")
        _name_refused(log, show)
        for detail, touchpoints in log.violations.items():
            complain(f"note: {detail} ({counted(touchpoints, 'touchpoint')}); docs/touchpoints.md has the vocabulary")
        repeated, event_id = log.repeated()
        if repeated:
            complain(
                f"note: {counted(repeated, 'touchpoint repeats', 'touchpoints repeat')} an event id, the first is "
                f"'{event_id}'; a repetition within seven days counts as a duplicate"
            )
        if refused is not None:
            written = log.write_refused(refused)
            say(f"{refused}: {counted(written, 'refused row')}")
        if strict and log.refused_count:
            complain("error: rows were refused, nothing was published; mend them, or leave --strict out")
            return REFUSED
        if dry_run:
            _preview(log)
        elif count:
            _play(log, horizon_days, append)
        say(f"{'would publish' if dry_run else 'published'} {counted(count, 'touchpoint')}")
        return REFUSED if log.refused_count else 0


def _left_out(log: EventLog) -> str:
    from streams.cli.console import counted

    skipped = sum(log.skipped.values())
    said = f"{counted(log.refused_count, 'row')} refused"
    return f"{said}, {skipped} skipped" if skipped else said


def _name_refused(log: EventLog, show: int) -> None:
    from streams.cli.console import complain

    for row in sorted(log.refused)[:show]:
        complain(f"{row.file}:{row.row}: {row.reason}")
    if (more := log.refused_count - min(show, len(log.refused))) > 0:
        complain(f"… and {more} more refused" if show else f"{more} refused; --show N names them")


def _preview(log: EventLog) -> None:
    from itertools import islice

    import msgspec

    from streams.cli.console import say

    for touchpoint in islice(log.touchpoints, _TOUCHPOINTS_SHOWN):
        say(msgspec.json.format(msgspec.json.encode(touchpoint), indent=2).decode())
    for name, number in sorted(log.types.items()):
        say(f"{number:>9} {name}")


def _play(log: EventLog, horizon_days: float, append: bool) -> None:
    from streams.cli.console import progress
    from streams.codec import make_codec
    from streams.history import play_span, require_unused
    from streams.publishing import Publisher
    from streams.settings import load_settings

    settings = load_settings()
    if not append:
        require_unused(settings)  # once more: the reading may have taken long
    with Publisher(settings, make_codec(settings)) as publisher, progress() as bar:
        task = bar.add_task("publishing", total=len(log.touchpoints))
        horizon_ms = round(horizon_days * 86_400_000)
        play_span(publisher, log.touchpoints, log.span, horizon_ms, lambda: bar.advance(task))
