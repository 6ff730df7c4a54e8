"""Passing a question on: to the owner, once more when the owner has changed, and what comes of owners that are ill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from streams.live_state.api import FORWARDED
from streams.live_state.forward import Forwarding
from streams.live_state.http import Answer, HttpServer, Request
from streams.live_state.live_state_metrics import LiveStateMetrics
from tests.telemetry.test_worker_pages import free_port

ASKED = Request("/customers/c%2F1", {}, {"authorization": "Bearer mk_1", "x-other": "stays here"})


class Book:
    """Who serves what, as a list of what is read one after the other."""

    def __init__(self, *addresses: str | None) -> None:
        self._addresses = list(addresses)
        self.reads = 0

    async def address(self, number: int, wrong: str | None = None) -> str | None:
        if wrong is not None and len(self._addresses) > 1:
            self.reads += 1
            del self._addresses[0]
        return self._addresses[0]


class Owner:
    """Another worker; notes what it was asked."""

    def __init__(self, answer: Callable[[Request], Answer | Awaitable[Answer]]) -> None:
        self.asked: list[Request] = []
        self._answer = answer
        self._server = HttpServer("127.0.0.1", 0, self._noted, "state_port")
        self.address = f"127.0.0.1:{self._server.port}"

    async def start(self) -> Owner:
        await self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def _noted(self, request: Request) -> Answer | Awaitable[Answer]:
        self.asked.append(request)
        return self._answer(request)


@pytest.fixture
async def owner() -> AsyncIterator[Owner]:
    made = await Owner(lambda request: Answer(200, b'"here"')).start()
    yield made
    made.stop()


@pytest.fixture
async def not_owner() -> AsyncIterator[Owner]:
    made = await Owner(lambda request: Answer(503, b'"moved"', (("Retry-After", "1"),))).start()
    yield made
    made.stop()


async def asked_of(
    book: Book, own_address: str = "me:1", times: int = 1, metrics: LiveStateMetrics | None = None
) -> list[Answer]:
    forwarding = Forwarding(book, own_address, metrics or LiveStateMetrics())  # type: ignore[arg-type]
    try:
        return await asyncio.gather(*(forwarding.ask(0, ASKED) for _ in range(times)))
    finally:
        forwarding.close()


async def test_the_owner_is_asked_the_same_with_the_same_key_and_knows_that_it_was_passed_on(owner: Owner) -> None:
    (answer,) = await asked_of(Book(owner.address))
    assert (answer.status, answer.body) == (200, b'"here"')
    (request,) = owner.asked
    assert request.path == "/customers/c%2F1"
    assert (request.headers["authorization"], request.headers[FORWARDED]) == ("Bearer mk_1", "1")
    assert "x-other" not in request.headers


async def test_many_questions_at_once_all_come_back(owner: Owner) -> None:
    answers = await asked_of(Book(owner.address), times=300)
    assert {answer.body for answer in answers} == {b'"here"'}
    assert len(owner.asked) == 300


async def test_an_owner_that_has_lost_it_is_left_for_the_one_that_has_it(owner: Owner, not_owner: Owner) -> None:
    book = Book(not_owner.address, owner.address)
    (answer,) = await asked_of(book)
    assert (answer.body, book.reads, len(not_owner.asked)) == (b'"here"', 1, 1)


async def test_what_nobody_has_for_now_is_503_with_when_to_come_back(not_owner: Owner) -> None:
    for book in (Book(not_owner.address), Book(None), Book("me:1")):
        (answer,) = await asked_of(book)
        assert (answer.status, answer.headers) == (503, (("Retry-After", "1"),))


async def test_an_owner_that_is_gone_is_503(owner: Owner) -> None:
    (answer,) = await asked_of(Book(f"127.0.0.1:{free_port()}"))
    assert answer.status == 503
    (answer,) = await asked_of(Book(f"127.0.0.1:{free_port()}", owner.address))
    assert answer.body == b'"here"'


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b""]
)
async def test_whatever_else_listens_there_is_503(said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    (answer,) = await asked_of(Book(f"127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    server.close()
    assert answer.status == 503


async def test_an_owner_that_does_not_answer_in_time_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(request: Request) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("streams.live_state.forward.TIMEOUT_S", 0.1)
    stuck = await Owner(lambda request: never(request)).start()
    (answer,) = await asked_of(Book(stuck.address))
    stuck.stop()
    assert answer.status == 503


async def test_each_request_that_is_passed_on_counts_once_and_as_failed_only_when_no_owner_answered(
    owner: Owner, not_owner: Owner
) -> None:
    counted = []
    for book in (Book(owner.address), Book(not_owner.address, owner.address), Book(not_owner.address), Book(None)):
        metrics = LiveStateMetrics()
        await asked_of(book, metrics=metrics)
        counted.append((metrics.forwarded, metrics.forward_failures))
    assert counted == [(1, 0), (1, 0), (1, 1), (1, 1)]
