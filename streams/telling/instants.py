"""Instants for people: by the wall clock of the customer's place where that is known, else UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SAME_DAY = timedelta(hours=24)


class Instants:
    """How instants are told in one place.

    Args:
        zone: None where nobody knows it: then UTC, and it is said.
    """

    def __init__(self, zone: ZoneInfo | None = None) -> None:
        self._zone = zone
        self.place = "UTC" if zone is None else f"in {zone.key.rpartition('/')[2].replace('_', ' ')}"

    def full(self, ms: str | int) -> str:
        """``2026-07-05 22:40 in Lisbon``; what is no instant (ms UTC) stays as it is."""
        at = self._at(ms)
        return str(ms) if at is None else f"{at:%Y-%m-%d %H:%M} {self.place}"

    def time(self, ms: str | int) -> str:
        """``22:40 in Lisbon``."""
        at = self._at(ms)
        return str(ms) if at is None else f"{at:%H:%M} {self.place}"

    def after(self, ms: str | int, before: str | int) -> str:
        """``08:00`` when it is at most a day after ``before``, else with its date; the place was named before."""
        at, earlier = self._at(ms), self._at(before)
        if at is None:
            return str(ms)
        near = earlier is not None and timedelta(0) <= at - earlier <= _SAME_DAY
        return f"{at:%H:%M}" if near else f"{at:%Y-%m-%d %H:%M}"

    def _at(self, ms: str | int) -> datetime | None:
        text = str(ms)
        if not text.removeprefix("-").isdecimal():
            return None
        try:
            return datetime.fromtimestamp(int(text) / 1000, self._zone or UTC)
        except (ValueError, OverflowError, OSError):
            return None
