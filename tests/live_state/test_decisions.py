"""``/decisions`` out of a real ClickHouse engine; without it the answer is 503 and says nothing of why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from sinks.connection import connect
from sinks.tables import apply_ddl
from streams.live_state.decisions import Decisions
from streams.live_state.http import Answer
from streams.settings import Settings
from tests.sinks.service import Service, free_port

AT = "2026-07-05 21:40:00"
NIGHT, MORNING = 1_783_287_600_000, 1_783_321_200_000
QUIET = f"map('now', '{NIGHT}', 'zone', 'Europe/Lisbon', 'quiet_until', '{MORNING}', 'not_before', '{MORNING}')"
LATER = f"map('now', '{MORNING}', 'zone', 'Europe/Lisbon')"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A customer with a contact that waited for the morning, and one whose moment nothing answers."""
    service = Service(tmp_path_factory.mktemp("clickhouse"))
    service.start()
    settings = Settings(clickhouse_url=service.url, clickhouse_database="of_decisions")
    try:
        client = connect(settings)
        apply_ddl(client, settings.clickhouse_database)
        insert(client, 0, "m1", "help.coming", 1, "deferred", "quiet_hours", False, QUIET, AT)
        insert(client, 1, "m1", "help.coming", 2, "triggered", "ok", True, LATER, "2026-07-06 07:00:00")
        insert(client, 3, "m4", "help.coming", 1, "triggered", "ok", True, LATER, "2026-07-08 07:00:00")
        insert(client, 2, "m2", "", 1, "refused", "no_action", True, None, "2026-07-07 07:00:00")
        client.command(
            "INSERT INTO outreach_cancellations (trigger_id, decision_id, moment_id, customer_id, action, channel,"
            " reason, cancelled_at) VALUES ('t1', 'd3', 'm4', 'ada', 'help.coming', 'sms', 'bought',"
            f" '{AT}'), ('t1', 'd3', 'm4', 'zoë', 'help.coming', 'sms', 'resolved', '2026-07-08 07:20:00')"
        )
        yield settings
    finally:
        service.stop()


def insert(
    client: Client,
    offset: int,
    moment: str,
    action: str,
    attempt: int,
    status: str,
    reason: str,
    final: bool,
    inputs: str | None,
    at: str,
) -> None:
    checks = f"['quiet_hours'], [{reason == 'ok'}], ['{reason}'], [{inputs}]" if inputs else "[], [], [], []"
    channel = "'sms'" if status == "triggered" else "NULL"
    client.command(
        "INSERT INTO decisions (topic, partition, offset, appended_at, decision_id, moment_id, customer_id, rule,"
        " rule_version, action, action_class, attempt, status, reason, checks.name, checks.passed, checks.reason,"
        " checks.inputs, final, channel, policy, policy_version, decided_at, mode) VALUES"
        f" ('decisions', 0, {offset}, '{at}', 'd{offset}', '{moment}', 'zoë', 'vehicle.breakdown', 2, '{action}',"
        f" 'service', {attempt}, '{status}', '{reason}', {checks}, {final}, {channel}, 'outreach', 7, '{at}', 'live')"
    )


async def told(
    settings: Settings, customer: str, moment: str | None = None
) -> tuple[Answer, dict[str, list[dict[str, object]]]]:
    decisions = Decisions(settings)
    try:
        answer = await decisions.told(customer, moment)
    finally:
        decisions.close()
    return answer, msgspec.json.decode(answer.body)


async def test_every_moment_has_its_attempts_in_order_and_a_sentence(stored: Settings) -> None:
    answer, body = await told(stored, "zoë")
    assert answer.status == 200
    assert [(one["moment_id"], one["decided"], one["in_words"]) for one in body["candidates"]] == [
        (
            "m1",
            True,
            "Not contacted: it was 22:40 in Lisbon, quiet until 08:00; tried again at 08:00: sent by SMS.",
        ),
        ("m2", True, "Not contacted: the policy has no answer to it."),
        ("m4", True, "Sent by SMS; called off at 2026-07-08 08:20, unless it had gone out: the matter is resolved."),
    ]


async def test_a_contact_that_was_taken_back_says_when_and_why(stored: Settings) -> None:
    _, body = await told(stored, "zoë", "m4")
    (candidate,) = body["candidates"]
    assert (candidate["called_off_at"], candidate["called_off_reason"]) == (1_783_495_200_000, "resolved")


async def test_each_check_stands_with_its_inputs_and_its_words(stored: Settings) -> None:
    _, body = await told(stored, "zoë", "m1")
    (candidate,) = body["candidates"]
    decisions = msgspec.convert(candidate["decisions"], list[dict[str, object]])
    assert [(one["attempt"], one["status"], one["policy_version"]) for one in decisions] == [
        (1, "deferred", 7),
        (2, "triggered", 7),
    ]
    assert decisions[0]["checks"] == [
        {
            "name": "quiet_hours",
            "passed": False,
            "reason": "quiet_hours",
            "inputs": {
                "now": str(NIGHT),
                "zone": "Europe/Lisbon",
                "quiet_until": str(MORNING),
                "not_before": str(MORNING),
            },
            "in_words": "it was 22:40 in Lisbon, quiet until 08:00",
        }
    ]


async def test_a_customer_without_decisions_has_none(stored: Settings) -> None:
    answer, body = await told(stored, "nobody'; DROP TABLE decisions --")
    assert (answer.status, body["candidates"]) == (200, [])


async def test_a_moment_without_a_decision_is_not_found(stored: Settings) -> None:
    assert (await told(stored, "zoë", "m3"))[0].status == 404


async def test_without_clickhouse_it_is_told_to_ask_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(clickhouse_url=f"http://127.0.0.1:{free_port()}")
    answer, body = await told(settings, "c-canary-77")
    assert (answer.status, answer.headers) == (503, (("Retry-After", "1"),))
    assert body["error"] == "ClickHouse cannot tell the decisions now"
    assert "canary" not in "".join(capsys.readouterr())
