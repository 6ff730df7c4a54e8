"""``momentous backtest``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.backtest import Report, Source, WarmUp
    from streams.backtest.run import Told
    from streams.definition_files import Definition
    from streams.detection import Rule
    from streams.outreach import Policy


class Place(StrEnum):
    """Where the history lies."""

    KAFKA = "kafka"
    CLICKHOUSE = "clickhouse"


class Format(StrEnum):
    """What kind of file it is."""

    AUTO = "auto"
    JSONL = "jsonl"
    BANK = "bank"
    OTTO = "otto"
    COMPLETEJOURNEY = "completejourney"
    ONLINE_RETAIL = "online_retail"


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("backtest")(backtest)


def backtest(
    rule: Annotated[str, typer.Argument(help="A rule file, or the id of a rule that runs.", metavar="RULE")],
    start: Annotated[str, typer.Option("--from", help="First day of the period, or a time, in --zone.", metavar="DAY")],
    end: Annotated[str, typer.Option("--to", help="Where it ends: the first day, or time, after it.", metavar="DAY")],
    zone: Annotated[str, typer.Option(help="The zone in which days begin and times are shown.")] = "UTC",
    source: Annotated[
        Place | None, typer.Option(help="Where the history lies, without --file.", show_default="kafka")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Read it from a file: JSON lines, a published log.", metavar="FILE")
    ] = None,
    file_format: Annotated[Format, typer.Option("--format", help="What the file is.")] = Format.AUTO,
    mapping: Annotated[
        Path | None, typer.Option(help="How to read any other file; docs/importing.md.", metavar="FILE")
    ] = None,
    consents: Annotated[Path | None, typer.Option(help="CSV of consents to go with the file.", metavar="FILE")] = None,
    against: Annotated[
        str | None,
        typer.Option(help="The present version, to compare with; none: do not.", metavar="FILE", show_default=False),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            "--rules",
            help="Rules and policy as they run now, files or folders; else what is active, in Kafka.",
            metavar="PATH",
        ),
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="What is shipped runs now, whatever is active in Kafka.")
    ] = False,
    warm: Annotated[
        str | None,
        typer.Option("--warm-up", help="History before the period: 14d, or all; else what the rule needs."),
    ] = None,
    examples: Annotated[int, typer.Option(min=0, max=200, help="Most examples with their time lines.")] = 10,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page.", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report for machines instead, on stdout.")] = False,
) -> int:
    """What a rule would have done: its moments, and the contacts that the policy would have made or stopped.

    The history is read, nothing is written to any topic. Compared is, unless told otherwise, with
    the rule of the same id that runs at present: the one that is active where the history is Kafka's,
    else the shipped one.
    """
    from streams.backtest import as_json as machine_form
    from streams.backtest import backtest as run
    from streams.backtest import choose, read_period
    from streams.cli.backtest_summary import summary
    from streams.cli.console import complain, say, show
    from streams.cli.failures import REFUSED, USAGE
    from streams.codec import make_codec
    from streams.definition_files import BadDefinitions
    from streams.detection import RuleFileError
    from streams.importers import MappingFileError
    from streams.settings import load_settings

    period = read_period(start, end, zone)
    if file is not None and source is not None:
        raise typer.BadParameter("the history lies in --file; leave --source out", param_hint="--source")
    if html is not None and (html.is_dir() or not html.parent.is_dir()):
        # It is written at the end, and the history may be long.
        said = "is a folder; name a file" if html.is_dir() else "lies in a folder that is not there; make it"
        raise typer.BadParameter(f"{html} {said}", param_hint="--html")
    place = source or Place.KAFKA
    settings = load_settings()
    codec = make_codec(settings)
    try:
        choice = choose(rule, against, beside or [], _active(place, file, beside, shipped))
        history = _history(place, file, file_format, mapping, consents)
    except (RuleFileError, MappingFileError, BadDefinitions) as error:
        lines = error.lines if isinstance(error, BadDefinitions) else str(error).splitlines()
        for line in lines:
            complain(line)
        complain("error: nothing was tested; mend what is named above")
        return USAGE
    policy = choice.together(choice.candidate).policy
    lead = _warm_up(warm, choice.candidate.rule, policy)
    try:
        with _progress(history) as told:
            report = run(history, choice, policy, period, lead, codec, examples, told)
    except KeyboardInterrupt:
        complain("stopped; no report was made, and nothing was written anywhere")
        raise
    if html is not None:
        from streams.backtest import as_html

        html.write_text(as_html(report), encoding="utf-8")
    if as_json:
        sys.stdout.buffer.write(machine_form(report))
    else:
        for part in summary(report, period):
            show(part)
        if html is not None:
            say(f"the whole report: {html}")
    _complaints(report)
    return REFUSED if report.failures or report.history.refused or _unread(report) else 0


def _active(place: Place, file: Path | None, beside: list[Path] | None, shipped: bool) -> Sequence[Definition]:
    """What the log says runs; nothing where something else is asked for."""
    from streams.backtest import active_definitions
    from streams.codec import make_codec
    from streams.live_changes import known_definitions
    from streams.settings import load_settings

    if shipped and beside:
        raise typer.BadParameter("what runs now are the files of --rules, or what is shipped", param_hint="--shipped")
    if shipped or beside or file is not None or place is not Place.KAFKA:
        return []
    settings = load_settings()
    return active_definitions(known_definitions(settings, make_codec(settings)))


def _history(
    place: Place, file: Path | None, file_format: Format, mapping: Path | None, consents: Path | None
) -> Source:
    from streams.backtest import ClickHouseSource, KafkaSource, file_source
    from streams.settings import load_settings

    if file is not None:
        return file_source(file, file_format.value, mapping, consents)
    for option, given in (("--mapping", mapping), ("--consents", consents)):
        if given is not None:
            raise typer.BadParameter("it goes with --file", param_hint=option)
    settings = load_settings()
    if place is Place.CLICKHOUSE:
        from sinks.connection import connect

        return ClickHouseSource(connect(settings))
    from streams.codec import make_codec

    return KafkaSource(settings, make_codec(settings))


def _warm_up(text: str | None, rule: Rule, policy: Policy) -> WarmUp:
    from streams.backtest import WarmUp, warm_up
    from streams.detection.durations import duration_ms

    if text is None:
        return warm_up(rule, policy)
    if text == "all":
        return WarmUp(None, "asked for")
    try:
        return WarmUp(0 if text == "0" else duration_ms(text), "asked for")
    except ValueError as error:
        raise typer.BadParameter(f"{error}; write 14d, 36h, 0 or all", param_hint="--warm-up") from error


@contextmanager
def _progress(history: Source) -> Iterator[Told]:
    """A bar for each reading, with its rate; silent where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f} touchpoints/s")

    console = Console(stderr=True)
    shown = TextColumn("{task.completed:,.0f}")
    columns = (TextColumn("{task.description}"), BarColumn(), shown, Rate(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        tasks = {}

        def told(reading: str, count: int) -> None:
            if reading not in tasks:
                tasks[reading] = bar.add_task(reading, total=history.total)
            bar.update(tasks[reading], advance=count, total=history.total)

        yield told


def _unread(report: Report) -> int:
    return report.history.fates["unreadable"]


def _complaints(report: Report) -> None:
    from streams.cli.console import complain, counted

    for reason, times in report.history.refused.items():
        complain(f"left out: {times} x {reason}")
    if unread := _unread(report):
        complain(f"left out: {counted(unread, 'record')} that cannot be read as touchpoints")
    for failure in report.failures:
        complain(f"rule {failure.rule} failed {counted(failure.times, 'time')}: {failure.detail}")
