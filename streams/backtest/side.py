"""One version's rows, counted."""

from __future__ import annotations

from collections import Counter

from streams.backtest.period import Period
from streams.backtest.report import Contact, Day, Reason, Side
from streams.backtest.tally import REFUSED, TRIGGERED, WAITING, Tally
from streams.outreach import REASONS


def side_of(tally: Tally, period: Period) -> Side:
    """The counts of a world's rows."""
    rows = list(tally.rows.values())
    status = Counter(row.status for row in rows)
    moments = Counter(period.day(row.detected_at) for row in rows)
    triggered = [row for row in rows if row.status == TRIGGERED]
    contacts = Counter(period.day(row.detected_at) for row in triggered)
    customers = Counter(row.customer_id for row in rows)
    by_action = Counter((row.action, row.channel) for row in triggered)
    reasons = Counter(row.reason for row in rows if row.status == REFUSED)
    return Side(
        moments=len(rows),
        customers=len(customers),
        anonymous=sum(not row.identified for row in rows),
        resolved=sum(row.resolved for row in rows),
        triggered=status[TRIGGERED],
        refused=status[REFUSED],
        waiting=status[WAITING],
        cancelled=sum(row.cancelled for row in rows),
        days=[Day(day=day, moments=moments[day], contacts=contacts[day]) for day in period.days()],
        per_customer=dict(sorted(Counter(customers.values()).items())),
        channels=dict(sorted(Counter(row.moment_channel for row in rows).items())),
        contacts=[
            Contact(action=action, channel=channel, contacts=count)
            for (action, channel), count in sorted(by_action.items(), key=lambda item: (-item[1], item[0]))
        ],
        reasons=[
            Reason(reason=reason, meaning=REASONS.get(reason, reason), moments=count)
            for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        ],
    )
