"""Fills topics as fast as the broker takes it; touchpoints go out without CloudEvents headers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Producer

from schemas import Codec, Touchpoint
from streams.kafka import producer_config
from streams.settings import Settings

Keyed = tuple[bytes, bytes]
"""Key and value of a record."""


def encoded(codec: Codec, touchpoints: Iterable[Touchpoint]) -> Iterable[Keyed]:
    """Records of touchpoints, keyed by customer."""
    for touchpoint in touchpoints:
        yield touchpoint["customer_id"].encode(), codec.encode("Touchpoint", touchpoint)


def fill(settings: Settings, topic: str, records: Iterable[Keyed]) -> int:
    """Publish ``records`` to ``topic`` (full name); returns how many, all acknowledged.

    Raises:
        RuntimeError: the broker refused some.
    """
    refused: list[str] = []

    def settled(error: Any, message: Any) -> None:
        if error is not None:
            refused.append(str(error))

    producer = Producer(producer_config(settings, **{"linger.ms": 20, "queue.buffering.max.messages": 500_000}))
    count = 0
    for key, value in records:
        while True:
            try:
                producer.produce(topic, value, key, on_delivery=settled)
                break
            except BufferError:
                producer.poll(0.05)
        count += 1
        if count % 1000 == 0:
            producer.poll(0)
    if producer.flush(60) or refused:
        raise RuntimeError(f"the broker did not take every record of {topic}: {refused[:1]}")
    return count
