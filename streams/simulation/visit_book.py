"""When each customer was last here and how often they come: the city's own account of unusual silence.

It reads what is published, in the order of time. Visits begin half an hour or more after the begin
of the one before; the usual gap is the lower median of those between the last 21; five make a
rhythm. Three usual gaps of nothing, at least three days and at most ninety, are unusual.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from schemas import Touchpoint
from streams.simulation.plan import DAY_MS
from streams.simulation.truth import Expected

TYPES = frozenset(
    {
        "session.started",
        "login.succeeded",
        "ivr.entered",
        "contact.started",
        "chat.started",
        "email.received",
        "sms.received",
        "social.messaged",
        "store.visited",
        "store.purchased",
        "order.placed",
        "order.completed",
        "product.used",
        "feature.used",
    }
)
"""Signs of life."""

_VISIT_MS = 1_800_000
_VISITS = 21
_GAPS = 5
_LEAST_MS = 3 * DAY_MS
_MOST_MS = 90 * DAY_MS


class VisitBook:
    """Tells of every silence that is unusual for who is silent.

    Args:
        tell: takes each moment once it is certain.
    """

    def __init__(self, tell: Callable[[Expected], None]) -> None:
        self._tell = tell
        self._last: dict[str, tuple[int, str]] = {}
        self._visits: dict[str, tuple[int, ...]] = {}

    def see(self, touchpoint: Touchpoint) -> None:
        """A touchpoint that is published on time."""
        if touchpoint["type"] not in TYPES or not touchpoint["identified"]:
            return
        customer_id, at = touchpoint["customer_id"], touchpoint["occurred_at"]
        last = self._last.get(customer_id)
        visits = self._visits.get(customer_id, ())
        if last is not None and at - last[0] >= _LEAST_MS:
            self._settle(customer_id, last, at)
        self._last[customer_id] = at, touchpoint["event_id"]
        if not visits or at - visits[-1] >= _VISIT_MS:
            self._visits[customer_id] = (*visits, at)[-_VISITS:]

    def close(self) -> None:
        """Nobody comes any more."""
        for customer_id, last in self._last.items():
            self._settle(customer_id, last, None)
        self._last.clear()
        self._visits.clear()

    def _settle(self, customer_id: str, last: tuple[int, str], now: int | None) -> None:
        gaps = sorted(after - before for before, after in pairwise(self._visits[customer_id]))
        if len(gaps) < _GAPS:
            return
        usual = gaps[(len(gaps) - 1) // 2]
        due = last[0] + min(max(3 * usual, _LEAST_MS), _MOST_MS)
        if now is None or due <= now:
            self._tell(Expected("silence.unusual", customer_id, last[1], due, due, False))
