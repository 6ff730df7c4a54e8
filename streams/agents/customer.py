"""The customer agent: hands each partition's batches to its lane."""

from __future__ import annotations

from typing import Any

from streams.lanes import Lanes


def customer_agent(lanes: Lanes) -> Any:
    """The agent function for the touchpoints topic, concurrency 1.

    It acknowledges nothing itself: a lane does so after its transaction.
    """

    async def customer(stream: Any) -> None:
        async for event in stream.noack().events():
            await lanes.deliver(event.value, event.ack)

    return customer
