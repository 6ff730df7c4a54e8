"""From the policy to an outreach system and back: room for call-backs, and what counts under the caps.

Sabotage: an ending ``no_capacity`` that is told as ``outreach.expired`` gives the policy no reason to wait; one
``dead`` that is told as ``outreach.bounced`` frees a place that a replay then takes once more.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from schemas import Trigger
from streams.delivery.bucket import Capacity
from streams.delivery.delivery_metrics import DeliveryMetrics
from streams.delivery.endpoint import Endpoint
from streams.delivery.message import Delivery, Origin
from streams.delivery.outcome import Outcome, outcome_touchpoint
from streams.delivery.outlet import Outlet
from tests.customer.log import CODEC, HUNG_UP, MINUTE, POLICY, T0, Log
from tests.customer.log import Outcome as Core
from tests.delivery.scripted import DOWN, Scripted

ONE_CHANNEL = POLICY.replace("channels: [sms, email]", "channels: [sms]").replace("cool_down: 1d", "cool_down: 1m")
ONE_A_DAY = ONE_CHANNEL + "limits:\n  caps:\n    - {id: day, most: 1, within: 24h}\n"
WITH_LITTLE_ROOM = Endpoint("centre", "webhook", capacity=Capacity(1, 20 * MINUTE, burst=1, refuse=True))


class Centre:
    """The core, the contact centre's outlet, and the way back from one to the other."""

    def __init__(self, policy: str = ONE_CHANNEL, endpoint: Endpoint = WITH_LITTLE_ROOM) -> None:
        self.carrier, self.log, self.core = Scripted(), Log(), Core()
        self.endings: list[str] = []
        self._now, self._seen, self._settled = T0, 0, asyncio.Event()
        self._outlet = Outlet(
            endpoint,
            self.carrier,
            self._settle,
            DeliveryMetrics(),
            now_ms=lambda: self._now,
            steady_ms=lambda: float(self._now),
        )
        self.log.rule(T0, HUNG_UP, policy)
        for customer in ("c1", "c2"):
            self.log.touchpoint(T0, "consent.given", customer, properties={"channel": "sms", "purpose": "care"})

    async def play(self) -> list[Trigger]:
        """Take in what was appended, deliver what came of it, and append what came of that."""
        self.core.play(self.log.records[self._seen :])
        self._seen = len(self.log.records)
        fresh = self.core.triggers[len(self.endings) :]
        for trigger in fresh:
            self._settled.clear()
            self._now = self.log.records[-1].timestamp
            origin = Origin("outreach.triggers", 0, len(self.endings), None, None)
            self._outlet.put(Delivery("trigger", cast(dict[str, Any], trigger), origin))
            async with asyncio.timeout(5):
                await self._settled.wait()
        return fresh

    async def hang_up(self, customer: str, at: int) -> list[Trigger]:
        """A customer hangs up in the queue."""
        self.log.touchpoint(at, "queue.abandoned", customer)
        return await self.play()

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        self.endings.append(f"{delivery.customer_id} {outcome.ending}")
        told = outcome_touchpoint(delivery, outcome, self._now)
        if told is not None:
            self.log.raw(self._now, CODEC.encode("Touchpoint", told))
        self._settled.set()


async def test_who_found_no_room_is_not_asked_again_until_there_may_be_some_and_then_is() -> None:
    centre = Centre()
    await centre.hang_up("c2", T0 + MINUTE)
    await centre.hang_up("c1", T0 + 2 * MINUTE)
    assert centre.endings == ["c2 sent", "c1 no_capacity"]

    assert await centre.hang_up("c1", T0 + 7 * MINUTE) == []
    waiting = centre.core.decisions[-1]
    assert (waiting["status"], waiting["reason"]) == ("deferred", "capacity")
    room_at = int(waiting["checks"][-1]["inputs"]["not_before"])
    # Fifteen minutes after it was told that there was no room.
    assert room_at == T0 + 17 * MINUTE

    centre.log.tick(T0 + 22 * MINUTE)
    assert [trigger["customer_id"] for trigger in await centre.play()] == ["c1"]
    assert centre.endings == ["c2 sent", "c1 no_capacity", "c1 sent"]
    assert len(centre.carrier.sent) == 2


async def test_a_contact_that_found_no_room_fills_no_cap() -> None:
    centre = Centre(ONE_A_DAY)
    await centre.hang_up("c2", T0 + MINUTE)
    await centre.hang_up("c1", T0 + 2 * MINUTE)
    await centre.hang_up("c1", T0 + 21 * MINUTE)
    assert centre.endings == ["c2 sent", "c1 no_capacity", "c1 sent"]
    await centre.hang_up("c1", T0 + 43 * MINUTE)
    assert centre.core.decisions[-1]["reason"] == "frequency_cap"


async def test_what_was_set_aside_still_counts_since_a_replay_may_bring_it() -> None:
    centre = Centre(ONE_A_DAY, Endpoint("centre", "webhook", retries_ms=()))
    centre.carrier.say = lambda _: DOWN
    await centre.hang_up("c1", T0 + MINUTE)
    assert centre.endings == ["c1 dead"]
    await centre.hang_up("c1", T0 + 30 * MINUTE)
    assert centre.core.decisions[-1]["reason"] == "frequency_cap"
