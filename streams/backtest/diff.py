"""Two versions of the rule against each other, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence

from streams.backtest.period import Period
from streams.backtest.report import Diff, RuleFacts
from streams.backtest.side import side_of
from streams.backtest.tally import Row, Tally
from streams.backtest.timeline import Example


def difference(
    present: RuleFacts,
    new: Tally,
    old: Tally,
    period: Period,
    kept: tuple[Sequence[Example], Sequence[Example]],
    examples: int,
) -> Diff:
    """What changes with the new version.

    Two moments are the same when customer and opening touchpoint are, the first with that opening
    answering to the first, the second to the second.

    Args:
        present: the old version.
        new, old: what each world was told.
        period: of detection.
        kept: time lines of sampled customers, by version.
        examples: most of them, of each kind.
    """
    new_rows, old_rows = _by_key(new), _by_key(old)
    both = new_rows.keys() & old_rows.keys()
    new_customers = {row.customer_id for row in new_rows.values()}
    old_customers = {row.customer_id for row in old_rows.values()}
    return Diff(
        present=present,
        side=side_of(old, period),
        both=len(both),
        only_new=len(new_rows) - len(both),
        only_old=len(old_rows) - len(both),
        moved=sum(new_rows[key].detected_at != old_rows[key].detected_at for key in both),
        customers_gained=len(new_customers - old_customers),
        customers_lost=len(old_customers - new_customers),
        answered_otherwise=sum(_answer(new_rows[key]) != _answer(old_rows[key]) for key in both),
        only_new_examples=_only(kept[0], new, both, examples),
        only_old_examples=_only(kept[1], old, both, examples),
    )


def _by_key(tally: Tally) -> dict[tuple[str, str, str, int], Row]:
    return {row.key: row for row in tally.rows.values()}


def _answer(row: Row) -> tuple[str, str, str]:
    return row.status, row.action, row.channel


def _only(found: Sequence[Example], tally: Tally, both: set[tuple[str, str, str, int]], most: int) -> list[Example]:
    """By moment id, which is as good as drawn by lot."""
    alone = [one for one in found if one.moment_id in tally.rows and tally.rows[one.moment_id].key not in both]
    return sorted(alone, key=lambda one: one.moment_id)[:most]
