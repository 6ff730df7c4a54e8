"""An HTTP application, served by this process until it is told to end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 is any free one.

    Raises:
        OSError: it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio does not turn Nagle's algorithm off and every answer takes 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def serve_until_signalled(config: uvicorn.Config, listening: socket.socket) -> None:
    """Serve on the socket until SIGTERM or SIGINT, then let running requests end."""
    with _signals_end_with_success():
        uvicorn.Server(config).run([listening])


@contextmanager
def _signals_end_with_success() -> Iterator[None]:
    # The server drains on a signal and then raises it once more, which would end us as if killed.
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: None) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
