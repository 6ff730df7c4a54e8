"""A producer that writes down what the broker acknowledged, and nothing else.

The file is what a checker believes: never the pipeline's own counters.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from confluent_kafka import KafkaError, Message, Producer

from streams.kafka import producer_config
from streams.settings import Settings


class Acknowledged(NamedTuple):
    """One record that the broker says it has."""

    id: str
    partition: int
    offset: int


class Witness:
    """Sends records and appends a line for each acknowledged one to ``path``.

    A line is written before the next one is sent for, so a kill of this process can lose the
    last lines' records from the file, but the file never names a record that was not
    acknowledged.

    Args:
        settings: where Kafka is.
        path: the file; appended to.
        more: librdkafka producer configuration.
    """

    def __init__(self, settings: Settings, path: Path, **more: Any) -> None:
        self._settings = settings
        self._file = path.open("ab", buffering=0)
        self._lines: list[bytes] = []
        self._producer = Producer(producer_config(settings, **{"linger.ms": 5, **more}))
        self.failed: list[tuple[str, KafkaError]] = []

    def send(
        self,
        topic: str,
        event_id: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]] | None = None,
        partition: int = -1,
    ) -> None:
        """Hand one record to the producer; waits while its queue is full.

        Args:
            topic: short name.
            event_id: what the file will call it; without tabs and line ends.
            partition: -1 lets the key decide.
        """

        def settled(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.failed.append((event_id, error))
            elif message.offset() is not None:
                # A resent batch that the broker had already is acknowledged without its offsets.
                self._lines.append(f"{event_id}\t{message.partition()}\t{message.offset()}\n".encode())

        more: dict[str, Any] = {"headers": headers} if headers else {}
        while True:
            try:
                self._producer.produce(self._settings.topic(topic), value, key, partition, on_delivery=settled, **more)
                break
            except BufferError:
                self._producer.poll(0.1)
                self._write()
        self._producer.poll(0)
        self._write()

    def flush(self, timeout_seconds: float = 60.0) -> None:
        """Wait until every record sent is acknowledged and written.

        Raises:
            TimeoutError: some are still on their way.
            RuntimeError: some failed for good.
        """
        deadline = time.monotonic() + timeout_seconds
        while (left := self._producer.flush(0.2)) and time.monotonic() < deadline:
            self._write()
        self._write()
        if left:
            raise TimeoutError(f"{left} records without an acknowledgement after {timeout_seconds} s")
        if self.failed:
            event_id, error = self.failed[0]
            raise RuntimeError(f"{len(self.failed)} records failed, the first is {event_id}: {error}")

    def close(self) -> None:
        """Flush, then put the file on the disk."""
        try:
            self.flush()
        finally:
            os.fsync(self._file.fileno())
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self) -> None:
        if self._lines:
            self._file.write(b"".join(self._lines))
            self._lines.clear()


def acknowledged(path: Path) -> list[Acknowledged]:
    """What the file says, in the order of the acknowledgements; a torn last line does not count."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [
        Acknowledged(event_id, int(partition), int(offset))
        for event_id, partition, offset in (line.decode().split("\t") for line in lines)
    ]
