"""A carrier that answers as told, and an outlet before it whose endings are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from streams.delivery.answer import Answer, Verdict
from streams.delivery.delivery_metrics import DeliveryMetrics
from streams.delivery.endpoint import Endpoint
from streams.delivery.message import Delivery
from streams.delivery.outcome import Outcome
from streams.delivery.outlet import Outlet

OK = Answer(Verdict.TAKEN, "HTTP_204")
DOWN = Answer(Verdict.FAILED, "HTTP_503")

Say = Callable[[Delivery], Answer | Exception]


class Scripted:
    """Remembers each attempt.

    Args:
        say: what an attempt comes to.
        seconds: how long it takes.
    """

    def __init__(self, say: Say = lambda _: OK, seconds: float = 0.0) -> None:
        self.say, self.seconds = say, seconds
        self.sent: list[str] = []
        self.at_once = self.most_at_once = 0

    async def send(self, delivery: Delivery, now_ms: int) -> Answer:
        """One attempt."""
        self.sent.append(delivery.message_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        told = self.say(delivery)
        if isinstance(told, Exception):
            raise told
        return told

    async def close(self) -> None:
        """Nothing to let go of."""


class Desk:
    """An outlet, its carrier, and what ended how."""

    def __init__(self, carrier: Scripted | None = None, **more: Any) -> None:
        self.carrier = carrier or Scripted()
        self.ended: list[tuple[str, str]] = []
        self.gone: list[str] = []
        self._more = asyncio.Event()
        told: dict[str, Any] = {"retries_ms": (20, 20, 20), "failures": 1000, **more}
        endpoint = Endpoint("texts", "webhook", **told)
        self.outlet = Outlet(endpoint, self.carrier, self._settle, DeliveryMetrics(), self._gone)

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        self.ended.append((delivery.message_id, f"{outcome.ending} {outcome.reason}".strip()))
        self._more.set()

    def _gone(self, endpoint: Endpoint, reason: str) -> None:
        self.gone.append(reason)

    async def until(self, ended: int, seconds: float = 5.0) -> dict[str, str]:
        """Wait for that many endings; by id."""
        async with asyncio.timeout(seconds):
            while len(self.ended) < ended:
                self._more.clear()
                await self._more.wait()
        return dict(self.ended)
