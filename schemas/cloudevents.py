"""CloudEvents 1.0 attributes as Kafka headers (binary content mode)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

CONTENT_TYPE = b"application/avro"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Headers = list[tuple[str, bytes]]


def headers(event_type: str, event_id: str, source: str, time_ms: int) -> Headers:
    """Headers of one record.

    Args:
        event_type: e.g. ``momentous.moment``; controls are ``momentous.control.tick`` and so on.
        event_id: unique within ``source``.
        source: a URI-reference, e.g. ``momentous/moments``.
        time_ms: ms UTC; of an output its detection time, so that a replay writes the same bytes.
    """
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", event_type.encode()),
        ("ce_source", source.encode()),
        ("ce_id", event_id.encode()),
        ("ce_time", rfc3339(time_ms).encode()),
        ("content-type", CONTENT_TYPE),
    ]


def rfc3339(time_ms: int) -> str:
    """``2026-11-23T08:30:00.000Z``; a time outside years 1 to 9999 is clamped to them."""
    try:
        moment = _EPOCH + timedelta(milliseconds=time_ms)
    except OverflowError:
        return "9999-12-31T23:59:59.999Z" if time_ms > 0 else "0001-01-01T00:00:00.000Z"
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
