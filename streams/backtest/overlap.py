"""Where other rules speak to the same customers at the same time."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from streams.backtest.period import Period
from streams.backtest.report import Overlap
from streams.backtest.tally import Tally

NEAR_MS = 86_400_000
"""Two moments of a customer that are less than this apart overlap."""


def overlaps(tally: Tally, period: Period) -> list[Overlap]:
    """Every other rule with a moment near one of ours, the most frequent first."""
    ours: dict[str, list[int]] = defaultdict(list)
    for row in tally.rows.values():
        ours[row.customer_id].append(row.detected_at)
    total = len(tally.rows)
    theirs: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for customer_id in ours:
        for at, rule in tally.others.get(customer_id, ()):
            theirs[rule][customer_id].append(at)
    our_days = {(customer, period.day(at)) for customer, times in ours.items() for at in times}
    found = []
    for rule, by_customer in theirs.items():
        moments = customers = its_near = 0
        its_days = {(customer, period.day(at)) for customer, times in by_customer.items() for at in times}
        for customer_id, times in by_customer.items():
            own = sorted(ours[customer_id])
            its = sorted(times)
            near = sum(_has_near(its, at) for at in own)
            moments += near
            customers += bool(near)
            its_near += sum(_has_near(own, at) for at in its)
        if moments:
            found.append(
                Overlap(
                    rule=rule,
                    moments=moments,
                    share=moments / total,
                    customers=customers,
                    its_moments=sum(map(len, by_customer.values())),
                    its_near=its_near,
                    jaccard=len(our_days & its_days) / len(our_days | its_days),
                )
            )
    return sorted(found, key=lambda one: (-one.moments, one.rule))


def _has_near(times: list[int], at: int) -> bool:
    """Whether one of the sorted times is less than a day from ``at``."""
    place = bisect_right(times, at - NEAR_MS)
    return place < len(times) and times[place] < at + NEAR_MS
