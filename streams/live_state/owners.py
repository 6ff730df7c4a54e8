"""Which worker serves a partition: its lane writes the worker's address when it begins to run, the others read it.

The address is the metadata of an offset commit of the group ``<app>-owners``, made in a transaction of
the lane's fenced producer: a worker that has lost the partition cannot overwrite who has it now.
"""

from __future__ import annotations

import asyncio
import socket
from time import monotonic

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import TOUCHPOINTS

log = structlog.get_logger("live_state")

_ANSWER_S = 5.0
_READ_EVERY_S = 0.25
"""Who serves what is read at most this often, however many ask."""


def owners_group(settings: Settings) -> str:
    """The group whose offsets carry the addresses."""
    return f"{settings.app_id}-owners"


def own_address(settings: Settings) -> str:
    """The address by which other workers reach this one's live state; empty when it serves none."""
    if not settings.state_keys:
        return ""
    return settings.state_address or f"{socket.gethostname()}:{settings.state_port}"


class Owners:
    """Addresses by partition, as last read; asked for anew when one turns out wrong."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = settings.topic(TOUCHPOINTS)
        self._addresses: dict[int, str] = {}
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._consumer: Consumer | None = None

    async def address(self, number: int, wrong: str | None = None) -> str | None:
        """Where the partition is served, or None when that is not known.

        Args:
            number: the partition's.
            wrong: an address that turned out not to serve it: unless another one is known already, it is read anew.
        """
        known = self._addresses.get(number)
        if known is None or known == wrong:
            await self._refresh()
            known = self._addresses.get(number)
        return known

    def close(self) -> None:
        """Let go of the connection."""
        if self._consumer is not None:
            self._consumer.close()

    async def _refresh(self) -> None:
        if self._reading is None:
            if monotonic() - self._read_at < _READ_EVERY_S:
                return
            self._reading = asyncio.create_task(self._read_in_thread())
        await asyncio.shield(self._reading)

    async def _read_in_thread(self) -> None:
        try:
            self._addresses = await asyncio.to_thread(self._read)
        except KafkaException as error:
            log.warning("the broker does not tell who serves which partition", error=error.args[0].str())
        finally:
            self._read_at = monotonic()
            self._reading = None

    def _read(self) -> dict[int, str]:
        if self._consumer is None:
            # What is committed is read without waiting for what is not yet: one lane that is just moving
            # must not hide where all the others are. Whoever is asked in error says so.
            more = {"group.id": owners_group(self._settings), "isolation.level": "read_uncommitted", "log_level": 0}
            self._consumer = Consumer(consumer_config(self._settings, **more))
        wanted = [TopicPartition(self._topic, number) for number in range(self._settings.partitions)]
        found = self._consumer.committed(wanted, timeout=_ANSWER_S)
        return {one.partition: one.metadata for one in found if one.error is None and one.metadata}
