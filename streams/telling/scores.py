"""The table of precision and recall."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from streams.simulation import RuleScore


def score_table(scores: Sequence[RuleScore]) -> Table:
    """A row a rule, by name: counts, precision, recall and, below 1.0, why."""
    table = Table(title="Moments against the truth", title_justify="left", padding=(0, 0, 0, 1))
    table.add_column("moment", no_wrap=True)
    for name in ("expected", "planted", "found", "right", "missed", "false", "precision", "recall"):
        table.add_column(name, justify="right")
    table.add_column("why not 1.0", overflow="fold")
    for one in scores:
        counts = (one.expected, one.planted, one.found, one.right, one.missed, one.false)
        shown = [f"{count:,}" for count in counts] if one.known else ["", "", f"{one.found:,}", "", "", ""]
        shares = (one.precision, one.recall) if one.known else (None, None)
        table.add_row(one.rule, *shown, *map(_share, shares), "\n".join(_reasons(one)))
    return table


def _share(share: float | None) -> str:
    """Rounded down: only what is perfect is 1.000."""
    return "" if share is None else f"{int(share * 1000) / 1000:.3f}"


def _reasons(one: RuleScore) -> list[str]:
    if not one.known:
        return [one.why_unknown]
    reasons = [f"{count:,} {reason}" for reason, count in sorted(one.excused.items())]
    return [*reasons, f"{one.unexcused:,} without a reason"] if one.unexcused else reasons
