"""S2: nothing that is internal is called, however it is written.

The trap is a real server on this machine. What reaches it is counted, and so is every connection that
this process tries to make to anywhere, since most hostile addresses lead to nobody here.

Sabotage: with the guard off the same calls reach the trap (the last test but two does that itself).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from streams.delivery.errors import HostileTarget
from streams.delivery.target import Resolve, checked_addresses, judge, read_target, system_resolve
from streams.delivery.web_client import WebClient, WebFailure

LITERAL = [
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "0.0.0.0", "0", "0.0.0.1",
    "2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "127.0.0.1.", "127.000.000.001",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200",
    "169.254.169.254", "169.254.170.2", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "192.88.99.1",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::10.0.0.1]", "[2001:0:7f00:1::]", "[::ffff:0:127.0.0.1]", "[fec0::1]",
    "localhost", "LOCALHOST", "localhost.", "a.localhost",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "127.0.0.1%00.example.com", "%31%32%37.0.0.1",
]  # fmt: skip
TRICKS = [
    "https://example.com@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}@example.com/",
    "https://example.com:443@127.0.0.1:{port}/",
    "https://example.com\\@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@example.com/",
    "https://example.com#@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@example.com/",
    "https:// 127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\t.example.com/",
    "https://exa\r\nmple.com/",
    "https:///127.0.0.1:{port}/",
    "http://example.com:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_",
    "ftp://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "https://[::1:{port}/",
    "https://example.com:0/",
    "https://example.com:99999/",
]
INTERNAL = [
    "127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "192.168.0.9", "172.20.0.1", "169.254.169.254", "fd00:ec2::254",
    "2002:7f00:1::1", "64:ff9b::7f00:1", "0.0.0.0", "100.64.1.1", "fe80::1%1", "224.0.0.251",
]  # fmt: skip
PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"]

_tried: list[Any] = []
_is_watching = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _is_watching and event == "socket.connect":
        _tried.append(arguments[1])


sys.addaudithook(_watch)


@pytest.fixture
def tried() -> Iterator[list[Any]]:
    """Addresses that this process tries to connect to meanwhile."""
    global _is_watching
    _tried.clear()
    _is_watching = True
    yield _tried
    _is_watching = False


class Trap:
    """Counts the connections and the bytes that reach it."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.bytes = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.bytes += await reader.read(65_536)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    """On every address of this machine."""
    made = Trap()
    server = await asyncio.start_server(made.serve, "0.0.0.0", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


def answers(*answers_in_turn: list[str]) -> Resolve:
    """A name server that answers so, and its last answer for ever."""
    left = list(answers_in_turn)

    async def resolve(_host: str, _port: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def call(url: str, resolve: Resolve = system_resolve, *, guarded: bool = True, allowed: str = "") -> str:
    """``refused``, a failure's code, or the status."""
    networks = [ip_network(allowed)] if allowed else []
    try:
        target = read_target(url, plain_http=True, allowed=networks)
    except HostileTarget:
        return "refused"
    client = WebClient(networks, 2000, resolve, guarded=guarded)
    try:
        return str((await client.post(target, b"{}", {})).status)
    except WebFailure as failure:
        return failure.code
    finally:
        await client.close()


def test_there_are_forty_hostile_targets_and_more() -> None:
    assert len(set(LITERAL)) + len(set(TRICKS)) + len(set(INTERNAL)) >= 90


async def test_no_byte_reaches_the_trap_by_an_address_in_the_url(trap: Trap, tried: list[Any]) -> None:
    told = {host: await call(f"http://{host}:{trap.port}/") for host in LITERAL}
    assert {host for host, code in told.items() if code not in ("refused", "HOSTILE_TARGET")} == set()
    assert (trap.connections, trap.bytes, tried) == (0, b"", [])


async def test_no_byte_reaches_the_trap_by_a_trick_in_the_url(trap: Trap, tried: list[Any]) -> None:
    told = {}
    for url in TRICKS:
        try:
            read_target(url.format(port=trap.port))
        except HostileTarget:
            continue
        told[url] = "taken"
    assert told == {}
    assert (trap.connections, tried) == (0, [])


@pytest.mark.parametrize("address", INTERNAL)
async def test_a_name_that_resolves_to_an_internal_address_is_not_called(
    address: str, trap: Trap, tried: list[Any]
) -> None:
    assert await call(f"http://hooks.example.com:{trap.port}/", answers([address])) == "HOSTILE_TARGET"
    assert (trap.connections, tried) == (0, [])


async def test_one_internal_address_among_public_ones_refuses_the_name(trap: Trap, tried: list[Any]) -> None:
    both = answers(["93.184.215.14", "127.0.0.1"])
    assert await call(f"http://hooks.example.com:{trap.port}/", both) == "HOSTILE_TARGET"
    assert (trap.connections, tried) == (0, [])


async def test_a_name_that_turns_internal_later_is_not_called_then(trap: Trap, tried: list[Any]) -> None:
    rebinding = answers(["127.0.0.1"], ["93.184.215.14"], ["127.0.0.1"])
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return list(await rebinding(host, port))

    url = f"http://hooks.example.com:{trap.port}/"
    assert await call(url, resolve) == "HOSTILE_TARGET"
    assert await checked_addresses("hooks.example.com", 1, resolve, []) == ["93.184.215.14"]
    assert await call(url, resolve) == "HOSTILE_TARGET"
    assert len(asked) == 3  # each call looks the name up once: what was judged is what is called
    assert (trap.connections, tried) == (0, [])


async def test_the_socket_itself_refuses_what_got_past_the_resolver(
    trap: Trap, tried: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "streams.delivery.web_client.checked_addresses", lambda host, port, resolve, _: resolve(host, port)
    )
    told = await call(f"http://hooks.example.com:{trap.port}/", answers(["127.0.0.1"]))
    assert told == "HOSTILE_TARGET"
    assert (trap.connections, tried) == (0, [])


async def test_without_the_guard_the_same_name_reaches_the_trap(trap: Trap, tried: list[Any]) -> None:
    url = f"http://hooks.example.com:{trap.port}/"
    assert await call(url, answers(["127.0.0.1"]), guarded=False) == "204"
    assert trap.connections == 1
    assert tried == [("127.0.0.1", trap.port)]


async def test_an_allowed_network_is_called_by_its_own_name_and_nothing_else_is(trap: Trap) -> None:
    url = f"http://hooks.example.com:{trap.port}/path?x=1"
    assert await call(url, answers(["127.0.0.1"]), allowed="127.0.0.0/8") == "204"
    assert trap.bytes.startswith(b"POST /path?x=1 HTTP/1.1\r\nHost: hooks.example.com:%d\r\n" % trap.port)
    assert await call(url, answers(["10.0.0.1"]), allowed="127.0.0.0/8") == "HOSTILE_TARGET"
    assert trap.connections == 1


async def test_a_redirect_is_not_followed() -> None:
    met: list[bytes] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append((await reader.readline()).strip())
        port = writer.get_extra_info("sockname")[1]
        writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d/inside\r\n" % port)
        writer.write(b"Content-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(redirect, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await call(f"http://127.0.0.1:{port}/outside", allowed="127.0.0.0/8") == "307"
    assert met == [b"POST /outside HTTP/1.1"]


async def test_a_proxy_in_the_environment_is_not_used(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert await call(f"http://127.0.0.1:{trap.port}/", allowed="127.0.0.0/8") == "204"


async def test_tls_is_greeted_with_the_name_and_not_the_address() -> None:
    greeted: list[bytes] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeted.append(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = WebClient([ip_network("127.0.0.0/8")], 2000, answers(["127.0.0.1"]), tls=ssl.create_default_context())
        with pytest.raises(WebFailure):
            await client.post(read_target(f"https://hooks.example.com:{port}/"), b"", {})
        await client.close()
    assert b"hooks.example.com" in greeted[0]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    judge(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/a/b?c=d",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/",
    ],
)
def test_an_ordinary_url_is_taken(url: str) -> None:
    assert read_target(url).url == url


def test_an_allowed_network_takes_its_mapped_addresses_and_no_others() -> None:
    allowed = [ip_network("10.1.0.0/16")]
    judge("10.1.2.3", allowed)
    judge("::ffff:10.1.2.3", allowed)
    for other in ("10.2.0.1", "::ffff:10.2.0.1", "127.0.0.1", "64:ff9b::10.1.2.3"):
        with pytest.raises(HostileTarget):
            judge(other, allowed)


async def test_a_name_without_an_address_is_a_failure_and_no_crash() -> None:
    async def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert await call("http://nowhere.example.com/", nowhere) == "NO_SUCH_HOST"
