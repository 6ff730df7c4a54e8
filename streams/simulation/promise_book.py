"""What was promised to whom and how it was kept: the city's own account of the levels.

Kept half a day early or more is exceeded, before the due time met, less than a day after it the
minimum, else below. Promises are kept in the order of time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from schemas import Touchpoint
from streams.simulation.plan import DAY_MS
from streams.simulation.truth import Expected

EARLY_MS = DAY_MS // 2
TOLERANCE_MS = DAY_MS
_EXCEEDED_AGAIN_MS = 30 * DAY_MS
_WINDOW_MS = 90 * DAY_MS


class _Minimum(NamedTuple):
    kept_at: int
    made_at: int
    event_id: str


class _Customer:
    __slots__ = ("again_at", "exceeded_at", "last_at", "minimum")

    def __init__(self) -> None:
        self.minimum: list[_Minimum] = []
        self.exceeded_at: int | None = None
        self.again_at: int | None = None
        self.last_at = 0


class PromiseBook:
    """Tells of the moments that follow from everyday promises that were kept.

    Args:
        tell: takes each moment.
    """

    def __init__(self, tell: Callable[[Expected], None]) -> None:
        self._tell = tell
        self._customers: dict[str, _Customer] = {}
        self._pages: deque[tuple[int, str]] = deque()

    def __len__(self) -> int:
        return len(self._customers)

    def kept(self, made: Touchpoint, due: int, at: int) -> None:
        """The promise that ``made`` tells of was due at ``due`` and kept at ``at``, ms UTC."""
        if due - EARLY_MS < at < due or at >= due + TOLERANCE_MS:
            return
        self._turn_pages(at)
        customer_id = made["customer_id"]
        customer = self._customers.setdefault(customer_id, _Customer())
        customer.last_at = at
        self._pages.append((at, customer_id))
        if at < due:
            if customer.exceeded_at is None or at - customer.exceeded_at >= _EXCEEDED_AGAIN_MS:
                customer.exceeded_at = at
                self._say("promise.exceeded", made["customer_id"], made["event_id"], at)
            return
        customer.minimum = [one for one in customer.minimum if at - one.kept_at < _WINDOW_MS]
        customer.minimum.append(_Minimum(at, made["occurred_at"], made["event_id"]))
        if len(customer.minimum) >= 3 and (customer.again_at is None or at - customer.again_at >= _WINDOW_MS):
            customer.again_at = at
            oldest = min(customer.minimum, key=lambda one: one.made_at)
            self._say("promise.minimum_again", customer_id, oldest.event_id, at)

    def _turn_pages(self, now: int) -> None:
        while self._pages and now - self._pages[0][0] >= _WINDOW_MS:
            at, customer_id = self._pages.popleft()
            customer = self._customers.get(customer_id)
            if customer is not None and customer.last_at == at:
                del self._customers[customer_id]

    def _say(self, rule: str, customer_id: str, opening: str, at: int) -> None:
        self._tell(Expected(rule, customer_id, opening, at, at, False))
