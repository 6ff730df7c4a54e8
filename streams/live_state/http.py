"""A small HTTP/1.1 server inside the event loop: GET without a body, answered in the turn in which it arrives.

The loop belongs to the lanes, which let it turn every 3 ms. A server that hands each request to a task of its
own waits one more turn for it; this one answers at once whatever needs no waiting.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import NamedTuple
from urllib.parse import parse_qsl

import structlog

from streams.telemetry.server import PortTaken

log = structlog.get_logger("live_state")

LARGEST_HEAD = 16_384
"""Most bytes of a request."""

MOST_CONNECTIONS = 2_000
IDLE_S = 60.0
"""A connection on which nothing came for this long is closed."""

_SWEEP_S = 5.0
_HEAD_END = b"\r\n\r\n"
_CONTROL = re.compile("[\0-\x08\x0a-\x1f\x7f]")


class Request(NamedTuple):
    """What was asked: the path as it came (percent-encoded), the query, header names in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Answer(NamedTuple):
    """What is answered; ``headers`` beside type and length."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


Handler = Callable[[Request], "Answer | Awaitable[Answer]"]

Answered = Callable[[int, float], None]
"""Told the status of an answer, and how many seconds after its request was taken up it was written."""


def _unnoted(status: int, seconds: float) -> None:
    """Nobody counts."""


class HttpServer:
    """Listens from its making on, answers from :meth:`start` on.

    Args:
        bind: address to listen on.
        port: 0 is any free one.
        setting: what the port's setting is called, for the message.
        answered: told of each answer.

    Attributes:
        port: the one it listens on.

    Raises:
        PortTaken: it cannot listen there.
    """

    def __init__(self, bind: str, port: int, handler: Handler, setting: str, answered: Answered = _unnoted) -> None:
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        try:
            self._socket = socket.create_server((bind, port), family=family, backlog=1024)
        except OSError as error:
            raise PortTaken(
                f"cannot listen on {bind}:{port} ({os.strerror(error.errno) if error.errno else error})",
                f"set MOMENTOUS_{setting.upper()} to a free port",
            ) from error
        self.port = int(self._socket.getsockname()[1])
        self._handler = handler
        self._answered = answered
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Begin to answer, in this event loop."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self._handler, self._answered, self._connections, loop), sock=self._socket
        )
        self._sweep(loop)

    def stop(self) -> None:
        """Answer no more; open connections are cut."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()
        self._socket.close()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        oldest = loop.time() - IDLE_S
        for connection in list(self._connections):
            if connection.heard_at < oldest:
                connection.abort()
        self._sweeping = loop.call_later(_SWEEP_S, self._sweep, loop)


class _Connection(asyncio.Protocol):
    """One client; its requests are answered one after the other."""

    def __init__(
        self, handler: Handler, answered: Answered, others: set[_Connection], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._handler = handler
        self._answered = answered
        self._others = others
        self._loop = loop
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._answering: asyncio.Task[None] | None = None
        self._taken_up_at = 0.0
        self.heard_at = loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._others) >= MOST_CONNECTIONS:
            transport.abort()
            return
        self._others.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._others.discard(self)
        self._transport = None
        if self._answering is not None:
            self._answering.cancel()

    def abort(self) -> None:
        """Cut it."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        self._received += data
        if len(self._received) > LARGEST_HEAD + len(_HEAD_END) and self._answering is not None:
            self.abort()  # it goes on asking without reading the answers
        elif self._answering is None:
            self._go_on()

    def _go_on(self) -> None:
        """Answer what has arrived in full."""
        while self._transport is not None and not self._transport.is_closing():
            end = self._received.find(_HEAD_END)
            if end < 0:
                if len(self._received) > LARGEST_HEAD:
                    self._taken_up_at = perf_counter()
                    self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "a request has at most 16,384 bytes")
                return
            self._taken_up_at = perf_counter()
            head = bytes(self._received[:end])
            del self._received[: end + len(_HEAD_END)]
            request = _parsed(head)
            if isinstance(request, Answer):
                self._write(request, keep=False)
                return
            keep = request.headers.get("connection", "").lower() != "close"
            try:
                answer = self._handler(request)
            except Exception as error:  # a request must not take the connection's others down
                answer = _failed(error)
            if not isinstance(answer, Answer):
                self._answering = self._loop.create_task(self._wait_for(answer, keep))
                return
            self._write(answer, keep)

    async def _wait_for(self, answer: Awaitable[Answer], keep: bool) -> None:
        try:
            found = await answer
        except Exception as error:
            found = _failed(error)
        self._answering = None
        self._write(found, keep)
        self._go_on()

    def _refuse(self, status: HTTPStatus, problem: str) -> None:
        self._write(Answer(status, _problem(problem)), keep=False)

    def _write(self, answer: Answer, keep: bool) -> None:
        transport = self._transport
        if transport is None:
            return
        phrase = HTTPStatus(answer.status).phrase
        more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        head = (
            f"HTTP/1.1 {int(answer.status)} {phrase}\r\nContent-Type: {answer.content_type}\r\n"
            f"Content-Length: {len(answer.body)}\r\nCache-Control: no-store\r\n{more}"
            f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
        )
        transport.write(head.encode("latin-1") + answer.body)
        self._answered(answer.status, perf_counter() - self._taken_up_at)
        if not keep:
            transport.close()


def _parsed(head: bytes) -> Request | Answer:
    """The request, or why it is none."""
    lines = head.decode("latin-1").split("\r\n")
    if any(_CONTROL.search(line) for line in lines):
        return Answer(HTTPStatus.BAD_REQUEST, _problem("a control character in the head of a request"))
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0") or not parts[1].startswith("/"):
        return Answer(HTTPStatus.BAD_REQUEST, _problem("not a request of HTTP/1.1"))
    if parts[0] != "GET":
        return Answer(HTTPStatus.METHOD_NOT_ALLOWED, _problem("only GET is answered here"), (("Allow", "GET"),))
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or name != name.strip() or name in headers:
            return Answer(HTTPStatus.BAD_REQUEST, _problem("a header line that is none, or is there twice"))
        headers[name] = value.strip()
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return Answer(HTTPStatus.BAD_REQUEST, _problem("a GET has no body here"))
    if parts[2] == "HTTP/1.0":
        headers["connection"] = "close"
    path, _, query = parts[1].partition("?")
    try:
        asked = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=10)) if query else {}
    except ValueError:
        return Answer(HTTPStatus.BAD_REQUEST, _problem("a query of more than 10 fields"))
    return Request(path, asked, headers)


def _failed(error: Exception) -> Answer:
    # Its text may hold what was asked for: the kind is enough for a log.
    log.error("a request failed", kind=type(error).__name__)
    return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, _problem("the request failed here; the log names the kind"))


def _problem(problem: str) -> bytes:
    return b'{"error":"' + problem.encode() + b'"}'
