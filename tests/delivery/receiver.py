"""A receiver over real HTTP that remembers everything and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from streams.delivery.signature import Secret, verify

SECRET = "whsec_" + "A" * 43 + "="


class Received(NamedTuple):
    """One request whose signature fits."""

    id: str
    at: float
    body: bytes
    headers: dict[str, str]

    @property
    def data(self) -> dict[str, Any]:
        """What it is about."""
        found: dict[str, Any] = json.loads(self.body)["data"]
        return found

    @property
    def type(self) -> str:
        """``outreach.triggered`` or ``outreach.cancelled``."""
        return str(json.loads(self.body)["type"])


Reply = int | tuple[int, dict[str, str]]


class Receiver:
    """Listens on a free port of this machine.

    Args:
        reply: status, maybe with headers, for a request and its number from 1; it may take its time.
        secrets: those that may sign.
    """

    def __init__(
        self, reply: Callable[[Received, int], Reply] = lambda _one, _number: 204, secrets: tuple[str, ...] = (SECRET,)
    ) -> None:
        self.received: list[Received] = []
        self.forged = 0
        lock, told, taken = threading.Lock(), tuple(Secret(one) for one in secrets), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    name = verify(told, headers, body, time.time())
                except ValueError:
                    taken.forged += 1
                    self.send_response(401)
                    self.end_headers()
                    return
                one = Received(name, time.monotonic(), body, headers)
                with lock:
                    taken.received.append(one)
                    number = len(taken.received)
                answer = reply(one, number)
                status, more = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for key, value in more.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silence."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: Any) -> None:
                """A killed sender is what is tested."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def ids(self) -> list[str]:
        """In the order in which they came."""
        return [one.id for one in list(self.received)]

    def wait_for(self, count: int, seconds: float = 30.0) -> None:
        """Until that many different ids came."""
        deadline = time.monotonic() + seconds
        while len(set(self.ids)) < count:
            assert time.monotonic() < deadline, f"{len(set(self.ids))} of {count} came in {seconds} s"
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
