"""One partition's transactional producer: begin, produce, commit, abort, and what each failure means.

TransactionError
├── Fenced          another owner of the partition took over: this lane is done
├── OutcomeUnknown  the commit timed out: only a restore can tell whether it happened
└── Aborted         the transaction was given up: restore and go on
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas import Headers
from streams.customer import Output
from streams.kafka import consumer_config, producer_config
from streams.live_state.owners import owners_group
from streams.settings import Settings
from streams.topics import CHANGELOG, TOUCHPOINTS

COMMIT_TIMEOUT_S = 10.0
_FENCED = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.TRANSACTION_COORDINATOR_FENCED,
    }
)

Result = TypeVar("Result")


class TransactionError(Exception):
    """A transaction did not end as it should."""


class Fenced(TransactionError):
    """Another producer with this transactional id was initialised after ours."""


class OutcomeUnknown(TransactionError):
    """The commit got no answer; the transaction may or may not have happened."""


class Aborted(TransactionError):
    """The transaction did not happen."""


class PartitionProducer:
    """The producer with ``transactional.id = <app>-<partition>``.

    Whatever blocks runs in a thread of its own, so that the event loop never waits for a broker.
    After any error throw it away and make a new one.
    """

    def __init__(self, settings: Settings, partition: int) -> None:
        self._settings = settings
        self._partition = partition
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"transactions-{partition}")
        self._changelog = settings.topic(CHANGELOG)
        self._producer: Producer | None = None
        self._in_transaction = False

    async def open(self) -> None:
        """Connect and fence any older owner; its open transaction is aborted by the broker.

        Raises:
            Fenced, Aborted: as the broker says.
        """
        config = producer_config(
            self._settings,
            **{
                "transactional.id": f"{self._settings.app_id}-{self._settings.topic('')}{self._partition}",
                "transaction.timeout.ms": self._settings.transaction_timeout_ms,
                "linger.ms": 2,
                "queue.buffering.max.messages": 500_000,
                "queue.buffering.max.kbytes": 65_536,
                "batch.num.messages": 10_000,
                "message.max.bytes": 4_194_304,
            },
        )
        await self._blocking(self._open, config)

    def begin(self) -> None:
        """Begin a transaction, unless one is open."""
        if not self._in_transaction:
            self._call(self._started().begin_transaction)
            self._in_transaction = True

    def produce(self, output: Output) -> None:
        """Add a record to the open transaction."""
        name, partition, key, value, headers = output
        self._produce(self._settings.topic(name), value, key, partition, headers)

    def produce_state(self, key: bytes, value: bytes | None) -> None:
        """Add a changelog record."""
        self._produce(self._changelog, value, key, self._partition)

    def produce_last_state(self, key: bytes, value: bytes, written: Callable[[int], None]) -> None:
        """Add the transaction's last changelog record; ``written`` is told its offset."""

        def delivered(error: KafkaError | None, message: Message) -> None:
            offset = message.offset()
            if error is None and offset is not None:
                written(offset)

        self._produce(self._changelog, value, key, self._partition, on_delivery=delivered)

    async def announce(self, offset: int, address: str) -> None:
        """Say in a transaction of its own that the partition, applied up to ``offset``, is served at ``address``.

        Raises:
            Fenced, OutcomeUnknown, Aborted: see the module.
        """
        self.begin()
        await self._blocking(self._announce, offset, address)
        await self.commit()

    async def commit(self) -> None:
        """Commit the open transaction.

        Raises:
            Fenced, OutcomeUnknown, Aborted: see the module.
        """
        await self._blocking(self._started().commit_transaction, COMMIT_TIMEOUT_S)
        self._in_transaction = False

    async def abort(self) -> None:
        """Give up the open transaction, if any; errors do not matter any more."""
        if self._producer is not None and self._in_transaction:
            self._in_transaction = False
            with suppress(TransactionError):
                await self._blocking(self._producer.abort_transaction, COMMIT_TIMEOUT_S)

    async def close(self) -> None:
        """Abort what is open and let go of the producer."""
        await self.abort()
        self._producer = None
        self._thread.shutdown(wait=False)

    def _open(self, config: dict[str, Any]) -> None:
        self._producer = Producer(config)
        self._producer.init_transactions(30.0)

    def _announce(self, offset: int, address: str) -> None:
        settings = self._settings
        # Only its name counts: it never joins.
        group = Consumer(consumer_config(settings, **{"group.id": owners_group(settings), "log_level": 0}))
        try:
            said = TopicPartition(settings.topic(TOUCHPOINTS), self._partition, offset, address)
            self._started().send_offsets_to_transaction([said], group.consumer_group_metadata(), COMMIT_TIMEOUT_S)
        finally:
            group.close()

    def _started(self) -> Producer:
        if self._producer is None:
            raise Aborted("the producer is not open")
        return self._producer

    def _produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int,
        headers: Headers | None = None,
        on_delivery: Callable[[KafkaError | None, Message], None] | None = None,
    ) -> None:
        producer = self._started()
        while True:
            try:
                producer.produce(topic, value, key, partition, on_delivery, headers=cast(Any, headers))
                return
            except BufferError:
                # The queue is full: let the broker threads drain it.
                producer.poll(0.05)
            except KafkaException as error:
                raise _meaning(_cause(producer, error), committing=False) from error

    def _call(self, call: Any, *args: Any) -> None:
        try:
            call(*args)
        except KafkaException as error:
            raise _meaning(error, committing=False) from error

    async def _blocking(self, call: Any, *args: Any) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, partial(call, *args))
        except KafkaException as error:
            committing = self._producer is not None and call == self._producer.commit_transaction
            raise _meaning(error, committing) from error


def _cause(producer: Producer, error: KafkaException) -> KafkaException:
    """What a "fatal error" was: ``produce`` does not say, every transactional call does, at once."""
    if error.args[0].code() == KafkaError._FATAL:
        try:
            producer.begin_transaction()
        except KafkaException as cause:
            return cause
    return error


def _meaning(error: KafkaException, committing: bool) -> TransactionError:
    kafka_error: KafkaError = error.args[0]
    if kafka_error.code() in _FENCED:
        return Fenced(kafka_error.str())
    if committing and not kafka_error.txn_requires_abort():
        return OutcomeUnknown(kafka_error.str())
    return Aborted(kafka_error.str())
