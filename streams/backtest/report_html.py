"""The report as one page: nothing is fetched, nothing runs, and whatever a customer wrote is only text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from zoneinfo import ZoneInfo

from streams.backtest.charts import Series, bars, columns
from streams.backtest.example_html import example_section
from streams.backtest.report import Diff, Report, Side
from streams.backtest.words import FATES, doubts, headline, period_lines, read_line, share, why_empty

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_BINS = 12
"""Numbers of moments per customer that get a bar of their own."""


def as_html(report: Report) -> str:
    """The whole page."""
    rule = report.rule
    name = f"{rule.id} v{rule.version}"
    sections = [
        _summary(report),
        _days(report),
        _customers(report.side),
        _policy(report),
        _overlaps(report),
        _diff(report),
        _examples(report),
        _history(report),
    ]
    style = (files("streams.backtest") / "report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Backtest of {escape(name)}</title><style>{style}</style></head>\n"
        f'<body><main><header><p class="kind">Backtest</p><h1>{escape(rule.title)}</h1>'
        f"<p>{escape(name)}, {escape(rule.emotion)}; policy {escape(report.policy)} v{report.policy_version}</p>"
        f"</header>\n{''.join(sections)}</main></body></html>\n"
    )


def _summary(report: Report) -> str:
    side = report.side
    figures = [
        ("moments", side.moments),
        ("customers touched", side.customers),
        ("contacts", side.triggered),
        ("stopped by the policy", side.refused),
        ("resolved by themselves", side.resolved),
    ]
    if side.waiting:
        figures.append(("still waiting at the end", side.waiting))
    if side.cancelled:
        figures.append(("called off again", side.cancelled))
    cells = "".join(f"<div><dt>{escape(word)}</dt><dd>{number:,}</dd></div>" for word, number in figures)
    empty = "" if side.moments else _paragraphs(why_empty(report))
    touched = (
        f"{share(side.customers, report.history.customers)} of {report.history.customers:,} customers were touched."
    )
    return _section(
        "Result",
        f"<p class='headline'>{escape(headline(report))}</p>{_paragraphs(doubts(report), 'failed')}{empty}"
        f"<dl class='figures'>{cells}</dl>"
        f"<p>{touched}</p>{_paragraphs(period_lines(report))}{_paragraphs(report.notes, 'note')}",
    )


def _days(report: Report) -> str:
    days = report.side.days
    labels = [day.day for day in days]
    chart = columns(
        "Moments and contacts per day",
        [label[5:] for label in labels],
        [
            Series("moments", [day.moments for day in days], "moments"),
            Series("contacts", [day.contacts for day in days], "contacts"),
        ],
        "days",
    )
    legend = (
        "<p class='legend'><span class='key moments'></span> moments "
        "<span class='key contacts'></span> of them answered by a contact</p>"
    )
    rows = [(day.day, f"{day.moments:,}", f"{day.contacts:,}") for day in days]
    table = _table(f"Days of {report.period.zone}", ("day", "moments", "contacts"), rows)
    return _section("Per day", f"{legend}<figure>{chart}</figure>{_folded('The numbers', table)}")


def _customers(side: Side) -> str:
    if not side.moments:
        return ""
    rest = sum(who for moments, who in side.per_customer.items() if moments > _BINS)
    rows = [(_moments(number), side.per_customer.get(number, 0)) for number in range(1, _BINS + 1)]
    while rows and not rows[-1][1]:
        rows.pop()
    if rest:
        rows.append((f"more than {_BINS} moments", rest))
    most = max(side.per_customer)
    told = (
        f"Of {side.customers:,} customers {side.per_customer.get(1, 0):,} have one moment "
        f"({share(side.per_customer.get(1, 0), side.customers)}); the most that one has is {most:,}."
    )
    chart = bars("Customers by their number of moments", rows, "customers")
    table = _table(
        "How often per customer",
        ("moments", "customers"),
        [(f"{number:,}", f"{who:,}") for number, who in side.per_customer.items()],
    )
    return _section("How often per customer", f"<p>{told}</p><figure>{chart}</figure>{_folded('The numbers', table)}")


def _policy(report: Report) -> str:
    side = report.side
    if not side.moments:
        return ""
    rows = [("contact", side.triggered)] if side.triggered else []
    rows += [(one.reason, one.moments) for one in side.reasons]
    if side.waiting:
        rows.append(("waiting", side.waiting))
    chart = bars("What the policy makes of the moments", rows, "policy", "contacts")
    reasons = _table(
        "Stopped",
        ("reason", "meaning", "moments", "share"),
        [(one.reason, one.meaning, f"{one.moments:,}", share(one.moments, side.moments)) for one in side.reasons],
    )
    made = _table(
        "Contacts",
        ("action", "channel", "contacts", "share"),
        [(one.action, one.channel, f"{one.contacts:,}", share(one.contacts, side.moments)) for one in side.contacts],
    )
    return _section("Under the policy", f"<figure>{chart}</figure>{made}{reasons}")


def _overlaps(report: Report) -> str:
    if not report.side.moments:
        return ""
    if not report.overlaps:
        return _section("Overlap", "<p>No other rule has a moment within a day of these, for the same customers.</p>")
    chart = bars(
        "Moments with another rule's within a day", [(one.rule, one.moments) for one in report.overlaps], "overlap"
    )
    table = _table(
        "Other rules within 24 hours, before or after, for the same customers",
        ("rule", "moments", "share of ours", "customers", "its moments", "near ours", "Jaccard of customer-days"),
        [
            (
                one.rule,
                f"{one.moments:,}",
                f"{100 * one.share:.1f} %",
                f"{one.customers:,}",
                f"{one.its_moments:,}",
                f"{one.its_near:,}",
                f"{one.jaccard:.3f}",
            )
            for one in report.overlaps
        ],
    )
    told = (
        "<p>Jaccard: days of a customer with a moment of both rules, over those with a moment of either; "
        "only days of the customers whom this rule touches.</p>"
    )
    return _section("Overlap with other rules", f"<figure>{chart}</figure>{table}{told}")


def _diff(report: Report) -> str:
    diff = report.diff
    if diff is None:
        return _section("Against the present version", f"<p>Not compared: {escape(report.no_diff)}.</p>")
    old, new = diff.side, report.side
    version = f"v{diff.present.version} ({diff.present.file})"
    chart = bars(
        "Moments of the two versions",
        [("with both", diff.both), ("only with the new one", diff.only_new), ("only with the old one", diff.only_old)],
        "diff",
    )
    rows = [
        ("moments", old.moments, new.moments),
        ("customers touched", old.customers, new.customers),
        ("contacts", old.triggered, new.triggered),
        ("stopped by the policy", old.refused, new.refused),
        ("still waiting", old.waiting, new.waiting),
    ]
    table = _table(
        "Both versions",
        ("", f"present v{diff.present.version}", f"new v{report.rule.version}", "change"),
        [(word, f"{was:,}", f"{now:,}", f"{now - was:+,}" if now != was else "0") for word, was, now in rows],
    )
    told = (
        f"<p>Compared with {escape(version)}, by customer and opening touchpoint. {diff.customers_gained:,} customers "
        f"come in, {diff.customers_lost:,} fall out. Of the moments with both, {diff.moved:,} are detected at another "
        f"time and {diff.answered_otherwise:,} answered otherwise.</p>"
    )
    return _section(
        "Against the present version", f"{told}<figure>{chart}</figure>{table}{_diff_examples(report, diff)}"
    )


def _diff_examples(report: Report, diff: Diff) -> str:
    zone = ZoneInfo(report.period.zone)
    parts = []
    for word, found in (("Only new", diff.only_new_examples), ("Only old", diff.only_old_examples)):
        if found:
            parts.append(f"<h3>{word}</h3>{''.join(example_section(one, zone) for one in found)}")
    return "".join(parts)


def _examples(report: Report) -> str:
    if not report.examples:
        return ""
    zone = ZoneInfo(report.period.zone)
    told = "<p>Of every outcome some, drawn by lot. Bold lines with a mark are the evidence.</p>"
    return _section("Examples", told + "".join(example_section(one, zone) for one in report.examples))


def _history(report: Report) -> str:
    history = report.history
    fates = _table(
        "Records read",
        ("what became of them", "records"),
        [(FATES[fate], f"{number:,}") for fate, number in history.fates.items() if number],
    )
    outcomes = _table(
        "Touchpoints taken in",
        ("outcome", "touchpoints"),
        [(key, f"{number:,}") for key, number in history.outcomes.items()],
    )
    refused = _table("Left out", ("why", "records"), [(key, f"{number:,}") for key, number in history.refused.items()])
    failures = _table(
        "Rules that failed",
        ("rule", "where", "times"),
        [(one.rule, one.detail, f"{one.times:,}") for one in report.failures],
    )
    sums = _table(
        "Counts that must agree, and do",
        ("what", "one way", "the other way"),
        [(one.name, f"{one.left:,}", f"{one.right:,}") for one in report.equations],
    )
    parts = [fates, outcomes, refused if history.refused else "", failures if report.failures else ""]
    return _section("What was read", f"<p>{escape(read_line(report))}</p>{''.join(parts)}{_folded('Sums', sums)}")


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>\n"


def _paragraphs(lines: Iterable[str], style: str = "") -> str:
    mark = f' class="{style}"' if style else ""
    return "".join(f"<p{mark}>{escape(line)}</p>" for line in lines)


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose cells are text; columns of numbers stand to the right."""
    if not rows:
        return ""
    marks = map(_number_mark, rows[0])
    head = "".join(f'<th scope="col"{mark}>{escape(word)}</th>' for word, mark in zip(heads, marks, strict=True))
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    table = f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='wide'>{table}</div>"


def _cell(text: str) -> str:
    return f"<td{_number_mark(text)}>{escape(text)}</td>"


def _number_mark(text: str) -> str:
    number = text.replace(",", "").replace(".", "").replace(" %", "").lstrip("+-").isdecimal()
    return ' class="n"' if number else ""


def _moments(number: int) -> str:
    return "1 moment" if number == 1 else f"{number} moments"
