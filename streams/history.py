"""Plays a past into the topics: clock to history, touchpoints in order, closing ticks.

1. Every partition's clock is set to the history, from its first to its last touchpoint.
2. The touchpoints follow in the order of time.
3. One tick a partition carries the clock a horizon past the end, so that what stays away at the
   end of the history (no further call, no order) is noticed too.

A clock never goes back. So a history belongs in topics whose partitions have not seen later
times: :func:`require_unused` looks before anything is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from schemas import Touchpoint
from streams.controls import history_clock, tick
from streams.errors import MomentousError
from streams.kafka import consumer_config
from streams.publishing import CONNECT_TIMEOUT_SECONDS, Publisher, require_topic
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

HORIZON_MS = 7 * 86_400_000
"""How far past the last touchpoint the closing ticks reach: of what is shipped only promises that are
due later, and what stays unused for sixty days, wait longer."""

_CONTROL = b"momentous.control."


class TopicInUse(MomentousError):
    """The topic holds touchpoints whose time a history would contradict."""


def play(
    publisher: Publisher,
    touchpoints: Sequence[Touchpoint],
    horizon_ms: int = HORIZON_MS,
    before_each: Callable[[], None] | None = None,
) -> None:
    """Publish a history; returns when all of it is acknowledged.

    Args:
        publisher: to the touchpoints topic.
        touchpoints: in the order of occurred_at; at least one.
        horizon_ms: how far the closing ticks reach past the last one.
        before_each: called before each touchpoint; may wait.

    Raises:
        DeliveryFailed: the broker refused records for good.
    """
    span = touchpoints[0]["occurred_at"], touchpoints[-1]["occurred_at"]
    play_span(publisher, touchpoints, span, horizon_ms, before_each)


def play_span(
    publisher: Publisher,
    touchpoints: Iterable[Touchpoint],
    span: tuple[int, int],
    horizon_ms: int = HORIZON_MS,
    before_each: Callable[[], None] | None = None,
) -> None:
    """As ``play``, for touchpoints that are not in memory: ``span`` is their first and last occurred_at."""
    start, end = span
    publisher.publish_control_everywhere(history_clock(start, end))
    for touchpoint in touchpoints:
        if before_each is not None:
            before_each()
        publisher.publish(touchpoint)
    publisher.publish_control_everywhere(tick(end + horizon_ms))
    publisher.flush()


def require_ready(settings: Settings, *, append: bool) -> None:
    """Make sure that a history can be played, before a long file is read for it.

    Args:
        settings: where Kafka is.
        append: also into a topic that holds touchpoints already.

    Raises:
        Unreachable: no broker answers, or the topic is missing.
        TopicInUse: there are touchpoints, and it is not to be appended.
    """
    require_topic(settings)
    if not append:
        require_unused(settings)


def require_unused(settings: Settings) -> None:
    """Make sure that the topic holds nothing but controls.

    Raises:
        TopicInUse: there are touchpoints.
        KafkaException: the broker does not answer.
    """
    topic = settings.topic(TOUCHPOINTS)
    more = {"group.id": f"{settings.app_id}-look-{uuid.uuid4().hex}", "enable.partition.eof": True, "log_level": 0}
    consumer = Consumer(consumer_config(settings, **more))
    try:
        unread = set(consumer.list_topics(topic, timeout=CONNECT_TIMEOUT_SECONDS).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in sorted(unread)])
        while unread:
            for message in consumer.consume(1000, timeout=0.1):
                error = message.error()
                if error is None:
                    _must_be_control(topic, dict(message.headers() or []).get("ce_type"))
                elif error.code() == KafkaError._PARTITION_EOF:
                    unread.discard(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()


def _must_be_control(topic: str, ce_type: object) -> None:
    if not (isinstance(ce_type, bytes) and ce_type.startswith(_CONTROL)):
        raise TopicInUse(
            f"topic {topic} holds touchpoints already, and a clock cannot go back to a history",
            "play it into topics of its own: set MOMENTOUS_TOPIC_PREFIX and MOMENTOUS_APP_ID; or --append if "
            "the history is later than all they hold",
        )
