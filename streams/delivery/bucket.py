"""How many deliveries an endpoint takes: a token bucket. Pure; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capacity:
    """``count`` deliveries in each ``per_ms`` milliseconds, and at most ``burst`` at once after a rest."""

    count: int
    per_ms: int
    burst: int
    refuse: bool = False
    """What finds no room is refused instead of waiting: a call-back that cannot be kept is not offered."""


class Bucket:
    """The tokens of one endpoint; full at first.

    Args:
        capacity: None is without bound.
        now_ms: any clock that does not go back.
    """

    def __init__(self, capacity: Capacity | None, now_ms: float) -> None:
        self._capacity = capacity
        self._tokens = float(capacity.burst) if capacity else 0.0
        self._at = now_ms

    def take(self, now_ms: float) -> float:
        """Take a token: 0. If there is none: the milliseconds until there will be one, and nothing is taken."""
        capacity = self._capacity
        if capacity is None:
            return 0.0
        rate = capacity.count / capacity.per_ms
        self._tokens = min(capacity.burst, self._tokens + max(0.0, now_ms - self._at) * rate)
        self._at = max(self._at, now_ms)
        # A wait of exactly the time told must be enough, whatever the rounding.
        if self._tokens >= 1 - 1e-9:
            self._tokens = max(0.0, self._tokens - 1)
            return 0.0
        return (1 - self._tokens) / rate

    def give_back(self) -> None:
        """Return a token that was not used."""
        if self._capacity is not None:
            self._tokens = min(self._capacity.burst, self._tokens + 1)
