"""What is delivered: a trigger or its cancellation, with the bytes it came in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from schemas.cloudevents import rfc3339
from streams.identifiers import digest_id

TRIGGERED = "outreach.triggered"
CANCELLED = "outreach.cancelled"

CANCELLATION_USEFUL_MS = 7 * 86_400_000
"""A cancellation is passed on for this long; no trigger lives longer."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_TIMES = ("not_before", "deliver_until", "expires_at", "created_at", "cancelled_at", "occurred_at")


class Origin(msgspec.Struct, frozen=True):
    """The Kafka record that a delivery came in."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(slots=True, eq=False)
class Delivery:
    """One thing to bring to an endpoint.

    Attributes:
        kind: a trigger, or the cancellation of one.
        record: as decoded.
        origin: where it lay.
        cancelled: what it would start was called off meanwhile.
        attempts: made so far by this process.
    """

    kind: Literal["trigger", "cancellation"]
    record: dict[str, Any]
    origin: Origin
    cancelled: bool = False
    attempts: int = 0
    message_id: str = field(init=False)

    def __post_init__(self) -> None:
        trigger_id = self.record["trigger_id"]
        self.message_id = trigger_id if self.kind == "trigger" else digest_id(trigger_id, "cancelled")

    @property
    def trigger_id(self) -> str:
        """Of the trigger that it is or cancels."""
        return str(self.record["trigger_id"])

    @property
    def customer_id(self) -> str:
        """Whom it is about; its order is kept."""
        return str(self.record["customer_id"])

    @property
    def not_before(self) -> int:
        """Earliest sending, ms UTC."""
        return int(self.record["not_before"]) if self.kind == "trigger" else 0

    @property
    def deadline(self) -> int:
        """From here on nothing is sent, ms UTC."""
        if self.kind == "trigger":
            return int(min(self.record["deliver_until"], self.record["expires_at"]))
        return int(self.record["cancelled_at"]) + CANCELLATION_USEFUL_MS

    def body(self) -> bytes:
        """The JSON of a webhook; the same bytes at every attempt."""
        created = self.record["created_at" if self.kind == "trigger" else "cancelled_at"]
        return _encode(
            {
                "type": TRIGGERED if self.kind == "trigger" else CANCELLED,
                "timestamp": rfc3339(created),
                "data": _readable(self.record),
            }
        )


def _readable(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its times as text, as JSON's readers expect; a customer's own facts stay as they are."""
    readable = {name: rfc3339(value) if name in _TIMES else value for name, value in record.items()}
    if "evidence" in record:
        readable["evidence"] = [_readable(one) for one in record["evidence"]]
    return readable
