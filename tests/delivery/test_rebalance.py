"""A second deliverer comes and goes: partitions move, nothing is lost, repeated or out of order.

Sabotage: ``Intake._give_up`` without ``let_go``: what waits in lines is sent by both. A commit by a thread of
its own: what is being sent cannot be committed while partitions leave, and comes twice.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from streams.delivery import Deliverer, read_deliver_file
from streams.identifiers import digest_id
from streams.settings import Settings
from tests.delivery.process import endpoint_file
from tests.delivery.receiver import SECRET, Received, Receiver
from tests.delivery.triggers import publish, trigger

COUNT, CUSTOMERS, PLACES = 600, 60, 4


def slowly(_one: Received, _number: int) -> int:
    time.sleep(0.03)
    return 204


async def test_while_deliverers_come_and_go_every_trigger_is_sent_once_and_in_its_customers_order(
    topics: Settings, tmp_path: Path
) -> None:
    await asyncio.to_thread(publish, topics, *(trigger(one, f"c{one % CUSTOMERS}") for one in range(COUNT)))
    with Receiver(slowly) as receiver:
        file = read_deliver_file(endpoint_file(tmp_path, receiver.url, f"    concurrency: {PLACES}\n"))

        def begun() -> tuple[Deliverer, asyncio.Event, asyncio.Task[None]]:
            deliverer, stop = Deliverer(topics, file, {"HOOK_SECRET": SECRET}), asyncio.Event()
            return deliverer, stop, asyncio.create_task(deliverer.run(stop))

        first, stop_first, running_first = begun()
        await asyncio.to_thread(receiver.wait_for, COUNT // 10)
        second, stop_second, running_second = begun()
        async with asyncio.timeout(30):
            while not (first.intake.positions and second.intake.positions):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        shared = [*first.intake.positions, *second.intake.positions]
        seen = len(receiver.ids)
        await asyncio.to_thread(receiver.wait_for, seen + COUNT // 10)
        stop_second.set()
        await running_second
        try:
            await asyncio.to_thread(receiver.wait_for, COUNT, 60.0)
        finally:
            stop_first.set()
            await running_first
    assert len(shared) == len(set(shared)) == topics.partitions
    assert sorted(receiver.ids) == sorted(digest_id("trigger", number) for number in range(COUNT))
    assert second.endings["sent"] > 0
    assert first.endings["sent"] + second.endings["sent"] == COUNT
    for customer in range(CUSTOMERS):
        told = [one.data["context"]["number"] for one in receiver.received if one.data["customer_id"] == f"c{customer}"]
        assert told == sorted(told)
