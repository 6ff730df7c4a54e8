"""How much of a log is still unread, asked of the broker itself and not of the reader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.kafka import consumer_config
from streams.log_bounds import ANSWER_S, log_bounds
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

_POLL_S = 0.2


class Unread(NamedTuple):
    """What lies before a reader in one partition.

    Attributes:
        end: the offset after the last committed record.
        records: from the oldest unread record to ``end``; transaction markers in between count too.
        oldest_at: append time of the oldest unread record, ms UTC; None when all is read.
    """

    end: int
    records: int
    oldest_at: int | None


TopicNumber = tuple[str, int]
"""A topic's full name and a partition's number."""

Positions = Mapping[TopicNumber, int]
"""The offset that each reader wants next; negative: from the beginning."""


class UnreadLook:
    """Looks what is unread, with a consumer of its own that belongs to no group."""

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.topic(TOUCHPOINTS)
        more = {
            "group.id": f"{settings.app_id}-unread",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
            "max.partition.fetch.bytes": 65_536,
            "queued.max.messages.kbytes": 1_024,
            "log_level": 0,
        }
        self._consumer = Consumer(consumer_config(settings, **more))
        # Markers behind the last record are no records: what was found empty is not read again.
        self._empty: dict[TopicNumber, tuple[int, int]] = {}

    def look(self, positions: Positions) -> dict[TopicNumber, Unread]:
        """What is unread from these positions on.

        Raises:
            KafkaException: no answer in time, or a refusal.
        """
        if not positions:
            self._consumer.list_topics(self._topic, ANSWER_S)
        found: dict[TopicNumber, Unread] = {}
        starts: dict[TopicNumber, tuple[int, int]] = {}
        for where, position in positions.items():
            # Read committed: the end is that of the last transaction that is done.
            low, end = log_bounds(self._consumer, TopicPartition(*where))
            start = max(position, low)
            empty_from, empty_to = self._empty.get(where, (0, 0))
            if empty_from <= start < empty_to <= end:
                start = empty_to
            if start < end:
                starts[where] = (start, end)
            else:
                found[where] = Unread(end, 0, None)
        if starts:
            found |= self._oldest(starts)
        return found

    def close(self) -> None:
        """Let go of the consumer."""
        self._consumer.close()

    def _oldest(self, starts: Mapping[TopicNumber, tuple[int, int]]) -> dict[TopicNumber, Unread]:
        found: dict[TopicNumber, Unread] = {}
        self._consumer.assign([TopicPartition(*where, start) for where, (start, _) in starts.items()])
        gives_up = monotonic() + ANSWER_S
        try:
            while len(found) < len(starts):
                message = self._consumer.poll(_POLL_S)
                if message is None:
                    if monotonic() > gives_up:
                        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer to a fetch"))
                    continue
                where = (message.topic() or "", message.partition() or 0)
                error = message.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                if where in found or where not in starts:
                    continue
                start, end = starts[where]
                if error is not None:
                    self._empty[where] = (start, end)
                    found[where] = Unread(end, 0, None)
                else:
                    found[where] = Unread(end, max(1, end - (message.offset() or 0)), message.timestamp()[1])
        finally:
            self._consumer.unassign()
        return found


class UnreadWatch:
    """Looks again and again in a thread of its own.

    Attributes:
        unread: the newest look; empty before the first.
        waiting_since: monotonic seconds at which a partition was first seen with something unread, without a look
            at which it had nothing in between.
        answered_at: when the broker last answered, monotonic seconds; at first, when watching began.
        trouble: why it did not answer the last time; empty when it did.
    """

    def __init__(self, settings: Settings, positions: Callable[[], Positions], every_s: float) -> None:
        self.unread: dict[TopicNumber, Unread] = {}
        self.waiting_since: dict[TopicNumber, float] = {}
        self.answered_at = monotonic()
        self.trouble = ""
        self._settings = settings
        self._positions = positions
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="unread", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits for a look that is under way."""
        self._stop.set()
        self._thread.join(ANSWER_S)

    def _watch(self) -> None:
        look = UnreadLook(self._settings)
        try:
            while not self._stop.is_set():
                self._look(look)
                self._stop.wait(self._every_s)
        finally:
            look.close()

    def _look(self, look: UnreadLook) -> None:
        try:
            unread = look.look(self._positions())
        except KafkaException as error:
            self.trouble = str(error.args[0])
            return
        now = monotonic()
        self.waiting_since = {
            where: self.waiting_since.get(where, now) for where, found in unread.items() if found.oldest_at is not None
        }
        self.unread, self.answered_at, self.trouble = unread, now, ""
