"""The pages' server: what it answers, and what it says when it cannot listen."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from streams.cli.failures import failure
from streams.telemetry import OperationsServer, PortTaken, Reply


def failing() -> Reply:
    raise RuntimeError("secret detail")


@pytest.fixture
def server() -> Iterator[OperationsServer]:
    pages = {"/health": lambda: Reply(503, "application/json", b"{}"), "/broken": failing}
    server = OperationsServer("127.0.0.1", 0, pages)
    server.start()
    yield server
    server.stop()


def get(server: OperationsServer, path: str, method: str = "GET") -> tuple[int, str, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


@pytest.mark.parametrize("path", ["/health", "/health/", "/health?verbose=1"])
def test_a_page_is_answered_with_its_status_type_and_body(server: OperationsServer, path: str) -> None:
    assert get(server, path) == (503, "application/json", b"{}")


def test_a_head_request_has_no_body(server: OperationsServer) -> None:
    assert get(server, "/health", "HEAD") == (503, "application/json", b"")


def test_an_unknown_path_is_told_which_there_are(server: OperationsServer) -> None:
    assert get(server, "/nope") == (404, "text/plain; charset=utf-8", b"here are /broken /health\n")


def test_a_page_that_fails_tells_no_details_and_the_server_goes_on(server: OperationsServer) -> None:
    assert get(server, "/broken") == (500, "text/plain; charset=utf-8", b"the page failed: RuntimeError\n")
    assert get(server, "/health")[0] == 503


def test_a_taken_port_is_told_with_its_setting(server: OperationsServer) -> None:
    with pytest.raises(
        PortTaken,
        match=rf"^cannot listen on 127\.0\.0\.1:{server.port} \(Address already in use\); "
        r"set MOMENTOUS_LOADER_WEB_PORT to a free port, or to 0 for no HTTP$",
    ):
        OperationsServer("127.0.0.1", server.port, {}, "loader_web_port")


def test_a_taken_port_ends_a_command_as_a_wrong_setting_does(server: OperationsServer) -> None:
    with pytest.raises(PortTaken) as caught:
        OperationsServer("127.0.0.1", server.port, {})
    message, code = failure(caught.value)
    assert (message.startswith("error: cannot listen on 127.0.0.1:"), code) == (True, 2)
