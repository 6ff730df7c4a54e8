"""Puts touchpoints and controls on the touchpoints topic."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas import Codec, Control, Headers, Touchpoint, headers
from streams.controls import control_headers
from streams.embedded_broker import is_embedded
from streams.errors import DeliveryFailed, Unreachable
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

CONNECT_TIMEOUT_SECONDS = 5.0
DELIVERY_TIMEOUT_SECONDS = 60.0
_QUEUE_FULL_WAIT_SECONDS = 0.05

Delivered = Callable[[int, int, int], None]
"""Called for each acknowledged record with its partition, offset and size in bytes."""


class TooLarge(ValueError):
    """A record that no broker of ours would take."""


class Publisher:
    """Publishes to one topic, keyed by customer; a context manager that flushes at its end.

    Records of one customer keep their order. Delivery runs in the background: a refused record
    shows as DeliveryFailed at the next call.
    """

    def __init__(self, settings: Settings, codec: Codec, on_delivered: Delivered | None = None) -> None:
        """
        Args:
            settings: where Kafka is.
            codec: writes the records.
            on_delivered: told of every acknowledged record.

        Raises:
            Unreachable: no broker answers, or the topic is missing.
        """
        self._topic = settings.topic(TOUCHPOINTS)
        self._settings = settings
        self._codec = codec
        self._on_delivered = on_delivered
        self._producer = Producer(
            producer_config(
                settings,
                **{"linger.ms": 20, "message.timeout.ms": int(DELIVERY_TIMEOUT_SECONDS * 1000), "log_level": 0},
            )
        )
        self._failures = 0
        self._first_failure = ""
        self.delivered = 0
        self.partitions = _partitions(_metadata(self._producer, settings), self._topic, settings)

    def publish(self, touchpoint: Touchpoint) -> None:
        """Send a touchpoint to its customer's partition; waits while the send queue is full.

        Raises:
            TooLarge: over the producer's 1,000,000 bytes.
            ValueError: it does not fit the schema.
            DeliveryFailed: an earlier record was refused for good.
        """
        value = self._codec.encode("Touchpoint", touchpoint)
        ce = headers("momentous.touchpoint", touchpoint["event_id"], touchpoint["source"], touchpoint["occurred_at"])
        self._produce(touchpoint["customer_id"].encode(), value, ce, partition=-1)

    def publish_control(self, partition: int, control: Control) -> None:
        """Send a control to one partition, behind what was published to it before."""
        now = time.time_ns() // 1_000_000
        self._produce(None, self._codec.encode("Control", control), control_headers(control, now), partition)

    def publish_control_everywhere(self, control: Control) -> None:
        """Send a control to every partition."""
        for partition in range(self.partitions):
            self.publish_control(partition, control)

    @property
    def in_flight(self) -> int:
        """Records handed over and neither acknowledged nor refused yet."""
        return len(self._producer)

    def poll(self, seconds: float) -> None:
        """Let acknowledgements in, for at most ``seconds``."""
        self._producer.poll(seconds)
        self._raise_failures()

    def flush(self, timeout_seconds: float = DELIVERY_TIMEOUT_SECONDS) -> None:
        """Wait until every record is acknowledged.

        Raises:
            DeliveryFailed: some were refused, or no acknowledgement came in time.
        """
        left = self._producer.flush(timeout_seconds)
        self._raise_failures()
        if left:
            raise DeliveryFailed(
                f"{left} records without an acknowledgement after {timeout_seconds:.0f} s",
                "look at the broker, then publish the file again: what arrived twice counts once",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.flush()
        else:
            self._producer.purge()

    def _produce(self, key: bytes | None, value: bytes, ce: Headers, partition: int) -> None:
        self._raise_failures()
        while True:
            try:
                self._producer.produce(self._topic, value, key, partition, on_delivery=self._settled, headers=list(ce))
            except BufferError:
                self._producer.poll(_QUEUE_FULL_WAIT_SECONDS)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                    raise TooLarge(f"{len(value)} bytes, more than a record may have") from error
                raise
            else:
                self._producer.poll(0)
                return

    def _settled(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failures += 1
            self._first_failure = self._first_failure or error.str()
            return
        self.delivered += 1
        if self._on_delivered is not None:
            self._on_delivered(message.partition() or 0, message.offset() or 0, len(message))

    def _raise_failures(self) -> None:
        if self._failures:
            raise DeliveryFailed(
                f"Kafka at {self._settings.kafka_bootstrap} refused {self._failures} records: {self._first_failure}",
                "look at the broker, then publish again: what arrived twice counts once",
            )


def activate(settings: Settings, codec: Codec, activations: Sequence[Control]) -> int:
    """Send activations to all partitions in one transaction: a worker sees all of them or none.

    The embedded broker gets them one by one: its transaction markers carry a wrong checksum, at
    which a worker's consumer would stop.

    Returns:
        The number of partitions.

    Raises:
        Unreachable: no broker answers, or the topic is missing.
        DeliveryFailed: the transaction failed; nothing is active.
    """
    topic = settings.topic(TOUCHPOINTS)
    more: dict[str, Any] = {"transactional.id": f"{settings.app_id}-definitions", "log_level": 0}
    producer = Producer(producer_config(settings, **more))
    metadata = _metadata(producer, settings)
    partitions = _partitions(metadata, topic, settings)
    if is_embedded(metadata):
        with Publisher(settings, codec) as publisher:
            for control in activations:
                publisher.publish_control_everywhere(control)
        return partitions
    now = time.time_ns() // 1_000_000
    try:
        producer.init_transactions(DELIVERY_TIMEOUT_SECONDS)
        producer.begin_transaction()
        for control in activations:
            value, ce = codec.encode("Control", control), control_headers(control, now)
            for partition in range(partitions):
                producer.produce(topic, value, None, partition, headers=list(ce))
        producer.commit_transaction(DELIVERY_TIMEOUT_SECONDS)
    except (KafkaException, BufferError) as error:
        with suppress(KafkaException):
            producer.abort_transaction(DELIVERY_TIMEOUT_SECONDS)
        raise DeliveryFailed(
            f"the activation did not go through ({error}); nothing is active of it", "publish it again"
        ) from error
    return partitions


def require_topic(settings: Settings, topic: str = TOUCHPOINTS) -> None:
    """Make sure that Kafka is there and has a topic, before something long or half done begins.

    Args:
        settings: where Kafka is.
        topic: its name without the prefix.

    Raises:
        Unreachable: no broker answers, or the topic is missing.
    """
    producer = Producer(producer_config(settings, **{"log_level": 0}))
    _partitions(_metadata(producer, settings), settings.topic(topic), settings)


def _metadata(producer: Producer, settings: Settings) -> Any:
    try:
        # All topics: asking for one by name would make it where brokers create topics by themselves.
        return producer.list_topics(timeout=CONNECT_TIMEOUT_SECONDS)
    except KafkaException as error:
        raise Unreachable(
            f"Kafka at {settings.kafka_bootstrap} does not answer",
            "start it or set MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings)",
        ) from error


def _partitions(metadata: Any, topic: str, settings: Settings) -> int:
    if topic not in metadata.topics:
        raise Unreachable(
            f"Kafka at {settings.kafka_bootstrap} has no topic {topic}",
            "make the topics first: `momentous topics create`, or look at MOMENTOUS_TOPIC_PREFIX",
        )
    return len(metadata.topics[topic].partitions)
