"""Asking the owner of a partition on behalf of whoever asked the wrong worker."""

from __future__ import annotations

from http import HTTPStatus

import aiohttp
from yarl import URL

from streams.live_state.api import FORWARDED, moving
from streams.live_state.http import Answer, Request
from streams.live_state.owners import Owners

TIMEOUT_S = 2.0
"""An owner that has not answered by then counts as not there."""

_PASSED_ON = ("Retry-After", "WWW-Authenticate")
_TRIES = 2


class Forwarding:
    """Passes requests on, over connections that are kept.

    Args:
        owners: who serves which partition.
        own_address: ours: what is said to be here and is not is moving.
    """

    def __init__(self, owners: Owners, own_address: str) -> None:
        self._owners = owners
        self._own_address = own_address
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, number: int, request: Request) -> Answer:
        """The owner's answer; 503 when there is none. A wrong owner is asked once, then who it is is read anew."""
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
        return moving()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    async def _asked(self, address: str, request: Request) -> Answer | None:
        """What that worker answers, or None if it is not there or not the owner."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            connector = aiohttp.TCPConnector(limit_per_host=64, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector, auto_decompress=False)
        headers = {FORWARDED: "1", "Authorization": request.headers.get("authorization", "")}
        try:
            # The path goes on as it came: it is percent-encoded already.
            url = URL(f"http://{address}{request.path}", encoded=True)
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                body = await response.read()
                if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
                    return None
                passed_on = tuple((name, response.headers[name]) for name in _PASSED_ON if name in response.headers)
                return Answer(response.status, body, passed_on)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
