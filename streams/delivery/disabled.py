"""Which endpoints want nothing any more, known to every process and over restarts.

It is kept where commits are kept: each endpoint has a consumer group of its own without members,
and the metadata of its one commit says why and since when. So it needs neither a disk nor a topic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.delivery.asking import answered
from streams.errors import Unreachable
from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import DEAD_DELIVERIES

_ANSWER_S = 30.0


class Disabled(msgspec.Struct, frozen=True):
    """Why an endpoint is off, and since when, ms UTC."""

    reason: str
    since: int


class DisabledEndpoints:
    """Reads and writes it.

    Raises (every method):
        Unreachable: Kafka does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, names: Iterable[str]) -> dict[str, Disabled]:
        """Those of ``names`` that are off."""
        found = {}
        for name in names:
            (place,) = self._asked(name, lambda consumer: consumer.committed([self._place()], timeout=_ANSWER_S))
            if place.metadata:
                try:
                    found[name] = msgspec.json.decode(place.metadata, type=Disabled)
                except msgspec.DecodeError:
                    continue
        return found

    def disable(self, name: str, reason: str) -> None:
        """From now on it gets nothing."""
        self._write(name, msgspec.json.encode(Disabled(reason, time.time_ns() // 1_000_000)).decode())

    def enable(self, name: str) -> None:
        """It gets deliveries again."""
        self._write(name, "")

    def _write(self, name: str, metadata: str) -> None:
        place = self._place(metadata)
        self._asked(name, lambda consumer: consumer.commit(offsets=[place], asynchronous=False))

    def _asked(self, name: str, ask: Callable[[Consumer], Any]) -> list[TopicPartition]:
        """What Kafka answers about one endpoint's group; a consumer serves one group only."""
        group = f"{self._settings.app_id}-deliver-endpoint-{name}"
        consumer = Consumer(consumer_config(self._settings, **{"group.id": group, "log_level": 0}))
        try:
            return answered(lambda: ask(consumer), _ANSWER_S)
        except KafkaException as error:
            raise self._unreachable(error) from error
        finally:
            consumer.close()

    def _place(self, metadata: str | None = None) -> TopicPartition:
        topic = self._settings.topic(DEAD_DELIVERIES)
        return TopicPartition(topic, 0) if metadata is None else TopicPartition(topic, 0, 0, metadata)

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"Kafka at {self._settings.kafka_bootstrap} does not tell which endpoints are off ({error.args[0].str()})",
            "look at the broker, and make the topics with `momentous topics create`",
        )
