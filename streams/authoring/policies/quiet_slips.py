"""Quiet hours that are never over, never begin, or leave customers of an unknown zone without any contact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from streams.authoring.finding import Finding
from streams.authoring.policies.limit_sets import LimitSet
from streams.authoring.policies.places import Places
from streams.outreach.policy import ABORT, POLITE, QuietHours, QuietWindow
from streams.outreach.quiet_hours import allowed_from, zone_of

DAY_MINUTES = 1_440
WEEK_MINUTES = 7 * DAY_MINUTES
SEASONS = tuple(int(datetime(2026, month, 5, tzinfo=UTC).timestamp() * 1000) for month in (1, 7))
"""Days in both halves of a year (ms UTC): zones lie differently to each other in each."""


def quiet_slips(limit_set: LimitSet, places: Places) -> Iterator[Finding]:
    """What is wrong with the quiet hours of one set of limits."""
    hours, path = limit_set.limits.quiet_hours, (*limit_set.path, "quiet_hours")
    if hours is None:
        yield from _without_quiet_hours(limit_set, places)
        return
    if len(quiet_minutes(hours)) == WEEK_MINUTES:
        what = f"the windows cover the whole week: {limit_set.whom} can never be contacted"
        yield places.warning((*path, "windows"), what, "leave hours free in which contact is welcome", "error")
        return
    for place, window in enumerate(hours.windows):
        others = [one for number, one in enumerate(hours.windows) if number != place]
        if others and window_minutes(window) <= quiet_minutes(QuietHours(tuple(others))):
            what = "the window adds nothing: the others are quiet then too"
            yield places.warning((*path, "windows", place), what, "take it out")
            break
    if not hours.windows and not hours.holidays:
        yield places.warning(path, "quiet hours without windows and holidays are never quiet", "write windows")
    yield from _unknown_zone(hours, path, limit_set, places)


def window_minutes(window: QuietWindow) -> set[int]:
    """The minutes of the week, from Monday's midnight, that the window makes quiet."""
    length = (window.end - window.start) % DAY_MINUTES or DAY_MINUTES
    return {
        (day * DAY_MINUTES + window.start + minute) % WEEK_MINUTES
        for day in window.weekdays
        for minute in range(length)
    }


def quiet_minutes(hours: QuietHours) -> set[int]:
    """The minutes of the week that any window makes quiet."""
    return set().union(*(window_minutes(window) for window in hours.windows))


def longest_quiet_minutes(hours: QuietHours) -> int:
    """The longest stretch of an ordinary week without an allowed minute."""
    quiet = quiet_minutes(hours)
    if len(quiet) == WEEK_MINUTES:
        return WEEK_MINUTES
    longest = length = 0
    for minute in range(2 * WEEK_MINUTES):  # twice round, for a stretch over the week's end
        length = length + 1 if minute % WEEK_MINUTES in quiet else 0
        longest = max(longest, length)
    return longest


def _without_quiet_hours(limit_set: LimitSet, places: Places) -> Iterator[Finding]:
    promotional = [action.id for action in limit_set.actions if action.action_class == "promotional"]
    if promotional:
        what = f"no quiet hours for {limit_set.whom}, and {', '.join(promotional)} promote by day and night"
        remedy = 'write quiet_hours: {windows: [{from: "20:00", to: "08:00"}]}'
        yield places.warning(limit_set.path, what, remedy)


def _unknown_zone(
    hours: QuietHours, path: tuple[str | int, ...], limit_set: LimitSet, places: Places
) -> Iterator[Finding]:
    here = (*path, "unknown_zone")
    if hours.unknown_zone == ABORT or not hours.zones:
        what = f"those of {limit_set.whom} whose time zone nobody told are never contacted, at no hour"
        remedy = f"write unknown_zone: {POLITE} and the zones that they may live in, or publish time_zone of everybody"
        yield places.warning(here, what, remedy)
        if hours.zones:
            what = f"'zones' has no meaning with unknown_zone: {ABORT}"
            yield places.warning((*path, "zones"), what, f"take it out, or write {POLITE}")
        return
    zones = [zone for name in hours.zones if (zone := zone_of(name)) is not None]
    if any(allowed_from(hours, zones, season) is None for season in SEASONS):
        what = "no hour is polite in all of the zones at once, so customers of an unknown zone are never contacted"
        yield places.warning((*path, "zones"), what, "name fewer zones, or shorten the windows")
