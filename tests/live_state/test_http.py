"""The small HTTP server: what is a request, what is refused, and in which order answers come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest

from streams.live_state.http import LARGEST_HEAD, Answer, HttpServer, Request
from streams.telemetry import PortTaken
from tests.live_state.http_client import ask, exchange


def answered(request: Request) -> Answer | Awaitable[Answer]:
    """Tells the path; slowly or badly if the path says so."""
    if request.path == "/raises":
        raise KeyError("canary-8d1f")
    if request.path == "/slow":
        return slow(request)
    return told(request)


def told(request: Request) -> Answer:
    query = ",".join(f"{name}={value}" for name, value in request.query.items())
    return Answer(200, f'"{request.path} {query}"'.encode())


async def slow(request: Request) -> Answer:
    await asyncio.sleep(0.05)
    return told(request)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = HttpServer("127.0.0.1", 0, answered, "state_port")
    await server.start()
    yield server.port
    server.stop()


async def test_a_get_is_answered_with_its_path_and_query(port: int) -> None:
    found = await ask(port, "/customers/c%2F1?moment=m1")
    assert (found.status, found.body) == (200, "/customers/c%2F1 moment=m1")


async def test_nothing_of_an_answer_is_kept_by_caches(port: int) -> None:
    assert (await ask(port, "/a")).headers["cache-control"] == "no-store"


async def test_requests_sent_at_once_are_answered_in_their_order_also_when_the_first_takes_longer(port: int) -> None:
    found = await exchange(port, b"GET /slow HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert [one.body for one in found] == ["/slow ", "/b "]


async def test_a_request_may_arrive_in_pieces(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in (b"GET /a HT", b"TP/1.1\r\nHost: x\r", b"\n\r\n"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    assert await asyncio.wait_for(reader.readline(), 5) == b"HTTP/1.1 200 OK\r\n"
    writer.close()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"POST /a HTTP/1.1\r\n\r\n", 405, id="another method"),
        pytest.param(b"GET /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 400, id="a body"),
        pytest.param(b"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, id="a body in chunks"),
        pytest.param(b"GET /a HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n", 400, id="a header twice"),
        pytest.param(b"GET /a HTTP/1.1\r\nA : b\r\n\r\n", 400, id="a blank before the colon"),
        pytest.param(b"GET /a\nX: y HTTP/1.1\r\n\r\n", 400, id="a line's end in the path"),
        pytest.param(b"GET /a HTTP/1.1\r\nAuthorization: a\rb\r\n\r\n", 400, id="a line's end in a header"),
        pytest.param(b"GET a HTTP/1.1\r\n\r\n", 400, id="no path"),
        pytest.param(b"GET /a SPDY/3\r\n\r\n", 400, id="another protocol"),
        pytest.param(b"\x16\x03\x01\x02\x00\r\n\r\n", 400, id="TLS"),
        pytest.param(b"GET /a?" + b"&".join([b"a=1"] * 11) + b" HTTP/1.1\r\n\r\n", 400, id="too many fields"),
        pytest.param(b"GET /" + b"a" * LARGEST_HEAD + b" HTTP/1.1\r\n", 431, id="too long"),
    ],
)
async def test_what_is_no_plain_get_is_refused_and_its_connection_closed(port: int, data: bytes, status: int) -> None:
    (found,) = await exchange(port, data)
    assert (found.status, found.headers["connection"]) == (status, "close")


async def test_a_request_that_fails_tells_nothing_of_why_and_leaves_its_connection_open(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await exchange(port, b"GET /raises HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert [one.status for one in found] == [500, 200]
    out, err = capsys.readouterr()
    assert "canary-8d1f" not in f"{found}{out}{err}"


async def test_a_port_that_is_taken_is_told_with_the_setting(port: int) -> None:
    with pytest.raises(
        PortTaken, match=rf"cannot listen on 127\.0\.0\.1:{port} .*; set MOMENTOUS_STATE_PORT to a free"
    ):
        HttpServer("127.0.0.1", port, answered, "state_port")
