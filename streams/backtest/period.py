"""The period of a backtest: half-open, in days of a zone, with a warm-up before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.backtest.errors import BadPeriod

LONGEST_DAYS = 3_660
"""Most days of a period: the report has a row for each."""

_TIMES = "write a day like 2026-11-23, or a time like 2026-11-23T09:00 or 2026-11-23T09:00:00+01:00"


@dataclass(frozen=True)
class Period:
    """``[start, end)``, ms UTC; ``warm_start``: from when on touchpoints are taken in, None: from the first."""

    start: int
    end: int
    zone: ZoneInfo
    warm_start: int | None = None

    def __contains__(self, at: int) -> bool:
        return self.start <= at < self.end

    def day(self, at: int) -> str:
        """The day of ``at`` (ms UTC) in the zone: ``2026-11-23``."""
        known = self._days.get(at // 900_000)
        if known is None:
            # Every offset in use is a whole number of quarters of an hour, so a quarter has one day.
            known = self._days[at // 900_000] = datetime.fromtimestamp(at // 1000, self.zone).date().isoformat()
        return known

    def days(self) -> Iterator[str]:
        """Every day that the period touches, in order."""
        day = date.fromisoformat(self.day(self.start))
        last = date.fromisoformat(self.day(self.end - 1))
        while day <= last:
            yield day.isoformat()
            day += timedelta(days=1)

    @cached_property
    def _days(self) -> dict[int, str]:
        return {}


def read_period(start: str, end: str, zone: str) -> Period:
    """The period that the command line names.

    Args:
        start: a day (its midnight in ``zone``), a local time, or a time with an offset.
        end: the same; itself not in the period.
        zone: IANA name.

    Raises:
        BadPeriod: not times, not in order, too long, or an unknown zone.
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadPeriod(f"zone {zone!r} is unknown", "write an IANA name like Europe/Berlin or UTC") from error
    first, last = _instant(start, place, "--from"), _instant(end, place, "--to")
    if first >= last:
        raise BadPeriod(f"--from {start} is not before --to {end}", "--to is the first moment after the period")
    if last - first > LONGEST_DAYS * 86_400_000:
        raise BadPeriod(f"{start} to {end} is longer than {LONGEST_DAYS} days", "choose a shorter period")
    return Period(first, last, place)


def shown_time(at: int, zone: ZoneInfo) -> str:
    """``2026-11-23 09:00:00`` in the zone."""
    return datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def _instant(text: str, zone: ZoneInfo, option: str) -> int:
    try:
        read = datetime.fromisoformat(text)
        aware = read if read.tzinfo is not None else read.replace(tzinfo=zone)
        return round(aware.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise BadPeriod(f"{option} {text!r} is no time", _TIMES) from error
