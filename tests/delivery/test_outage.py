"""An endpoint that is away for a while: what waits is bounded, nothing is committed past it, nothing is lost.

Sabotage: ``Ledger.is_full`` that is always False lets everything wait at once; a circuit that counts an attempt
while it is open sets triggers aside.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from streams.delivery import Deliverer, ledger, read_deliver_file, service
from streams.identifiers import digest_id
from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import TRIGGERS
from tests.delivery.process import endpoint_file
from tests.delivery.receiver import SECRET, Received, Receiver
from tests.delivery.triggers import publish, trigger
from tests.kafka.reader import read

COUNT, MOST, FETCH, OUTAGE_S = 300, 40, 20, 2.0


def committed(settings: Settings) -> int:
    consumer = Consumer(consumer_config(settings, **{"group.id": f"{settings.app_id}-deliver"}))
    try:
        places = [TopicPartition(settings.topic(TRIGGERS), number) for number in range(settings.partitions)]
        return sum(max(0, place.offset) for place in consumer.committed(places, timeout=10))
    finally:
        consumer.close()


async def test_while_an_endpoint_is_away_little_is_held_and_nothing_is_lost(
    topics: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOST_UNFINISHED", MOST)
    monkeypatch.setattr(service, "_READ", FETCH)
    is_away = True

    def reply(_one: Received, _number: int) -> int:
        return 503 if is_away else 204

    await asyncio.to_thread(publish, topics, *(trigger(number, f"c{number}") for number in range(COUNT)))
    with Receiver(reply) as receiver:
        more = "    retries: [200ms, 200ms, 200ms]\n    circuit: {failures: 2, open: 300ms}\n    concurrency: 8\n"
        file = read_deliver_file(endpoint_file(tmp_path, receiver.url, more))
        deliverer = Deliverer(topics, file, {"HOOK_SECRET": SECRET})
        stop = asyncio.Event()
        running = asyncio.create_task(deliverer.run(stop))
        async with asyncio.timeout(30):
            while not receiver.ids:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.sleep(OUTAGE_S)
        held = deliverer.intake.unfinished
        attempts = len(receiver.ids)
        assert await asyncio.to_thread(committed, topics) == 0
        is_away = False
        try:
            await asyncio.to_thread(receiver.wait_for, COUNT, 60.0)
        finally:
            stop.set()
            await running
    assert MOST <= held <= topics.partitions * (MOST + FETCH)
    assert attempts <= 8 + 10  # those under way when it opens, then one trial after each rest, which doubles
    assert deliverer.endings == {"sent": COUNT}
    assert set(receiver.ids) == {digest_id("trigger", number) for number in range(COUNT)}
    assert read(topics, "deliveries.dead") == []
