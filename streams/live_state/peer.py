"""Connections to another worker's live state: kept open, one request at a time on each, answered in one turn."""

from __future__ import annotations

import asyncio
from collections import deque

from streams.live_state.http import Answer

MOST_CONNECTIONS = 64
CONNECT_S = 1.0
_PASSED_ON = ("retry-after", "www-authenticate")


class PeerLost(Exception):
    """The other worker is not there, went away, or answers no HTTP."""


class Peer:
    """The worker at one address; ``host:port``."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port) if port.isdecimal() else 0
        self._free: list[_PeerConnection] = []
        self._open: set[_PeerConnection] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._connecting = 0

    async def ask(self, request: bytes) -> Answer:
        """The answer to a whole request.

        Raises:
            PeerLost: there is none.
        """
        connection = await self._connection()
        try:
            return await connection.ask(request)
        finally:
            if connection.is_free:
                self._free.append(connection)
            else:
                connection.close()
            self._wake()

    def close(self) -> None:
        """Cut every connection."""
        for connection in list(self._open):
            connection.close()

    async def _connection(self) -> _PeerConnection:
        while True:
            while self._free:
                connection = self._free.pop()
                if connection.is_free:
                    return connection
            if len(self._open) + self._connecting < MOST_CONNECTIONS:
                return await self._connect()
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    async def _connect(self) -> _PeerConnection:
        self._connecting += 1
        loop = asyncio.get_running_loop()
        try:
            _, connection = await asyncio.wait_for(
                loop.create_connection(lambda: _PeerConnection(self._open), self._host, self._port), CONNECT_S
            )
        except (OSError, TimeoutError) as error:
            self._wake()
            raise PeerLost from error
        finally:
            self._connecting -= 1
        return connection

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class _PeerConnection(asyncio.Protocol):
    def __init__(self, others: set[_PeerConnection]) -> None:
        self._others = others
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def is_free(self) -> bool:
        """Whether it can be asked."""
        return self._transport is not None and self._answer is None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._others.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._others.discard(self)
        self._fail()

    async def ask(self, request: bytes) -> Answer:
        transport = self._transport
        if transport is None:
            raise PeerLost
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answer = answer
        transport.write(request)
        try:
            return await answer
        finally:
            if not answer.done() or answer.cancelled():
                self.close()  # what is still to come belongs to nobody
            self._answer = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = bytes(self._received).partition(b"\r\n\r\n")
        if not found:
            return
        try:
            status, headers = _read_head(head)
            length = int(headers["content-length"])
        except (ValueError, KeyError, IndexError):
            self._fail()
            self.close()
            return
        if len(body) < length:
            return
        self._received.clear()
        passed_on = tuple((name.title(), headers[name]) for name in _PASSED_ON if name in headers)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(status, body[:length], passed_on))

    def _fail(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(PeerLost())


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    lines = head.decode("latin-1").split("\r\n")
    version, status, _ = lines[0].split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    pairs = (line.partition(":") for line in lines[1:])
    return int(status), {name.lower(): value.strip() for name, _, value in pairs}
