"""What brings a delivery to an endpoint; one implementation per kind.

To write one for another gateway, give a class these two methods, and say in ``send`` what came of
the attempt; everything else (order, capacity, retries, expiry, outcomes) is done around it.
"""

from __future__ import annotations

from typing import Protocol

from streams.delivery.answer import Answer
from streams.delivery.message import Delivery


class Carrier(Protocol):
    """Brings deliveries to one endpoint."""

    async def send(self, delivery: Delivery, now_ms: int) -> Answer:
        """Make one attempt.

        Args:
            delivery: what to bring; ``message_id`` is the same at every attempt.
            now_ms: of this attempt, UTC.

        Raises:
            Unwritable: no attempt would ever help.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
