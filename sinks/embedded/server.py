"""The process ``momentous clickhouse-embedded``."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
import uvicorn

from sinks.embedded.app import app
from sinks.embedded.engine import Engine
from sinks.errors import EmbeddedError

_DRAIN_SECONDS = 10
_KEEP_ALIVE_SECONDS = 60
"""Longer than a client idles between two requests: one that closes under it costs the client an error."""

log = structlog.get_logger("clickhouse")


def serve_embedded(data_dir: Path, host: str = "127.0.0.1", port: int = 8123, *, password: str = "") -> None:
    """Serve ClickHouse's HTTP interface until SIGTERM or SIGINT; running statements get 10 s to end.

    A kill at any moment leaves a directory that opens again.

    Args:
        data_dir: the data; one process per directory.
        host: address to listen on; other than this machine's own only with a password.
        port: 0 takes any free one.
        password: what clients must send; empty asks nothing.

    Raises:
        EmbeddedError: the directory is in use or unreadable, the address is taken, or it is open
            to others without a password.
    """
    if not password and not _is_loopback(host):
        raise EmbeddedError(
            f"{host} can be reached from other machines and no password is set",
            "set MOMENTOUS_CLICKHOUSE_PASSWORD, or listen on 127.0.0.1",
        )
    listening = _listening(host, port)
    with listening:
        engine = Engine(data_dir)
        config = uvicorn.Config(
            app(engine, password),
            log_config=None,
            access_log=False,
            lifespan="on",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        address, bound = listening.getsockname()[:2]
        log.info("embedded ClickHouse is serving", address=f"{address}:{bound}", data=str(data_dir))
        with _signals_end_with_success():
            uvicorn.Server(config).run([listening])
        log.info("embedded ClickHouse has closed its data", data=str(data_dir))


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


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio does not turn Nagle's algorithm off and every answer takes 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise EmbeddedError(
            f"{host}:{port} cannot be listened on ({error.strerror})",
            "stop what uses that port, or set another one in MOMENTOUS_CLICKHOUSE_URL",
        ) from error
    return listening


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
