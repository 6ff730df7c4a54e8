"""The process ``momentous clickhouse-embedded``."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import structlog
import uvicorn

from sinks.embedded.app import app
from sinks.embedded.engine import Engine
from sinks.errors import EmbeddedError
from streams.serving import listening_socket, serve_until_signalled

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
        serve_until_signalled(config, listening)
        log.info("embedded ClickHouse has closed its data", data=str(data_dir))


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listening_socket(host, port)
    except OSError as error:
        raise EmbeddedError(
            f"{host}:{port} cannot be listened on ({error.strerror})",
            "stop what uses that port, or set another one in MOMENTOUS_CLICKHOUSE_URL",
        ) from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
