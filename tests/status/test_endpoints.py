"""Asking a worker or a loader for its health."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from streams.status import Endpoint, ask
from streams.telemetry import OperationsServer, Reply

Serve = Callable[[int, bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """An address at which /health answers so."""
    servers: list[OperationsServer] = []

    def start(status: int, body: bytes) -> str:
        server = OperationsServer("127.0.0.1", 0, {"/health": lambda: Reply(status, "application/json", body)})
        server.start()
        servers.append(server)
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize("ending", ["", "/", "/health"])
def test_a_health_is_told_with_its_reasons(serve: Serve, ending: str) -> None:
    url = serve(503, b'{"ok": false, "ready": false, "reasons": ["partition 0: fenced"]}') + ending
    assert ask(url) == Endpoint(url=url, ok=False, ready=False, reasons=["partition 0: fenced"])


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"ok": true}'])
def test_an_answer_that_is_none_of_ours_is_named(serve: Serve, body: bytes) -> None:
    assert ask(serve(200, body)).reasons == ["what answers there is no worker or loader of ours"]


def test_an_address_where_nobody_listens_is_named() -> None:
    assert ask("http://127.0.0.1:1") == Endpoint(
        url="http://127.0.0.1:1", ok=None, reasons=["no answer: [Errno 111] Connection refused"]
    )


def test_only_http_is_asked() -> None:
    assert ask("file:///etc/passwd").reasons == ["not an http:// or https:// address"]
