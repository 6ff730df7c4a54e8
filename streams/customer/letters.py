"""What is said of a record that was not accepted: its verdict, its dead letter. Pure."""

from __future__ import annotations

from schemas import DeadLetter, Touchpoint, Verdict
from streams.customer.record import Record, bytes_beside

LARGEST_LETTER_BYTES = 4_000_000
"""Most bytes of key (which a letter has twice), value and headers: the topic takes 4 MB, while a record
that was compressed can be far larger than the topic it came through allows."""

_CUT_BYTES = 1_000_000
_CUT = "; cut, too large for a letter: all of it lies at its place in the source topic"


def verdict_on(touchpoint: Touchpoint, outcome: str, reason: str, topic: str, partition: int, offset: int) -> Verdict:
    """The verdict on a readable touchpoint, with its dimensions and measures."""
    return {
        "outcome": outcome,
        "reason": reason,
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "event_id": touchpoint["event_id"],
        "source": touchpoint["source"],
        "customer_id": touchpoint["customer_id"],
        "identified": touchpoint["identified"],
        "channel": touchpoint["channel"],
        "type": touchpoint["type"],
        "occurred_at": touchpoint["occurred_at"],
        "correlation_id": touchpoint["correlation_id"],
        "session_id": touchpoint["session_id"],
        "properties": touchpoint["properties"],
    }


def letter_for_record(
    record: Record, stage: str, reason: str, detail: str, rule: str | None, topic: str, partition: int, now: int
) -> DeadLetter:
    """The dead letter of a record, original bytes and headers included, unless they are more than it can hold."""
    key, value, headers = record.key, record.value, record.headers or ()
    in_headers = bytes_beside(record) - len(key or b"")
    if 2 * len(key or b"") + len(value or b"") + in_headers > LARGEST_LETTER_BYTES:
        key, value, detail = key and key[:_CUT_BYTES], value and value[:_CUT_BYTES], detail + _CUT
        headers = headers if in_headers <= _CUT_BYTES else ()
    return {
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "source_topic": topic,
        "source_partition": partition,
        "source_offset": record.offset,
        "rule": rule,
        "key": key,
        "value": value,
        "headers": [{"key": name, "value": content} for name, content in headers],
        "failed_at": now,
    }


def letter_for_deadline(
    customer_id: str, stage: str, detail: str, rule: str | None, topic: str, partition: int, offset: int, now: int
) -> DeadLetter:
    """The dead letter of a deadline, which has no record of its own; ``offset`` is where the log stood."""
    return {
        "stage": stage,
        "reason": f"{stage}_error",
        "detail": detail,
        "source_topic": topic,
        "source_partition": partition,
        "source_offset": offset,
        "rule": rule,
        "key": customer_id.encode(),
        "value": None,
        "headers": [],
        "failed_at": now,
    }
