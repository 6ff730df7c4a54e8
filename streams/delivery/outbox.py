"""Records out of the deliverer, each known to be in Kafka before anything rests on it."""

from __future__ import annotations

import asyncio
import threading

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas import Codec, DeadLetter, Touchpoint, headers
from streams.delivery.message import Origin
from streams.identifiers import digest_id
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import DEAD_DELIVERIES, TOUCHPOINTS

_MOST_BYTES = 4 * 1_048_576
_AGAIN_S = 1.0
_POLL_S = 0.05

log = structlog.get_logger("deliver")


class Outbox:
    """Writes touchpoints and dead letters. Make it inside a running event loop.

    Attributes:
        fatal: why Kafka takes nothing from this process any more.
    """

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings, self._codec = settings, codec
        more = {"linger.ms": 2, "message.max.bytes": _MOST_BYTES, "log_level": 0}
        self._producer = Producer(producer_config(settings, **more))
        self._loop = asyncio.get_running_loop()
        self.fatal: KafkaException | None = None
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="outbox", daemon=True)
        self._poller.start()

    async def touchpoint(self, touchpoint: Touchpoint) -> None:
        """Publish it; returns when Kafka has it."""
        ce = headers("momentous.touchpoint", touchpoint["event_id"], touchpoint["source"], touchpoint["occurred_at"])
        value = self._codec.encode("Touchpoint", touchpoint)
        await self._send(TOUCHPOINTS, touchpoint["customer_id"].encode(), value, ce, -1)

    async def dead_letter(self, origin: Origin, reason: str, detail: str, now_ms: int) -> None:
        """Set a record aside with its original bytes, in the partition of its number, so that order is kept."""
        letter: DeadLetter = {
            "stage": "apply",
            "reason": reason,
            "detail": detail,
            "source_topic": origin.topic,
            "source_partition": origin.partition,
            "source_offset": origin.offset,
            "rule": None,
            "key": origin.key,
            "value": origin.value,
            "headers": [{"key": name, "value": value} for name, value in origin.headers],
            "failed_at": now_ms,
        }
        event_id = digest_id(origin.topic, origin.partition, origin.offset, reason)
        ce = headers("momentous.dead-letter", event_id, "momentous/deliver", now_ms)
        value = self._codec.encode("DeadLetter", letter)
        await self._send(DEAD_DELIVERIES, origin.key, value, ce, origin.partition)

    def close(self) -> None:
        """Wait shortly for what is on its way."""
        self._producer.flush(5)
        self._closed.set()
        self._poller.join(5)

    async def _send(
        self, topic: str, key: bytes | None, value: bytes, ce: list[tuple[str, bytes]], partition: int
    ) -> None:
        """Produce until Kafka has it: an ending that is not told must not be committed."""
        while True:
            done: asyncio.Future[KafkaError | None] = self._loop.create_future()

            def settled(
                error: KafkaError | None, _message: Message, done: asyncio.Future[KafkaError | None] = done
            ) -> None:
                self._loop.call_soon_threadsafe(_answer, done, error)

            try:
                self._producer.produce(
                    self._settings.topic(topic), value, key, partition, on_delivery=settled, headers=list(ce)
                )
                error = await done
            except BufferError:
                await asyncio.sleep(_POLL_S)
                continue
            except KafkaException as refused:
                error = refused.args[0]
            if error is None:
                return
            if error.fatal():
                self.fatal = KafkaException(error)
                await asyncio.Event().wait()  # nothing is ended any more; the process is about to
            log.warning("Kafka did not take a record; it is sent again", topic=topic, error=error.str())
            await asyncio.sleep(_AGAIN_S)

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(_POLL_S)


def _answer(done: asyncio.Future[KafkaError | None], error: KafkaError | None) -> None:
    if not done.done():
        done.set_result(error)
