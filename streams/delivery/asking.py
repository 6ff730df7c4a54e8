"""Questions to Kafka that it answers a little later: a coordinator moves, a group's log is being loaded."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, TopicPartition

_AGAIN_S = 0.2
_LATER = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError._WAIT_COORD,
    }
)


def answered(ask: Callable[[], Any], patience_s: float = 30.0) -> list[TopicPartition]:
    """The places that ``ask`` gives, once each is without an error.

    Raises:
        KafkaException: it does not get better by asking again, or not in time.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            places = cast(list[TopicPartition], ask())
            for place in places:
                if place.error is not None:
                    raise KafkaException(place.error)
        except KafkaException as error:
            if error.args[0].code() not in _LATER or time.monotonic() >= deadline:
                raise
            time.sleep(_AGAIN_S)
        else:
            return places
