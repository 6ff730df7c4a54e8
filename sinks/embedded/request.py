"""A request taken apart: the statement, its data in a file, its settings and parameters."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import IO

from sinks.embedded.body import Decoder
from sinks.embedded.failure import QueryFailed
from sinks.embedded.statement import Statement, parse

MAX_STATEMENT_BYTES = 4 * 1_048_576
"""A statement without its data; ClickHouse's own ``max_query_size`` is smaller still."""

_OURS = {
    "buffer_size",
    "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version",
    "compress",
    "database",
    "decompress",
    "default_format",
    "enable_http_compression",
    "http_headers_progress_interval_ms",
    "password",
    "query",
    "query_id",
    "quota_key",
    "role",
    "send_progress_in_http_headers",
    "session_check",
    "session_id",
    "session_timeout",
    "stacktrace",
    "user",
    "wait_end_of_query",
}
"""URL parameters that are for the HTTP server, not for the engine."""


@dataclass(slots=True)
class Request:
    """What one request asks for.

    Attributes:
        statement: without inline data.
        data: file with an INSERT's data, decoded; the one who runs the statement removes it.
        settings: engine settings of this request.
        params: values of ``{name:Type}`` places.
    """

    statement: Statement
    data: Path | None
    settings: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)

    def setup(self, database: str, *, read_only: bool) -> list[bytes]:
        """Statements that put database and settings in force, ``readonly`` last since it locks the rest.

        Args:
            database: empty means the engine's default.
            read_only: nothing may be written (a GET), settings may still be changed.
        """
        setup = []
        if database:
            setup.append(b"USE `%s`" % database.encode().replace(b"\\", b"\\\\").replace(b"`", b"\\`"))
        settings = {name: value for name, value in self.settings.items() if name != "readonly"}
        if settings:
            setup.append(b"SET " + b", ".join(_assignment(name, value) for name, value in settings.items()))
        level = self.settings.get("readonly", "0")
        if read_only and level == "0":
            level = "2"
        if level != "0":
            setup.append(b"SET " + _assignment("readonly", level))
        return setup


async def read(
    query: Mapping[str, str], headers: Mapping[str, str], body: AsyncIterator[bytes], incoming: Path
) -> Request:
    """Read a request to its end. The data of an INSERT goes to a file in ``incoming`` as it comes.

    Raises:
        QueryFailed: it cannot be decoded, or is no statement that we run.
    """
    if query.get("decompress", "0") != "0":
        raise QueryFailed(48, "NOT_IMPLEMENTED", "decompress=1 is not served here; use Content-Encoding")
    values = dict(query)
    prefix = query.get("query", "").encode()
    content_type = headers.get("content-type", "")
    if content_type.startswith("multipart/form-data"):
        values |= _form(content_type, await _whole(body))
        body = _nothing()
        prefix = values.get("query", "").encode()
    statement, data = await _statement(prefix, Decoder(headers.get("content-encoding", "")), body, incoming)
    return Request(
        statement,
        data,
        {name: value for name, value in values.items() if name not in _OURS and not name.startswith("param_")},
        {name[len("param_") :]: value for name, value in values.items() if name.startswith("param_")},
    )


async def _statement(
    prefix: bytes, decoder: Decoder, body: AsyncIterator[bytes], incoming: Path
) -> tuple[Statement, Path | None]:
    head = bytearray(prefix)
    between = b"\n" if prefix else b""
    async for chunk in body:
        decoded = decoder.feed(chunk)
        if decoded:
            head += between + decoded
            between = b""
        if len(head) > MAX_STATEMENT_BYTES:
            statement = parse(bytes(head))
            if statement.data_at is None:
                raise QueryFailed(229, "QUERY_IS_TOO_LARGE", f"a statement of more than {MAX_STATEMENT_BYTES} bytes")
            return statement, await _spooled(bytes(head[statement.data_at :]), decoder, body, incoming)
    decoder.finish()
    statement = parse(bytes(head))
    if statement.data_at is None:
        return statement, None
    return statement, await _spooled(bytes(head[statement.data_at :]), decoder, _nothing(), incoming)


async def _spooled(first: bytes, decoder: Decoder, rest: AsyncIterator[bytes], incoming: Path) -> Path:
    path = incoming / uuid.uuid4().hex
    try:
        with path.open("wb") as file:  # goes to the page cache
            await _write(file, first, decoder, rest)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


async def _write(file: IO[bytes], first: bytes, decoder: Decoder, rest: AsyncIterator[bytes]) -> None:
    file.write(first)
    async for chunk in rest:
        file.write(decoder.feed(chunk))
    decoder.finish()


async def _whole(body: AsyncIterator[bytes]) -> bytes:
    whole = bytearray()
    async for chunk in body:
        whole += chunk
        if len(whole) > MAX_STATEMENT_BYTES:
            raise QueryFailed(229, "QUERY_IS_TOO_LARGE", f"a form of more than {MAX_STATEMENT_BYTES} bytes")
    return bytes(whole)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _form(content_type: str, body: bytes) -> dict[str, str]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    values: dict[str, str] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None:
            raise QueryFailed(48, "NOT_IMPLEMENTED", f"external data ({name}) is not served here; insert it first")
        payload = part.get_payload(decode=True)
        values[str(name)] = payload.decode() if isinstance(payload, bytes) else ""
    return values


def _assignment(name: str, value: str) -> bytes:
    if not name.replace("_", "a").isalnum() or not name.isascii():
        raise QueryFailed(115, "UNKNOWN_SETTING", f"Unknown setting '{name}'")
    quoted = value.encode().replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    return b"%s = '%s'" % (name.encode(), quoted)


def remove(data: Path | None) -> None:
    """Drop a request's data file, if it has one."""
    if data is not None:
        data.unlink(missing_ok=True)
