"""A Kafka broker inside this process, for the demo: librdkafka's own test broker.

It takes idempotent and transactional producers, consumer groups, static members and offset
commits with metadata. What it is not, as measured with librdkafka 2.16 and held by tests:

- it keeps at most 5 MB a partition and drops the oldest without a word;
- topics come into being when a client asks for them, with 4 partitions, never otherwise;
- there is no append time: readers see the producers' timestamps;
- an aborted transaction's records stay visible, also to read_committed readers;
- a producer that was fenced can still commit;
- the markers that end transactions carry a wrong checksum, at which aiokafka stops (librdkafka's
  own consumers do not look), so what a worker reads must not be written in transactions.

So no guarantee is claimed on it. It lives as long as this process.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any, Self

from confluent_kafka import Producer

PARTITIONS = 4
"""Partitions of every topic; there is no way to ask for another number."""

KEPT_BYTES = 5 * 1_048_576
"""What a partition keeps, at most."""

_TIMEOUT_SECONDS = 10.0
_CLUSTER = "mockCluster"


def is_embedded(metadata: Any) -> bool:
    """Whether cluster metadata, as any client lists it, is that of an embedded broker."""
    return (metadata.cluster_id or "").startswith(_CLUSTER)


class EmbeddedBroker:
    """Start it, hand ``bootstrap`` to the clients of any process on this machine, stop it."""

    def __init__(self) -> None:
        self._producer: Producer | None = None
        self._bootstrap = ""

    @property
    def bootstrap(self) -> str:
        """``host:port`` for clients.

        Raises:
            RuntimeError: it does not run.
        """
        if self._producer is None:
            raise RuntimeError("the embedded broker does not run; call start() first")
        return self._bootstrap

    def start(self) -> None:
        """Listen on a free local port; returns when the broker answers."""
        silent = logging.Logger("librdkafka", level=logging.CRITICAL)
        self._producer = Producer(
            {"bootstrap.servers": "embedded", "test.mock.num.brokers": 1, "log_level": 0}, logger=silent
        )
        (broker,) = self._producer.list_topics(timeout=_TIMEOUT_SECONDS).brokers.values()
        self._bootstrap = f"{broker.host}:{broker.port}"

    def stop(self) -> None:
        """Close it; whatever it held is gone."""
        self._producer = None
        self._bootstrap = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
