"""Whether a failing endpoint is left alone for a while: a circuit breaker. Pure; time is an argument."""

from __future__ import annotations

from typing import Literal

State = Literal["closed", "open", "half_open"]

LONGEST_OPEN_MS = 10 * 60_000


class Circuit:
    """Opens after some failures in a row; after a rest lets one delivery try; closes when that succeeds.

    Args:
        failures: in a row that open it.
        open_ms: the first rest; each failed trial doubles it, up to ten minutes.
    """

    def __init__(self, failures: int, open_ms: int) -> None:
        self._failures = failures
        self._first_open_ms = open_ms
        self._open_ms = open_ms
        self._in_a_row = 0
        self._until: float | None = None
        self._trying = False

    def state(self, now_ms: float) -> State:
        """As it stands."""
        if self._until is None:
            return "closed"
        return "half_open" if self._trying or now_ms >= self._until else "open"

    def admit(self, now_ms: float) -> float:
        """0: send now, and tell the outcome. Else the milliseconds after which to ask again."""
        if self._until is None:
            return 0.0
        if now_ms < self._until:
            return self._until - now_ms
        if self._trying:
            return float(self._first_open_ms)
        self._trying = True
        return 0.0

    def succeeded(self) -> None:
        """The endpoint took one."""
        self._in_a_row = 0
        self._until = None
        self._trying = False
        self._open_ms = self._first_open_ms

    def failed(self, now_ms: float) -> bool:
        """The endpoint failed; True when that opens the circuit."""
        self._in_a_row += 1
        if self._trying:
            self._open_ms = min(self._open_ms * 2, max(LONGEST_OPEN_MS, self._first_open_ms))
        elif self._until is not None or self._in_a_row < self._failures:
            return False
        self._trying = False
        self._until = now_ms + self._open_ms
        return True

    def withdrew(self) -> None:
        """An admitted delivery was not sent after all, so it tells nothing."""
        self._trying = False
