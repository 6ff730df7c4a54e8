"""A small HTTP server in threads of its own: it answers also while the process is busy or stuck."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from streams.errors import MomentousError

_CLIENT_S = 10.0
"""A client that sends or takes nothing for this long is let go."""


class Reply(NamedTuple):
    """What a page answers."""

    status: int
    content_type: str
    body: bytes


Pages = Mapping[str, Callable[[], Reply]]
"""By path."""


class PortTaken(MomentousError):
    """The port cannot be listened on."""


class OperationsServer:
    """Serves pages for machines and operators; no login, and so nothing personal on them.

    Args:
        bind: address to listen on.
        port: 0 is any free one.
        setting: what the port's setting is called, for the message.

    Attributes:
        port: the one it listens on.

    Raises:
        PortTaken: it cannot listen there.
    """

    def __init__(self, bind: str, port: int, pages: Pages, setting: str = "worker_web_port") -> None:
        handler = type("Handler", (_Handler,), {"pages": dict(pages)})
        try:
            self._server = _Server((bind, port), handler)
        except OSError as error:
            raise PortTaken(
                f"cannot listen on {bind}:{port} ({error.strerror})",
                f"set MOMENTOUS_{setting.upper()} to a free port, or to 0 for no HTTP",
            ) from error
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="http", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A port of a process that has just ended can be used at once, one that is in use cannot.
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's business."""


class _Handler(BaseHTTPRequestHandler):
    pages: Mapping[str, Callable[[], Reply]] = {}
    timeout = _CLIENT_S
    server_version = "momentous"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds; they are not worth a line."""

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0].rstrip("/") or "/"
        page = self.pages.get(path)
        if page is None:
            listed = " ".join(sorted(self.pages))
            reply = Reply(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", f"here are {listed}\n".encode())
        else:
            try:
                reply = page()
            except Exception as error:  # a page must not take the server down
                text = f"the page failed: {type(error).__name__}\n"
                reply = Reply(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", text.encode())
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)
