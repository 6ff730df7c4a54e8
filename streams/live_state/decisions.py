"""``GET /customers/{id}/decisions``: what was decided on a customer and why, as ClickHouse has it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
import structlog

from streams.live_state.http import Answer
from streams.live_state.problem import problem
from streams.settings import Settings
from streams.telling.told_decision import ToldCandidate

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = structlog.get_logger("live_state")

AT_ONCE = 2
"""Questions to ClickHouse at a time: each takes a thread of the worker, whose lanes need the processor."""

MOST_WAITING = 50
_encode = msgspec.json.Encoder().encode


class CustomerDecisions(msgspec.Struct, kw_only=True):
    """Decisions by moment; the loader is seconds behind the worker, so the newest may be missing."""

    customer_id: str
    candidates: list[ToldCandidate]


class Decisions:
    """Asks ClickHouse in threads, a few at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="decisions")
        self._own = threading.local()
        self._waiting = 0

    async def told(self, customer_id: str, moment_id: str | None) -> Answer:
        """The decisions on a customer, or on one moment; 503 when ClickHouse cannot tell."""
        if self._waiting >= MOST_WAITING:
            return _unavailable("too many ask for decisions at once")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            candidates = await loop.run_in_executor(self._threads, self._read, customer_id, moment_id)
        except Exception as error:
            log.warning("decisions cannot be read", kind=type(error).__name__)
            return _unavailable("ClickHouse cannot tell the decisions now")
        finally:
            self._waiting -= 1
        if moment_id is not None and not candidates:
            return problem(HTTPStatus.NOT_FOUND, "no decision on such a moment", "ask for all, without ?moment=")
        return Answer(HTTPStatus.OK, _encode(CustomerDecisions(customer_id=customer_id, candidates=candidates)))

    def close(self) -> None:
        """Ask no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, customer_id: str, moment_id: str | None) -> list[ToldCandidate]:
        from streams.telling.records import cancellations_on, decisions_on
        from streams.telling.told_decision import told_candidates

        client = self._client()
        decisions = decisions_on(client, customer_id, moment_id)
        return told_candidates(decisions, cancellations_on(client, customer_id, moment_id) if decisions else ())

    def _client(self) -> Client:
        """This thread's own."""
        from sinks.connection import connect

        client: Client | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = connect(self._settings)
        return client


def _unavailable(error: str) -> Answer:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, error, "ask again after Retry-After seconds", ("Retry-After", "1"))
