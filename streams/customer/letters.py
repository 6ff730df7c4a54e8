"""What is said of a record that was not accepted: its verdict, its dead letter. Pure."""

from __future__ import annotations

from schemas import DeadLetter, Touchpoint, Verdict
from streams.customer.record import Record


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
    """The dead letter of a record, original bytes and headers included."""
    return {
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "source_topic": topic,
        "source_partition": partition,
        "source_offset": record.offset,
        "rule": rule,
        "key": record.key,
        "value": record.value,
        "headers": [{"key": name, "value": value} for name, value in record.headers or ()],
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
