"""The newest partition records, read from the end of the changelog: how far workers are, by what they committed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas import Codec, DecodeError
from streams.customer import PartitionRecord
from streams.customer.definitions import BadActivation, Definitions
from streams.customer.ledger import DEFINITION_PREFIX, PARTITION_KEY, decode_definition, decode_partition
from streams.kafka import consumer_config
from streams.log_bounds import log_bounds
from streams.outreach import Policy, parse_policy
from streams.settings import Settings
from streams.topics import CHANGELOG, TOUCHPOINTS

_ANSWER_S = 10.0
_ACTIVATION = b"momentous.control.activation"
_FIRST_STEP = 50
"""A partition record ends every transaction, so it is nearly always among so many last records."""


def read_partition_records(settings: Settings) -> dict[int, PartitionRecord]:
    """The newest committed record of each partition that has one.

    Raises:
        KafkaException: the broker does not answer, or has no such topic.
        StateFormatError: a record of another version of the software.
    """
    consumer = _consumer(settings)
    topic = settings.topic(CHANGELOG)
    try:
        found: dict[int, PartitionRecord] = {}
        for number in range(settings.partitions):
            low, end = log_bounds(consumer, TopicPartition(topic, number))
            step = _FIRST_STEP
            while number not in found and end > low:
                start = max(low, end - step)
                values = [
                    message.value()
                    for message in _read(consumer, topic, number, start)
                    if message.key() == PARTITION_KEY
                ]
                if values and values[-1] is not None:
                    found[number] = decode_partition(values[-1])
                elif start == low:
                    break
                step *= 20
        return found
    finally:
        consumer.close()


def read_policy(settings: Settings) -> Policy | None:
    """The policy that is active in the first partition, or None before the first; reads its whole changelog.

    Raises:
        KafkaException: the broker does not answer, or has no such topic.
    """
    consumer = _consumer(settings)
    topic = settings.topic(CHANGELOG)
    text = None
    try:
        low, end = log_bounds(consumer, TopicPartition(topic, 0))
        messages = _read(consumer, topic, 0, low) if end > low else []
        for message in messages:
            key, value = message.key(), message.value()
            if key is not None and value is not None and key.startswith(DEFINITION_PREFIX + b"policy\0"):
                standing = decode_definition(value)
                text = standing.text if standing.runs else text
    finally:
        consumer.close()
    return None if text is None else parse_policy(text, "the active policy")


def read_definitions(settings: Settings, codec: Codec) -> Definitions:
    """What is defined in the first partition: its whole changelog, and the changes that no worker has applied yet.

    Raises:
        KafkaException: the broker does not answer, or has no such topics.
        StateFormatError: a record of another version of the software.
        BadActivation: a definition in the changelog cannot be used by this version.
    """
    consumer = _consumer(settings)
    changelog, touchpoints = settings.topic(CHANGELOG), settings.topic(TOUCHPOINTS)
    definitions, applied = Definitions(), -1
    try:
        low, end = log_bounds(consumer, TopicPartition(changelog, 0))
        for message in _read(consumer, changelog, 0, low) if end > low else []:
            key, value = message.key() or b"", message.value()
            if key == PARTITION_KEY and value is not None:
                record = decode_partition(value)
                definitions.quarantined, applied = dict(record.quarantined), record.applied
            else:
                definitions.restore(key, value)
        low, end = log_bounds(consumer, TopicPartition(touchpoints, 0))
        start = max(low, applied + 1)
        for message in _read(consumer, touchpoints, 0, start, _is_activation) if end > start else []:
            # What a worker will refuse changes nothing here either.
            with suppress(DecodeError, BadActivation):
                _, control = codec.decode(message.value(), "Control")
                definitions.activate(control["activation"], message.timestamp()[1])
    finally:
        consumer.close()
    return definitions


def _is_reserved(message: Message) -> bool:
    return (message.key() or b"").startswith(b"\0")


def _is_activation(message: Message) -> bool:
    return dict(message.headers() or ()).get("ce_type") == _ACTIVATION


def _consumer(settings: Settings) -> Consumer:
    more = {
        "group.id": f"{settings.app_id}-status",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 10,
        "log_level": 0,
    }
    return Consumer(consumer_config(settings, **more))


def _read(
    consumer: Consumer, topic: str, number: int, start: int, wanted: Callable[[Message], bool] = _is_reserved
) -> list[Message]:
    """The records wanted (the reserved ones, not the customers') from ``start`` to the end as it is now."""
    found: list[Message] = []
    consumer.assign([TopicPartition(topic, number, start)])
    gives_up = monotonic() + _ANSWER_S
    try:
        while True:
            messages = consumer.consume(10_000, 0.1)
            if messages:
                gives_up = monotonic() + _ANSWER_S
            elif monotonic() > gives_up:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer while reading the changelog"))
            for message in messages:
                error = message.error()
                if error is None:
                    if wanted(message):
                        found.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    return found
                else:
                    raise KafkaException(error)
    finally:
        consumer.unassign()
