"""The backtest's report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from streams.backtest.example_html import outcome
from streams.backtest.period import Period, shown_time
from streams.backtest.report import Report
from streams.backtest.words import headline, period_lines, read_line, share, why_empty

_MOST_DAYS = 40
_BAR = 40


def summary(report: Report, period: Period) -> Iterator[RenderableType]:
    """What the page says, shorter."""
    rule, side = report.rule, report.side
    yield Text(
        f"{rule.id} v{rule.version} ({rule.file}), policy {report.policy} v{report.policy_version}", style="bold"
    )
    for line in (*period_lines(report), read_line(report), headline(report)):
        yield Text(line)
    for note in report.notes:
        yield Text(f"note: {note}", style="yellow")
    if not side.moments:
        for line in why_empty(report):
            yield Text(line)
    else:
        yield _days(report)
        yield _table(
            "How often per customer",
            ("moments", "customers", "share"),
            [(f"{n:,}", f"{who:,}", share(who, side.customers)) for n, who in side.per_customer.items()],
        )
        rows = [(f"contact: {one.action} by {one.channel}", one.contacts) for one in side.contacts]
        rows += [(f"stopped: {one.reason}, {one.meaning}", one.moments) for one in side.reasons]
        rows += [("waiting at the end", side.waiting)] if side.waiting else []
        told = [(word, f"{number:,}", share(number, side.moments)) for word, number in rows]
        yield _table("Under the policy", ("what becomes of the moments", "moments", "share"), told)
    yield from _compared(report)
    yield from _examples(report, period)


def _days(report: Report) -> Table:
    days = report.side.days
    most = max(1, *(day.moments for day in days))
    shown = [day for day in days if day.moments] if len(days) > _MOST_DAYS else days
    rows = [(d.day, f"{d.moments:,}", f"{d.contacts:,}", "█" * round(_BAR * d.moments / most)) for d in shown]
    return _table(f"Per day ({report.period.zone})", ("day", "moments", "contacts", ""), rows)


def _compared(report: Report) -> Iterator[RenderableType]:
    if report.overlaps:
        rows = [
            (one.rule, f"{one.moments:,}", f"{100 * one.share:.1f} %", f"{one.customers:,}", f"{one.jaccard:.3f}")
            for one in report.overlaps
        ]
        heads = ("rule", "moments", "share of ours", "customers", "Jaccard")
        yield _table("Other rules within a day, same customers", heads, rows)
    diff = report.diff
    if diff is None:
        yield Text(f"not compared: {report.no_diff}")
        return
    old, new = diff.side, report.side
    named = [("moments", old.moments, new.moments), ("customers", old.customers, new.customers)]
    named += [("contacts", old.triggered, new.triggered), ("stopped", old.refused, new.refused)]
    changes = [(word, f"{before:,}", f"{after:,}", f"{after - before:+,}") for word, before, after in named]
    yield _table(f"Against {diff.present.file}", ("", f"v{diff.present.version}", "this one", "change"), changes)
    yield Text(
        f"moments: {diff.both:,} with both, {diff.only_new:,} only new, {diff.only_old:,} only old; "
        f"customers: {diff.customers_gained:,} come in, {diff.customers_lost:,} fall out"
    )


def _examples(report: Report, period: Period) -> Iterator[RenderableType]:
    for example in report.examples:
        yield Text(f"\ncustomer {example.customer_id}: {outcome(example)}", style="bold")
        told = [(line.at, 0, f"{'*' if line.evidence else ' '} {line.type}") for line in example.lines]
        told.append((example.detected_at, 1, f"= moment: {example.emotion}"))
        for at, _, words in sorted(told, key=lambda one: one[:2]):
            yield Text(f"  {shown_time(at, period.zone)} {words}")


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for place, head in enumerate(heads):
        number = bool(rows) and all(row[place][:1].isdigit() or row[place][:1] in "+-" for row in rows)
        table.add_column(head, justify="right" if number and place else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
