"""Hours without contact by the customer's wall clock: when they end, and when the next ones begin.

A wall-clock reading is quiet or not; which instants show it is the zone's affair. So an hour that a
change of summer time repeats is quiet both times, and one that it leaves out is nobody's. Between two
changes of the zone's offset the wall clock runs evenly, and only there is calculated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.outreach.policy import QuietHours, QuietWindow

EVERY_DAY = frozenset(range(7))
LOOK_AHEAD_MS = 40 * 86_400_000
"""Contact that would have to wait longer for allowed hours is not made."""

_MINUTE_MS = 60_000
_DAY_MINUTES = 1_440
_DAY_MS = _DAY_MINUTES * _MINUTE_MS
_STEADY_MS = 15 * _MINUTE_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WEEKDAY = 3
"""1970 began on a Thursday."""

_ZONE = re.compile(r"[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+){1,2}|UTC")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@lru_cache(1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA name like ``Europe/Vienna``, or None.

    Always as the tzdata package has it, never the machine's own: a replay elsewhere decides the same.
    """
    if _ZONE.fullmatch(name) is None:
        return None
    try:
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        return None


def own_window(quiet_from: object, quiet_to: object) -> QuietWindow | None:
    """A customer's own quiet hours of every day, of two texts ``HH:MM``; None if they are not that."""
    start, end = _minute(quiet_from), _minute(quiet_to)
    return None if start is None or end is None else QuietWindow(start, end, EVERY_DAY)


def allowed_from(hours: QuietHours, zones: Sequence[ZoneInfo], at: int) -> int | None:
    """The first instant from ``at`` on that is quiet in none of the zones.

    Args:
        hours: whose windows and holidays count.
        zones: at least one.
        at: ms UTC.

    Returns:
        ms UTC; None when there is none within ``LOOK_AHEAD_MS``.
    """
    found, last = at, at + LOOK_AHEAD_MS
    while found <= last:
        later = found
        for zone in zones:
            spell = _spell(hours, zone, later)
            later = spell.end if spell.is_quiet else later
        if later == found:
            return found
        found = later
    return None


def allowed_until(hours: QuietHours, zones: Iterable[ZoneInfo], at: int, until: int) -> int:
    """The first instant after the allowed ``at`` that is quiet in one of the zones, at most ``until``; ms UTC."""
    for zone in zones:
        look = at
        while look < until:
            spell = _spell(hours, zone, look)
            if spell.is_quiet:
                until = min(until, look)
            look = spell.end
    return until


class _Spell(NamedTuple):
    """A time, from an instant on, in which it is quiet or it is not."""

    begin: int
    end: int
    is_quiet: bool


class _Known(NamedTuple):
    """The last few spells of hours in a zone; it holds on to the hours, so that their id stays theirs."""

    hours: QuietHours
    spells: list[_Spell]


_known: dict[tuple[int, ZoneInfo], _Known] = {}
"""By the hours' id, since to hash them takes longer than all the rest. Nearly all questions are about the last few
spells; what they answer depends on the question alone."""

_MOST_SPELLS = 4096
_SPELLS_EACH = 4


def _spell(hours: QuietHours, zone: ZoneInfo, at: int) -> _Spell:
    """The spell around ``at``, its beginning cut off there; it ends where it changes, or beyond the look-ahead."""
    key = (id(hours), zone)
    known = _known.get(key)
    spells = [] if known is None else known.spells
    for spell in spells:
        if spell.begin <= at < spell.end:
            return spell
    is_quiet, end = _is_quiet(hours, zone, at), at
    while True:
        end = _next_change(hours, zone, end)
        if end > at + LOOK_AHEAD_MS or _is_quiet(hours, zone, end) != is_quiet:
            break
    if len(_known) >= _MOST_SPELLS:
        _known.clear()
    found = _Spell(at, end, is_quiet)
    _known[key] = _Known(hours, [found, *spells[: _SPELLS_EACH - 1]])
    return found


def _is_quiet(hours: QuietHours, zone: ZoneInfo, at: int) -> bool:
    day, minute, weekday = _reading(at + _offset(zone, at))
    for window in hours.windows:
        start, end = window.start, window.end
        if start < end:
            if start <= minute < end and weekday in window.weekdays:
                return True
        elif (minute >= start and weekday in window.weekdays) or (
            minute < end and (weekday - 1) % 7 in window.weekdays
        ):
            return True
    return bool(hours.holidays) and _date(day) in hours.holidays


def _next_change(hours: QuietHours, zone: ZoneInfo, at: int) -> int:
    """The next instant after ``at`` at which quiet may begin or end: never later than it does."""
    offset = _offset(zone, at)
    shown = at + offset
    midnight = shown - shown % _DAY_MS
    edges = {0, *(window.start for window in hours.windows), *(window.end % _DAY_MINUTES for window in hours.windows)}
    next_shown = min(
        edge for minute in edges for edge in (midnight + minute * _MINUTE_MS, midnight + minute * _MINUTE_MS + _DAY_MS)
        if edge > shown
    )  # fmt: skip
    candidate = next_shown - offset
    if _offset(zone, candidate) == offset:
        return candidate
    before, after = at, candidate
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, at: int) -> int:
    """The zone's offset from UTC at an instant, ms."""
    steady = _steady_offset(zone, at // _STEADY_MS)
    return _exact_offset(zone, at) if steady is None else steady


@lru_cache(8192)
def _steady_offset(zone: ZoneInfo, quarter: int) -> int | None:
    """The offset of a quarter of an hour in which it does not change; most questions are about the same few."""
    first, last = (_exact_offset(zone, at) for at in (quarter * _STEADY_MS, (quarter + 1) * _STEADY_MS - 1))
    return first if first == last else None


def _exact_offset(zone: ZoneInfo, at: int) -> int:
    # Whole seconds: offsets change at those, and a float would not hold every millisecond.
    offset = (_EPOCH + timedelta(seconds=at // 1000)).astimezone(zone).utcoffset()
    assert offset is not None
    return (offset.days * 86_400 + offset.seconds) * 1000


def _reading(shown: int) -> tuple[int, int, int]:
    """Day since 1970, minute of the day and weekday of a wall clock, from its ms since 1970."""
    day, rest = divmod(shown, _DAY_MS)
    return day, rest // _MINUTE_MS, (day + _EPOCH_WEEKDAY) % 7


@lru_cache(1024)
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).date().isoformat()


def _minute(text: object) -> int | None:
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else int(found[1]) * 60 + int(found[2])
