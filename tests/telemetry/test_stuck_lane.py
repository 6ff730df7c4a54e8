"""A lane on a real broker that is given nothing although input lies in its partition: the broker knows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
from confluent_kafka import Producer

from schemas import Codec
from streams.kafka import producer_config
from streams.settings import Settings
from streams.telemetry import LaneWatch, WorkerMetrics, WorkerPages
from streams.topics import TOUCHPOINTS
from tests.batched_reader import until
from tests.customer.log import touchpoint
from tests.hand_fed import HandFed
from tests.telemetry.test_worker_pages import free_port

CODEC = Codec()
STALL_MS = 1_000


class OneLane:
    """A worker's lanes, all one of them."""

    def __init__(self, watch: LaneWatch) -> None:
        self.metrics = WorkerMetrics()
        self.was_assigned = True
        self._watch = watch

    def watches(self) -> Sequence[LaneWatch]:
        """The one."""
        return [self._watch]


@pytest.fixture
def one(topics: Settings) -> Settings:
    """One partition, a free port, and little patience."""
    return msgspec.structs.replace(
        topics, partitions=1, worker_web_port=free_port(), web_bind="127.0.0.1", health_stall_ms=STALL_MS
    )


@pytest.fixture
async def fed(one: Settings) -> AsyncIterator[HandFed]:
    async with HandFed(one) as fed:
        yield fed


@pytest.fixture
async def pages(one: Settings, fed: HandFed) -> AsyncIterator[WorkerPages]:
    pages = WorkerPages(one, OneLane(fed.lane.watch), asyncio.get_running_loop())
    pages.start()
    yield pages
    await asyncio.to_thread(pages.stop)


def publish(settings: Settings, number: int) -> None:
    producer = Producer(producer_config(settings))
    made = touchpoint(number, time.time_ns() // 1_000_000, "page.viewed")
    producer.produce(settings.topic(TOUCHPOINTS), CODEC.encode("Touchpoint", made), b"c1", 0)
    assert producer.flush(30) == 0


def _says(pages: WorkerPages, reason: str) -> bool:
    return any(one.startswith(reason) for one in pages.health().reasons)


async def test_a_lane_that_gets_nothing_of_what_waits_turns_ill_and_is_well_once_it_has_it(
    one: Settings, fed: HandFed, pages: WorkerPages
) -> None:
    publish(one, 0)
    await fed.until_applied(0)
    await asyncio.sleep(1.5 * STALL_MS / 1000)
    assert pages.health().ok, "idle"
    fed.holding = True
    publish(one, 1)
    # On a busy machine the loop itself may seem to stand still for a moment: that is another reason.
    await until(lambda: _says(pages, "partition 0: input waits and nothing was committed for "), "ill", 20)
    health = pages.health()
    assert (health.live, health.partitions["0"].lag_records) == (False, 1)
    fed.holding = False
    await until(lambda: pages.health().ok, "well", 20)
    assert fed.lane.watch.record.applied == 1


async def test_an_event_loop_that_stands_still_turns_ill(fed: HandFed, pages: WorkerPages) -> None:
    await until(lambda: pages.health().ready, "running", 20)
    time.sleep(2.5 * STALL_MS / 1000)  # noqa: ASYNC251 - standing still is what is tested
    assert _says(pages, "the event loop has not turned for ")
    assert not pages.health().live
