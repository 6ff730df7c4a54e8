"""Triggers and their cancellations, with everything in them."""

from __future__ import annotations

import time
from typing import Any, cast

from confluent_kafka import Producer

from schemas import Codec, Trigger
from streams.delivery.message import Delivery, Origin
from streams.identifiers import digest_id
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import TRIGGERS

HOUR_MS = 3_600_000


def trigger(number: int, customer: str = "c1", **more: Any) -> Trigger:
    """The trigger of that number; open for an hour unless said otherwise."""
    now = time.time_ns() // 1_000_000
    made = {
        "trigger_id": digest_id("trigger", number),
        "decision_id": digest_id("decision", number),
        "moment_id": digest_id("moment", number),
        "customer_id": customer,
        "rule": "queue.abandoned",
        "rule_version": 1,
        "action": "call.back",
        "purpose": "care",
        "channel": "sms",
        "template": "call_back_offer",
        "emotion": "stressed",
        "intensity": 0.5,
        "context": {"number": number},
        "evidence": [
            {"event_id": "e", "source": "s", "type": "queue.left", "channel": "voice", "occurred_at": 1_700_000_000_000}
        ],
        "not_before": now - 1,
        "deliver_until": now + HOUR_MS,
        "expires_at": now + HOUR_MS,
        "created_at": 1_700_000_000_000,
        "sandbox": False,
    }
    return cast(Trigger, made | more)


def cancellation(number: int, customer: str = "c1", **more: Any) -> dict[str, Any]:
    """The cancellation of the trigger of that number."""
    return {
        "trigger_id": digest_id("trigger", number),
        "decision_id": digest_id("decision", number),
        "moment_id": digest_id("moment", number),
        "customer_id": customer,
        "action": "call.back",
        "channel": "sms",
        "reason": "resolved",
        "cancelled_at": time.time_ns() // 1_000_000,
        **more,
    }


def delivery(number: int, customer: str = "c1", **more: Any) -> Delivery:
    """A trigger as it came from partition 0."""
    record = cast(dict[str, Any], trigger(number, customer, **more))
    return Delivery("trigger", record, Origin("outreach.triggers", 0, number, customer.encode(), b"bytes"))


def cancelling(number: int, customer: str = "c1") -> Delivery:
    """Its cancellation, behind it."""
    origin = Origin("outreach.triggers", 0, 10_000 + number, customer.encode(), b"bytes")
    return Delivery("cancellation", cancellation(number, customer), origin)


def publish(settings: Settings, *records: Any) -> None:
    """Put records (triggers, cancellations, or raw bytes) on the topic, in this order."""
    codec, producer = Codec(), Producer(producer_config(settings))
    for record in records:
        if isinstance(record, bytes):
            producer.produce(settings.topic(TRIGGERS), record, b"c1")
            continue
        name = "Cancellation" if "cancelled_at" in record else "Trigger"
        producer.produce(settings.topic(TRIGGERS), codec.encode(name, record), record["customer_id"].encode())
    assert producer.flush(30) == 0
