"""How delivery stands, from what deliverers committed to Kafka; none of them need run."""

from __future__ import annotations

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.delivery.asking import answered
from streams.delivery.disabled import Disabled, DisabledEndpoints
from streams.delivery.endpoint import DeliverFile
from streams.delivery.ledger import Ledger
from streams.delivery.service import GROUP, REPLAY_GROUP
from streams.errors import Unreachable
from streams.kafka import consumer_config
from streams.publishing import require_topic
from streams.settings import Settings
from streams.topics import DEAD_DELIVERIES, TRIGGERS

_ANSWER_S = 10.0


class DeliveryStatus(msgspec.Struct, kw_only=True):
    """How delivery stands.

    Attributes:
        endpoints: by name; None where the endpoint is on.
        unfinished: records from each partition's oldest unfinished one on, those finished ahead not counted;
            transaction markers in between count too.
        finished_ahead: records that ended before an older one of their partition.
        set_aside: records in deliveries.dead that were not replayed.
    """

    endpoints: dict[str, Disabled | None]
    unfinished: int
    finished_ahead: int
    set_aside: int


def read_delivery_status(settings: Settings, file: DeliverFile) -> DeliveryStatus:
    """Ask Kafka.

    Raises:
        Unreachable: it does not answer, or the topics are missing.
    """
    require_topic(settings, TRIGGERS)
    try:
        unfinished, ahead = _behind(settings, TRIGGERS, GROUP)
        set_aside, replayed = _behind(settings, DEAD_DELIVERIES, REPLAY_GROUP)
    except KafkaException as error:
        raise Unreachable(
            f"Kafka at {settings.kafka_bootstrap} does not tell how delivery stands ({error.args[0].str()})",
            "look at the broker, and make the topics with `momentous topics create`",
        ) from error
    names = [endpoint.name for endpoint in file.endpoints]
    found = DisabledEndpoints(settings).read(names)
    return DeliveryStatus(
        endpoints={name: found.get(name) for name in names},
        unfinished=unfinished - ahead,
        finished_ahead=ahead,
        set_aside=set_aside - replayed,
    )


def _behind(settings: Settings, topic: str, group: str) -> tuple[int, int]:
    """Records from the committed offsets to the ends, and how many of them are finished all the same."""
    consumer = Consumer(consumer_config(settings, **{"group.id": f"{settings.app_id}-{group}", "log_level": 0}))
    places = [TopicPartition(settings.topic(topic), number) for number in range(settings.partitions)]
    left = ahead = 0
    try:
        for place in answered(lambda: consumer.committed(places, timeout=_ANSWER_S), _ANSWER_S):
            low, high = consumer.get_watermark_offsets(place, timeout=_ANSWER_S)
            left += max(0, high - max(place.offset, low))
            if place.offset >= low:
                ahead += Ledger(place.offset, place.metadata or "").finished_ahead
    finally:
        consumer.close()
    return left, ahead
