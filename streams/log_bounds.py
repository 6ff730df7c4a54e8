"""Where a partition's log begins and ends."""

from __future__ import annotations

from time import monotonic, sleep

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

ANSWER_S = 5.0
"""How long a broker may take for one answer."""

LEADERS_S = 10.0
"""A new topic's leaders are announced before they serve; they get this long."""

_AGAIN_S = 0.2


def log_bounds(consumer: Consumer, where: TopicPartition) -> tuple[int, int]:
    """First offset and end; of a consumer that reads committed the end is that of the last finished transaction.

    Raises:
        KafkaException: the broker does not answer in time, or refuses.
    """
    gives_up = monotonic() + LEADERS_S
    while True:
        try:
            marks = consumer.get_watermark_offsets(where, timeout=ANSWER_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or monotonic() > gives_up:
                raise
            sleep(_AGAIN_S)
            continue
        if marks is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no answer for {where.topic} {where.partition}"))
        return int(marks[0]), int(marks[1])
