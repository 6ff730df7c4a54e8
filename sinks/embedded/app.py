"""The HTTP interface of a ClickHouse server, as far as its clients use it, over the engine in this process."""

from __future__ import annotations

import asyncio
import base64
import hmac
import ipaddress
import json
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sinks.embedded.body import encoded
from sinks.embedded.engine import Engine, Outcome
from sinks.embedded.failure import QueryFailed
from sinks.embedded.request import Request, read, remove
from sinks.embedded.sessions import Sessions

STATEMENTS_AT_ONCE = 4
"""Readers do not wait for the loader's inserts, nor for each other."""


def app(engine: Engine, password: str = "") -> Starlette:
    """The ASGI application.

    Args:
        engine: closed with the application.
        password: asked of every request; empty means that whoever reaches the port is let in,
            except a page in a browser.
    """
    service = _Service(engine, password)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        service.close()

    return Starlette(
        routes=[
            Route("/", service.statement, methods=["GET", "POST"]),
            Route("/ping", service.ping, methods=["GET"]),
        ],
        lifespan=lifespan,
    )


class _Service:
    def __init__(self, engine: Engine, password: str) -> None:
        self._engine = engine
        self._password = password
        self._sessions = Sessions()
        self._threads = ThreadPoolExecutor(STATEMENTS_AT_ONCE, thread_name_prefix="clickhouse")

    def close(self) -> None:
        self._threads.shutdown()
        self._engine.close()

    async def ping(self, _: HttpRequest) -> Response:
        return PlainTextResponse("Ok.\n")

    async def statement(self, http: HttpRequest) -> Response:
        query_id = http.query_params.get("query_id") or str(uuid.uuid4())
        try:
            self._admit(http)
            if http.method == "GET" and "query" not in http.query_params:
                return PlainTextResponse("Ok.\n")
            response = await self._answer(http)
        except QueryFailed as failure:
            response = self._failed(failure)
        except ClientDisconnect:
            return Response(status_code=499)
        response.headers["X-ClickHouse-Query-Id"] = query_id
        response.headers["X-ClickHouse-Server-Display-Name"] = "momentous-embedded"
        response.headers["X-ClickHouse-Timezone"] = "UTC"
        return response

    async def _answer(self, http: HttpRequest) -> Response:
        query = http.query_params
        session = self._sessions.get(
            query.get("session_id", ""), query.get("session_timeout", ""), query.get("session_check") == "1"
        )
        request = await read(query, http.headers, http.stream(), self._engine.incoming)
        database = query.get("database") or http.headers.get("x-clickhouse-database", "")
        output = query.get("default_format") or http.headers.get("x-clickhouse-format") or "TabSeparated"
        setup = [*session.setup, *request.setup(database, read_only=http.method == "GET")]
        outcome = await asyncio.get_running_loop().run_in_executor(self._threads, self._run, request, output, setup)
        session.note(request.statement)
        return _succeeded(request, outcome, output, _accepted_encoding(http))

    def _run(self, request: Request, output: str, setup: list[bytes]) -> Outcome:
        try:
            sql = request.statement.text
            if request.data is not None:
                sql = request.statement.reading(str(request.data))
            return self._engine.run(sql, output, setup, request.params)
        finally:
            remove(request.data)

    def _failed(self, failure: QueryFailed) -> Response:
        body = f"{failure} (version {self._engine.version})\n"
        headers = {"X-ClickHouse-Exception-Code": str(failure.code)}
        return PlainTextResponse(body, failure.status, headers)

    def _admit(self, http: HttpRequest) -> None:
        if self._password:
            if not hmac.compare_digest(_password(http).encode(), self._password.encode()):
                raise QueryFailed(516, "AUTHENTICATION_FAILED", "Authentication failed: password is incorrect")
        elif "origin" in http.headers or not _is_local_name(http.headers.get("host", "")):
            # A page that somebody has open must not reach the data behind their back.
            raise QueryFailed(497, "ACCESS_DENIED", "requests of web pages are refused where no password is set")


def _succeeded(request: Request, outcome: Outcome, output: str, accept_encoding: str) -> Response:
    headers = {"X-ClickHouse-Summary": _summary(request, outcome)}
    body = outcome.body
    if request.statement.has_result:
        headers["X-ClickHouse-Format"] = request.statement.format or output
        body, encoding = encoded(body, accept_encoding)
        if encoding:
            headers["Content-Encoding"] = encoding
    return Response(body, headers=headers, media_type="text/plain; charset=UTF-8")


def _summary(request: Request, outcome: Outcome) -> str:
    rows, size = str(outcome.rows_read), str(outcome.bytes_read)
    inserted = request.data is not None
    return json.dumps(
        {
            "read_rows": rows,
            "read_bytes": size,
            "written_rows": rows if inserted else "0",
            "written_bytes": size if inserted else "0",
            "total_rows_to_read": "0",
            "elapsed_ns": str(outcome.elapsed_ns),
        }
    )


def _accepted_encoding(http: HttpRequest) -> str:
    if http.query_params.get("enable_http_compression") != "1":
        return ""
    return http.headers.get("accept-encoding", "")


def _password(http: HttpRequest) -> str:
    if (given := http.query_params.get("password") or http.headers.get("x-clickhouse-key")) is not None:
        return given
    scheme, _, value = http.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except ValueError:
        return ""


def _is_local_name(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
