"""CloudEvents 1.0 attributes as Kafka headers (binary content mode)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_VERSION = ("ce_specversion", b"1.0")
_CONTENT_TYPE = ("content-type", b"application/avro")
_EPOCH = date(1970, 1, 1)
_FIRST_MS = -62_135_596_800_000
_LAST_MS = 253_402_300_799_999
_TWO = tuple(f"{number:02d}" for number in range(60))
_THREE = tuple(f"{number:03d}" for number in range(1000))

Headers = list[tuple[str, bytes]]
"""Names and bytes, in order."""


def headers(event_type: str, event_id: str, source: str, time_ms: int) -> Headers:
    """Headers of one record.

    Args:
        event_type: e.g. ``momentous.moment``; controls are ``momentous.control.tick`` and so on.
        event_id: unique within ``source``.
        source: a URI-reference, e.g. ``momentous/moments``.
        time_ms: ms UTC; of an output its detection time, so that a replay writes the same bytes.
    """
    kind, origin = _origin(event_type, source)
    return [_VERSION, kind, origin, ("ce_id", event_id.encode()), _time(time_ms), _CONTENT_TYPE]


@lru_cache(1024)
def _origin(event_type: str, source: str) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    return ("ce_type", event_type.encode()), ("ce_source", source.encode())


@lru_cache(64)
def _time(time_ms: int) -> tuple[str, bytes]:
    # What comes of one touchpoint has one time.
    return "ce_time", rfc3339(time_ms).encode()


def rfc3339(time_ms: int) -> str:
    """``2026-11-23T08:30:00.000Z``; a time outside years 1 to 9999 is clamped to them."""
    if not _FIRST_MS <= time_ms <= _LAST_MS:
        time_ms = time_ms % 1000 + (_LAST_MS - 999 if time_ms > 0 else _FIRST_MS)
    days, milliseconds = divmod(time_ms, 86_400_000)
    hour, milliseconds = divmod(milliseconds, 3_600_000)
    minute, milliseconds = divmod(milliseconds, 60_000)
    second, milliseconds = divmod(milliseconds, 1000)
    return f"{_day(days)}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}.{_THREE[milliseconds]}Z"


@lru_cache(4096)
def _day(days: int) -> str:
    return (_EPOCH + timedelta(days)).isoformat()
