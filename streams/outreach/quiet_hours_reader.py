"""``quiet_hours`` of a policy file: windows by the customer's wall clock, holidays, zones."""

from __future__ import annotations

from datetime import date
from functools import lru_cache, partial
from importlib.resources import files

from streams.detection.document import Node, Scalar
from streams.detection.reader import Reader, described, did_you_mean
from streams.outreach.policy import ABORT, NEXT_AVAILABLE, POLITE, QuietHours, QuietWindow
from streams.outreach.policy_words import note_repeated, read_choices, read_entry, read_minute
from streams.outreach.quiet_hours import zone_of

QUIET_HOURS_KEYS = ("windows", "holidays", "fallback", "unknown_zone", "zones")
WINDOW_KEYS = ("from", "to", "weekdays")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FALLBACKS = (NEXT_AVAILABLE, ABORT)
UNKNOWN_ZONES = (POLITE, ABORT)
MOST_WINDOWS, MOST_HOLIDAYS, MOST_ZONES = 50, 400, 100
_WINDOW = '{from: "21:00", to: "08:00"}'


def read_quiet_hours(reader: Reader, node: Node) -> QuietHours | None:
    """The quiet hours; None when something is wrong in them."""
    section = reader.section(node, "'quiet_hours'", QUIET_HOURS_KEYS)
    if section is None:
        return None
    windows_node = section.required("windows", f"write a list like [{_WINDOW}], or [] for none")
    windows = (
        reader.listing(windows_node, "'windows'", partial(_window, reader), most=MOST_WINDOWS)
        if windows_node is not None
        else None
    )
    holidays_node, zones_node = section.value("holidays"), section.value("zones")
    holidays: tuple[str, ...] | None = ()
    if holidays_node is not None:
        holidays = reader.listing(holidays_node, "'holidays'", partial(_holiday, reader), most=MOST_HOLIDAYS)
        note_repeated(reader, holidays_node, "holiday", holidays or ())
    zones: tuple[str, ...] | None = ()
    if zones_node is not None:
        zones = reader.listing(zones_node, "'zones'", partial(_zone, reader), most=MOST_ZONES)
        note_repeated(reader, zones_node, "zone", zones or ())
    fallback_node, unknown_node = section.value("fallback"), section.value("unknown_zone")
    fallback = reader.choice(fallback_node, "fallback", FALLBACKS) if fallback_node else NEXT_AVAILABLE
    unknown_zone = reader.choice(unknown_node, "unknown_zone", UNKNOWN_ZONES) if unknown_node else POLITE
    if windows is None or holidays is None or zones is None or fallback is None or unknown_zone is None:
        return None
    return QuietHours(windows, frozenset(holidays), fallback, unknown_zone, zones)


def is_zone(name: str) -> bool:
    """Whether it is a zone of the IANA database, as it comes with this software: the same on every machine."""
    return name in _zones() and zone_of(name) is not None


@lru_cache(maxsize=1)
def _zones() -> dict[str, None]:
    names = (files("tzdata") / "zones").read_text(encoding="ascii").split()
    return dict.fromkeys(name for name in names if "/" in name or name == "UTC")


def _window(reader: Reader, node: Node, what: str) -> QuietWindow | None:
    mapping = read_entry(reader, node, what, _WINDOW)
    section = reader.section(mapping, "a quiet window", WINDOW_KEYS) if mapping is not None else None
    if section is None:
        return None
    from_node, to_node = section.required("from", f"write {_WINDOW}"), section.required("to", f"write {_WINDOW}")
    start = read_minute(reader, from_node, "'from'") if from_node is not None else None
    end = read_minute(reader, to_node, "'to'", is_end=True) if to_node is not None else None
    named = read_choices(section, "weekdays", "weekday", WEEKDAYS)
    if start is None or end is None or named is None or to_node is None:
        return None
    if start == end:
        reader.note(to_node, "'from' and 'to' are the same time", 'write "00:00" to "24:00" for a whole day')
        return None
    return QuietWindow(start, end, frozenset(WEEKDAYS.index(day) for day in named or WEEKDAYS))


def _holiday(reader: Reader, node: Node, what: str) -> str | None:
    text = node.text if isinstance(node, Scalar) else ""
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    reader.note(node, f"an entry of {what} is {described(node)}", "write a date that there is, like 2026-12-25")
    return None


def _zone(reader: Reader, node: Node, what: str) -> str | None:
    name = reader.text(node, what)
    if name is None or is_zone(name):
        return name
    reader.note(node, f"unknown zone '{name}'", _zone_remedy(name))
    return None


def _zone_remedy(name: str) -> str:
    near = did_you_mean(name, _zones())
    return near if near.startswith("did you mean") else "write an IANA name, like Europe/Vienna"
