"""Moments that the pipeline has detected, from wherever they lie: Kafka, ClickHouse or a file."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from schemas import Codec
from streams.errors import MomentousError
from streams.kafka import consumer_config
from streams.publishing import CONNECT_TIMEOUT_SECONDS, require_topic
from streams.settings import Settings
from streams.simulation import Found
from streams.topics import MOMENTS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_DETECTED = """
SELECT rule, customer_id, evidence.event_id[1], toUnixTimestamp64Milli(detected_at)
FROM moments WHERE phase = 'detected'
"""


class BadMoments(MomentousError):
    """A file that holds something else than moments."""


def from_kafka(settings: Settings, codec: Codec) -> Iterator[Found]:
    """All detected moments of the topic up to its end, committed ones only.

    Raises:
        Unreachable: no broker answers, or the topic is missing.
        KafkaException: it went away while it was read.
    """
    require_topic(settings, MOMENTS)
    topic = settings.topic(MOMENTS)
    more = {"group.id": f"{settings.app_id}-score-{uuid.uuid4().hex}", "enable.partition.eof": True, "log_level": 0}
    consumer = Consumer(consumer_config(settings, **more))
    try:
        unread = set(consumer.list_topics(topic, timeout=CONNECT_TIMEOUT_SECONDS).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in sorted(unread)])
        while unread:
            for message in consumer.consume(1000, timeout=0.1):
                error = message.error()
                if error is None:
                    if (found := _found(codec.decode(message.value() or b"")[1])) is not None:
                        yield found
                elif error.code() == KafkaError._PARTITION_EOF:
                    unread.discard(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()


def from_clickhouse(client: Client) -> Iterator[Found]:
    """All detected moments that ClickHouse holds.

    Raises:
        TablesMissing: the tables are not there.
    """
    from sinks.connection import asking

    with asking(client):
        rows = client.query(_DETECTED).result_rows
    for row in rows:
        yield Found(*row)


def from_json_lines(lines: Iterable[bytes], name: str) -> Iterator[Found]:
    """A moment a line, with the fields of the Moment record; times are ms UTC, or ISO 8601 with a zone.

    Raises:
        BadMoments: a line is something else; ``name`` and its number are told.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            moment: Any = msgspec.json.decode(line)
            if isinstance(at := moment["detected_at"], str):
                moment["detected_at"] = round(datetime.fromisoformat(at).timestamp() * 1000)
            found = _found(moment)
        except (msgspec.MsgspecError, KeyError, IndexError, TypeError, ValueError) as error:
            raise BadMoments(
                f"{name}:{number}: not a moment ({type(error).__name__}: {error})",
                "each line needs rule, customer_id, phase, evidence with event_id, and detected_at",
            ) from error
        if found is not None:
            yield found


def _found(moment: Any) -> Found | None:
    """What the score needs of a Moment record; None unless it tells of a detection."""
    if moment["phase"] != "detected":
        return None
    return Found(
        str(moment["rule"]),
        str(moment["customer_id"]),
        str(moment["evidence"][0]["event_id"]),
        int(moment["detected_at"]),
    )
