"""When people do things: the hours of their own day, in their own zone."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from streams.simulation.person import Person

HOUR_MS = 3_600_000

_BUSY = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 8, 8, 8, 8, 9, 9, 10, 10, 9, 7, 4, 2)
"""How busy an hour of the day is, 1 to 10."""

_BUSIEST = max(_BUSY)
_MOST_LIVELY = 1.5
_WAKING = range(8, 21)


def chance(person: Person, at: int) -> float:
    """How likely it is, 0 to 1, that who might do something at that time (ms UTC) does it."""
    hour = (local_hour(person.zone, at) - person.shift_hours) % 24
    return _BUSY[hour] / _BUSIEST * person.liveliness / _MOST_LIVELY


MEAN_CHANCE = sum(_BUSY) / len(_BUSY) / _BUSIEST / _MOST_LIVELY
"""Over all people and hours: their mean liveliness is 1."""


def waking(person: Person, at: int) -> int:
    """That time, or hours later when the person is up: 8 to 21 h in their zone. ms UTC."""
    hour = local_hour(person.zone, at)
    if hour in _WAKING:
        return at
    return at + (8 - hour) % 24 * HOUR_MS


def local_hour(zone: str, at: int) -> int:
    """The hour of the day in a zone."""
    return (at + _offset_ms(zone, at // HOUR_MS)) // HOUR_MS % 24


@lru_cache(maxsize=4096)
def _offset_ms(zone: str, hour: int) -> int:
    offset = datetime.fromtimestamp(hour * 3600, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return round(offset.total_seconds() * 1000) if offset is not None else 0
