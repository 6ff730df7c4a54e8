"""Sentences of the report that page and terminal share."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from streams.backtest.period import shown_time
from streams.backtest.report import Report
from streams.detection.durations import duration_text

FATES = {
    "taken": "taken in: the rule listens to their type",
    "unmet": "left out: of a type that the rule listens to, but not what its conditions ask for",
    "passed_over": "passed over: the rule does not listen to their type, or not to customers who are not identified",
    "before": "before the warm-up",
    "after": "after the period",
    "late": "too late to count, as the worker would have judged",
    "impossible": "with a time that cannot be, as the worker would have judged",
    "unreadable": "not readable as touchpoints",
    "control": "controls of the log",
}
"""What became of records, in words."""


def share(part: int, whole: int) -> str:
    """``12.3 %``; nothing of nothing is nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def headline(report: Report) -> str:
    """The result in a sentence."""
    side = report.side
    if not side.moments:
        return "No moment in this period."
    return (
        f"{counted(side.moments, 'moment')} of {counted(side.customers, 'customer')} in "
        f"{counted(len(side.days), 'day')}; the policy would have made {counted(side.triggered, 'contact')} "
        f"and stopped {side.refused:,}."
    )


def doubts(report: Report) -> Iterator[str]:
    """Rules that failed: the figures lack what they would have found."""
    for failure in report.failures:
        times = counted(failure.times, "time")
        yield f"{failure.rule} failed {times} ({failure.detail}): what it would have found there is missing."


def why_empty(report: Report) -> Iterator[str]:
    """Where nothing was found: what that may mean."""
    fates = report.history.fates
    if not report.history.read:
        yield "The source has no touchpoints at all."
    elif not fates["taken"] and fates["unmet"]:
        yield (
            f"{fates['unmet']:,} touchpoints of types that the rule listens to, "
            "and none is what its conditions ask for: look at the properties and values in the rule and in the history."
        )
    elif not fates["taken"]:
        yield (
            "No touchpoint of a type that the rule listens to: look at the types in the rule and in the history, "
            "and at --from and --to."
        )
    else:
        yield f"{fates['taken']:,} touchpoints of types that the rule listens to were taken in, and none completed it."


def period_lines(report: Report) -> Iterator[str]:
    """Period, warm-up, and what ran beside the rule."""
    period = report.period
    zone = ZoneInfo(period.zone)
    yield f"{shown_time(period.start, zone)} to {shown_time(period.end, zone)} (not included), days of {period.zone}"
    if period.warm_up_from is None:
        yield f"warm-up: all history before it ({period.warm_up_why})"
    else:
        length = duration_text(period.start - period.warm_up_from)
        yield f"warm-up: {length} before it ({period.warm_up_why}); consents and profiles from the beginning"
    yield f"beside it: {report.beside}"


def read_line(report: Report) -> str:
    """How much was read, and how fast."""
    history = report.history
    return (
        f"{history.read:,} records of {history.customers:,} customers from {history.source}, "
        f"in {report.seconds:.1f} s ({report.touchpoints_per_second:,.0f} a second)"
    )


def counted(number: int, one: str) -> str:
    """``1 rule``, ``1,200 rules``."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"
