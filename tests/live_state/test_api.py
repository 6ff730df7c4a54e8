"""Keys, scopes, rates and routes over real HTTP; the canary that is a key shows up nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from streams.customer import Partition
from streams.live_state.api import FORWARDED, NOT_HERE, LiveStateApi, Served
from streams.live_state.document import openapi_bytes
from streams.live_state.http import Answer, HttpServer, Request
from streams.live_state.keys import Keyring, digest
from tests.customer.log import HUNG_UP, MINUTE, POLICY, T0, Log
from tests.live_state.http_client import ask
from tests.live_state.world import as_of, partition_of

KEY, CHANNEL_KEY, STORY_KEY, SLOW_KEY = "mk_canary-desk", "mk_canary-ivr", "mk_canary-story", "mk_canary-slow"
KEYS = f"""
[keys.desk]
sha256 = "{digest(KEY)}"
scopes = ["state:read", "profile:read"]
[keys.ivr]
sha256 = "{digest(CHANNEL_KEY)}"
scopes = ["state:read"]
channels = ["email"]
[keys.story]
sha256 = "{digest(STORY_KEY)}"
scopes = ["decisions:read"]
[keys.slow]
sha256 = "{digest(SLOW_KEY)}"
scopes = ["state:read"]
per_second = 1
"""


class Worker:
    """Owns the only partition, unless told otherwise; what it passes on is noted."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.owns = True
        self.passed_on: list[tuple[int, str]] = []
        self.port = 0

    def served(self, number: int, wall_ms: int) -> Served:
        return Served(self.partition, as_of(self.partition, T0 + 2 * MINUTE)) if self.owns else NOT_HERE

    async def forward(self, number: int, request: Request) -> Answer:
        self.passed_on.append((number, request.path))
        return Answer(200, b'"from its owner"')

    async def decisions(self, customer_id: str, moment_id: str | None) -> Answer:
        return Answer(200, f'"{customer_id} {moment_id}"'.encode())

    async def ask(self, path: str, key: str | None = KEY, **headers: str) -> Any:
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return await ask(self.port, path, **headers)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    log = Log()
    log.rule(T0, HUNG_UP, POLICY)
    log.consent(T0, "consent.given")
    log.touchpoint(T0 + MINUTE, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "preference.set", customer_id="zoë/1 x", properties={"channel": "sms"})
    found = Worker(partition_of(log))
    path = tmp_path / "keys.toml"
    path.write_text(KEYS)
    api = LiveStateApi(Keyring(path), found, 1, found.forward, found.decisions, openapi_bytes())
    server = HttpServer("127.0.0.1", 0, api.answer, "state_port")
    await server.start()
    found.port = server.port
    yield found
    server.stop()


async def test_a_known_customer_is_told_with_how_new_it_is(worker: Worker) -> None:
    told = await worker.ask("/customers/c1")
    assert told.status == 200
    assert told.body["as_of"] == {
        "partition": 0,
        "applied_offset": 4,
        "behind_records": 0,
        "clock": T0 + MINUTE,
        "mode": "live",
        "now": T0 + 2 * MINUTE,
    }
    assert [one["rule"] for one in told.body["open_moments"]] == ["queue.abandoned"]


async def test_an_id_of_any_text_is_percent_encoded(worker: Worker) -> None:
    told = await worker.ask("/customers/zo%C3%AB%2F1%20x")
    assert (told.status, told.body["customer_id"]) == (200, "zoë/1 x")
    assert told.body["profile"]["preferences"] == {"channel": "sms"}


async def test_an_unknown_customer_is_404_with_how_new_that_is(worker: Worker) -> None:
    told = await worker.ask("/customers/nobody")
    assert (told.status, told.body["as_of"]["applied_offset"]) == (404, 4)


@pytest.mark.parametrize("key", [None, "", "mk_canary-unknown", digest(KEY)])
async def test_without_a_known_key_nothing_is_told(worker: Worker, key: str | None) -> None:
    told = await worker.ask("/customers/c1", key)
    assert (told.status, told.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(("path", "key"), [("/customers/c1", STORY_KEY), ("/customers/c1/decisions", KEY)])
async def test_a_key_opens_its_scopes_only(worker: Worker, path: str, key: str) -> None:
    assert (await worker.ask(path, key)).status == 403


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(worker: Worker) -> None:
    found = [await worker.ask("/customers/c1", SLOW_KEY) for _ in range(2)]
    assert [one.status for one in found] == [200, 429]
    assert found[1].headers["retry-after"] == "1"
    assert (await worker.ask("/customers/c1", KEY)).status == 200


async def test_a_key_of_one_channel_sees_nothing_of_the_others(worker: Worker) -> None:
    told = await worker.ask("/customers/c1", CHANNEL_KEY)
    assert (told.body["consents"], told.body["recent_contacts"]) == ([], [])
    assert "consents" in told.body["redacted"]
    assert told.body["profile"] is None


async def test_what_is_not_ours_is_passed_on_to_its_owner(worker: Worker) -> None:
    worker.owns = False
    told = await worker.ask("/customers/c%201")
    assert (told.body, worker.passed_on) == ("from its owner", [(0, "/customers/c%201")])


async def test_what_was_passed_on_already_is_answered_or_refused_but_never_passed_on_again(worker: Worker) -> None:
    worker.owns = False
    told = await worker.ask("/customers/c1", **{FORWARDED: "1"})
    assert (told.status, told.headers["retry-after"], worker.passed_on) == (503, "1", [])


async def test_decisions_are_asked_for_by_customer_and_moment(worker: Worker) -> None:
    assert (await worker.ask("/customers/c1/decisions", STORY_KEY)).body == "c1 None"
    assert (await worker.ask("/customers/c1/decisions?moment=m1", STORY_KEY)).body == "c1 m1"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/customers",
        "/customers/",
        "/customers/a/b",
        "/customers/%ff",
        "/customers/%00a",
        "/customers/" + "x" * 257,
    ],
)
async def test_whatever_else_is_asked_for_is_not_here(worker: Worker, path: str) -> None:
    assert (await worker.ask(path)).status == 404


async def test_the_document_needs_no_key(worker: Worker) -> None:
    assert (await worker.ask("/openapi.json", None)).body["openapi"] == "3.1.0"


async def test_no_key_and_no_customer_shows_up_in_answers_or_logs(
    worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = "c-canary-911"
    bodies = []
    for key in (KEY, CHANNEL_KEY, STORY_KEY, SLOW_KEY, SLOW_KEY, "mk_canary-unknown", "mk_canary\x7f"):
        for path in (f"/customers/{canary}", f"/customers/{canary}/decisions", f"/{canary}"):
            told = await worker.ask(path, key)
            bodies.append((path.endswith("decisions"), told))
    shown = "".join(capsys.readouterr()) + "".join(str(told.headers) for _, told in bodies)
    assert "canary" not in shown
    assert "mk_canary" not in str([told.body for _, told in bodies])
