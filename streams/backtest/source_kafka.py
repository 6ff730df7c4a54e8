"""History in the touchpoints topic, replayed as its log says.

A time range of Kafka is one of append times, and a touchpoint may have happened long before it was
appended (a nightly file, a history that was played in). So every partition is read from where its
log begins to where it ended when the reading began, and occurred_at decides what belongs to the
period. What is not wanted costs a glance. Order, clock and lateness are those that the worker met.

Nothing is committed, no group is joined, and only committed records are seen.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from time import monotonic

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from schemas import Codec
from streams.backtest.errors import NoHistory
from streams.backtest.glance import Glancer, Item
from streams.backtest.source import LOG, Wanted
from streams.errors import Unreachable
from streams.kafka import consumer_config
from streams.log_bounds import log_bounds
from streams.publishing import CONNECT_TIMEOUT_SECONDS, require_topic
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

_FETCH = 5_000
_WAIT_SECONDS = 0.1
_STALLED_SECONDS = 60.0
_QUEUED_KB = 32_768
"""Most that the client fetches ahead: memory does not grow with the topic."""


class KafkaSource:
    """The topic as it was when this was made: what comes later is no history yet.

    Args:
        settings: where the broker is.
        codec: reads what a glance does not do for.

    Raises:
        Unreachable: the broker does not answer, or has no such topic.
        NoHistory: there is nothing in it.
    """

    clock = LOG

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self.title = f"topic {settings.topic(TOUCHPOINTS)} at {settings.kafka_bootstrap}"
        self.refused: Counter[str] = Counter()
        self.left_out = 0
        self.customers: int | None = None
        self._topic = settings.topic(TOUCHPOINTS)
        self._settings = settings
        self._codec = codec
        require_topic(settings)
        consumer = self._consumer()
        try:
            known = consumer.list_topics(self._topic, timeout=CONNECT_TIMEOUT_SECONDS).topics[self._topic]
            self._bounds = {
                number: log_bounds(consumer, TopicPartition(self._topic, number)) for number in sorted(known.partitions)
            }
        except KafkaException as error:
            raise Unreachable(
                f"Kafka at {settings.kafka_bootstrap} does not answer ({error.args[0].str()})",
                "look at the broker and at MOMENTOUS_KAFKA_BOOTSTRAP",
            ) from error
        finally:
            consumer.close()
        self.total: int | None = sum(end - first for first, end in self._bounds.values())
        if not self.total:
            raise NoHistory(f"topic {self._topic} is empty", "publish touchpoints, or name another source")

    def lanes(self, wanted: Wanted) -> Iterator[Iterable[Item]]:
        """One a partition.

        Raises:
            NoHistory: retention has deleted since what there was to read.
            Unreachable: the broker sends nothing any more.
        """
        glance = Glancer(self._codec, wanted.customers)
        consumer = self._consumer()
        try:
            for number, (first, end) in self._bounds.items():
                if first < end:
                    yield self._items(consumer, glance, number, first, end)
        finally:
            consumer.close()

    def _items(self, consumer: Consumer, glance: Glancer, number: int, first: int, end: int) -> Iterator[Item]:
        place = TopicPartition(self._topic, number, OFFSET_BEGINNING)
        if log_bounds(consumer, place)[0] > first:
            problem = f"retention deleted the oldest records of {self._topic} partition {number} meanwhile"
            raise NoHistory(problem, "run it again")
        consumer.assign([place])
        last = first - 1
        heard = monotonic()
        while last < end - 1:
            messages = consumer.consume(_FETCH, timeout=_WAIT_SECONDS)
            if messages:
                heard = monotonic()
            elif monotonic() - heard > _STALLED_SECONDS:
                problem = f"Kafka at {self._settings.kafka_bootstrap} sent nothing for {_STALLED_SECONDS:.0f} s"
                raise Unreachable(problem, "look at the broker")
            for message in messages:
                if (error := message.error()) is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        return
                    raise KafkaException(error)
                last = message.offset() or 0
                if last >= end:
                    return
                yield glance(message.value(), message.timestamp()[1])

    def _consumer(self) -> Consumer:
        more = {
            "group.id": f"{self._settings.app_id}-backtest-{uuid.uuid4().hex}",
            "enable.partition.eof": True,
            "queued.max.messages.kbytes": _QUEUED_KB,
            # A fetch that waits at the end of one partition holds up the first of the next.
            "fetch.wait.max.ms": 20,
            "log_level": 0,
        }
        return Consumer(consumer_config(self._settings, **more))
