"""Asking the owner of a partition on behalf of whoever asked the wrong worker."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from streams.live_state.api import FORWARDED, moving
from streams.live_state.http import Answer, Request
from streams.live_state.live_state_metrics import LiveStateMetrics
from streams.live_state.owners import Owners
from streams.live_state.peer import Peer, PeerLost

TIMEOUT_S = 1.0
"""An owner that has not answered by then counts as not there."""

_TRIES = 2
_MOST_PEERS = 100


class Forwarding:
    """Passes requests on, over connections that are kept.

    Args:
        owners: who serves which partition.
        own_address: ours: what is said to be here and is not is moving.
        metrics: counts what is passed on, and what comes to nothing.
    """

    def __init__(self, owners: Owners, own_address: str, metrics: LiveStateMetrics) -> None:
        self._owners = owners
        self._own_address = own_address
        self._metrics = metrics
        self._peers: dict[str, Peer] = {}

    async def ask(self, number: int, request: Request) -> Answer:
        """The owner's answer; 503 when there is none. A wrong owner is asked once, then who it is is read anew."""
        self._metrics.forwarded += 1
        wrong = None
        for _ in range(_TRIES):
            address = await self._owners.address(number, wrong)
            if address is None or address == wrong:
                break
            if address != self._own_address:
                answer = await self._asked(address, request)
                if answer is not None:
                    return answer
            wrong = address
        self._metrics.forward_failures += 1
        return moving()

    def close(self) -> None:
        """Cut every connection."""
        for peer in self._peers.values():
            peer.close()

    async def _asked(self, address: str, request: Request) -> Answer | None:
        """What that worker answers, or None if it is not there or not the owner."""
        peer = self._peers.get(address)
        if peer is None:
            while len(self._peers) >= _MOST_PEERS:
                self._peers.pop(next(iter(self._peers))).close()
            peer = self._peers[address] = Peer(address)
        # The path goes on as it came, percent-encoded; neither part can hold a line's end.
        asked = (
            f"GET {request.path} HTTP/1.1\r\nHost: {address}\r\n{FORWARDED}: 1\r\n"
            f"Authorization: {request.headers.get('authorization', '')}\r\n\r\n"
        )
        try:
            answer = await asyncio.wait_for(peer.ask(asked.encode("latin-1")), TIMEOUT_S)
        except (PeerLost, TimeoutError):
            return None
        return None if answer.status == HTTPStatus.SERVICE_UNAVAILABLE else answer
