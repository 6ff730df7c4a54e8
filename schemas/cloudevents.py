"""CloudEvents 1.0 attributes as Kafka headers (binary content mode)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_VERSION = ("ce_specversion", b"1.0")
_CONTENT_TYPE = ("content-type", b"application/avro")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

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
    return [_VERSION, kind, origin, ("ce_id", event_id.encode()), ("ce_time", rfc3339(time_ms).encode()), _CONTENT_TYPE]


@lru_cache(1024)
def _origin(event_type: str, source: str) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    return ("ce_type", event_type.encode()), ("ce_source", source.encode())


def rfc3339(time_ms: int) -> str:
    """``2026-11-23T08:30:00.000Z``; a time outside years 1 to 9999 is clamped to them."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(4096)
def _second(seconds: int) -> str:
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        moment = _LAST if seconds > 0 else _FIRST
    return moment.isoformat(timespec="seconds").removesuffix("+00:00")
