"""``query``, ``explain`` and ``trace`` against the embedded ClickHouse that they are made for."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from sinks.connection import connect
from sinks.errors import ClickHouseUnavailable
from sinks.tables import apply_ddl
from streams.settings import Settings
from tests.cli.conftest import ROOT, Run, environment

NOON = "1999-01-01 12:00:00"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An embedded ClickHouse without our tables, on the port that the settings' URL says."""
    settings = Settings(
        clickhouse_url=f"http://127.0.0.1:{free_port()}", data_dir=str(tmp_path_factory.mktemp("clickhouse"))
    )
    service = subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "clickhouse-embedded"],
        env=environment(settings, PYTHONPATH=str(ROOT)),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(settings)
        yield settings
    finally:
        service.terminate()
        assert service.wait(20) == 0


def wait_for(settings: Settings) -> Client:
    deadline = time.monotonic() + 30
    while True:
        try:
            return connect(settings)
        except ClickHouseUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def stored(bare: Settings) -> Settings:
    """The tables, with one customer in them: a wait, its moment, its decision, its trigger; and a dead letter."""
    client = connect(bare)
    apply_ddl(client, bare.clickhouse_database)
    place = "topic, partition, offset, appended_at"
    client.command(
        f"INSERT INTO touchpoints ({place}, event_id, source, customer_id, identified, channel, type, occurred_at,"
        " properties) VALUES"
        f" ('touchpoints', 1, 5, '{NOON}', 'e1', 'bank', 'zoë', true, 'voice', 'queue.abandoned', '{NOON}',"
        " map('wait_seconds', '345', 'skill', 'PS')),"
        f" ('touchpoints', 1, 6, '{NOON}', 'e2', 'bank', 'zoë', true, 'ivr', 'ivr.entered', '{NOON}', map())"
    )
    client.command(
        f"INSERT INTO verdicts ({place}, outcome, outcome_reason, touchpoint_topic, touchpoint_partition,"
        " touchpoint_offset, event_id, source, customer_id, identified, channel, type, occurred_at) VALUES"
        f" ('verdicts', 1, 0, '{NOON}', 'duplicate', 'seen_before', 'touchpoints', 1, 6, 'e2', 'bank', 'zoë', true,"
        f" 'ivr', 'ivr.entered', '{NOON}')"
    )
    client.command(
        f"INSERT INTO moments ({place}, moment_id, rule, rule_version, customer_id, identified, emotion, intensity,"
        " phase, channel, evidence.event_id, evidence.source, evidence.type, evidence.channel, evidence.occurred_at,"
        " opened_at, detected_at, expires_at, mode) VALUES"
        f" ('moments', 1, 0, '{NOON}', 'm1', 'queue.long_wait', 1, 'zoë', true, 'stressed', 0.5, 'detected', 'voice',"
        f" ['e1'], ['bank'], ['queue.abandoned'], ['voice'], ['{NOON}'], '{NOON}', '{NOON}', '1999-01-02 12:00:00',"
        " 'live')"
    )
    client.command(
        f"INSERT INTO decisions ({place}, decision_id, moment_id, customer_id, rule, rule_version, action,"
        " action_class, attempt, status, reason, checks.name, checks.passed, checks.reason, checks.inputs, final,"
        " channel, policy, policy_version, decided_at, mode) VALUES"
        f" ('decisions', 1, 0, '{NOON}', 'd1', 'm1', 'zoë', 'queue.long_wait', 1, 'wait.apology', 'service', 1,"
        " 'triggered', 'ok', ['consent'], [true], ['ok'],"
        " [map('purpose', 'care', 'consent.sms', 'granted')], true, 'sms', 'outreach', 1,"
        f" '{NOON}', 'live')"
    )
    client.command(
        f"INSERT INTO triggers ({place}, trigger_id, decision_id, moment_id, customer_id, rule, rule_version, action,"
        " purpose, channel, template, emotion, intensity, not_before, deliver_until, expires_at, created_at, sandbox)"
        f" VALUES ('outreach.triggers', 1, 0, '{NOON}', 't1', 'd1', 'm1', 'zoë', 'queue.long_wait', 1,"
        f" 'wait.apology', 'care', 'sms', 'sorry', 'stressed', 0.5, '{NOON}', '1999-01-02 12:00:00',"
        f" '1999-01-02 12:00:00', '{NOON}', false)"
    )
    client.command(
        f"INSERT INTO dead_letters ({place}, stage, reason, detail, source_topic, source_partition, source_offset,"
        " key, value, headers.key, headers.value, failed_at) VALUES"
        f" ('touchpoints.dead', 1, 0, '{NOON}', 'decode', 'cut_short', '3 bytes', 'touchpoints', 1, 9, 'someone',"
        f" 'abc', ['ce_id'], ['e9'], '{NOON}')"
    )
    return bare


STORY = [
    "1999-01-01 12:00:00  queue.abandoned (skill PS, wait_seconds 345)",
    "1999-01-01 12:00:00  ivr.entered  [not counted: duplicate, seen_before]",
    "1999-01-01 12:00:00  * stressed: queue.long_wait v1, because of queue.abandoned 1999-01-01 12:00:00",
    "1999-01-01 12:00:00    -> wait.apology: triggered on sms; checks: consent",
    "1999-01-01 12:00:00       outreach asked for: sorry by sms for care, no later than 1999-01-02 12:00:00",
]


@pytest.mark.parametrize(
    "command",
    [
        "explain 7",
        "trace e1",
        "query moments-by-rule",
        "lift",
        "score truth.jsonl --from clickhouse",
        "backtest contact.third --from 2026-01-01 --to 2026-01-02 --source clickhouse",
    ],
)
def test_before_the_loader_ran_every_command_names_the_same_remedy_with_the_same_code(
    inside: Run, bare: Settings, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    if command.startswith("score"):
        played = ("--customers", "1", "--days", "1", "--out", "played.jsonl", "--truth", "truth.jsonl")
        assert inside("simulate", *played).code == 0
    monkeypatch.setenv("MOMENTOUS_CLICKHOUSE_DATABASE", "elsewhere")
    told = inside(*command.split(), settings=bare)
    assert (told.code, told.out, told.err) == (
        2,
        "",
        "error: database elsewhere has no tables of ours yet; start `momentous loader`, which makes them, or look at "
        "MOMENTOUS_CLICKHOUSE_DATABASE\n",
    )


def test_explain_tells_the_whole_story_of_a_customer(momentous: Run, stored: Settings) -> None:
    told = momentous("explain", "zoë", settings=stored)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "customer zoë: 2 touchpoints, 1 moment, 1 decision, 1 trigger; times are UTC",
        *STORY,
        "",
        "what became of each contact:",
        "1999-01-01 12:00:00  wait.apology for queue.long_wait: Sent by SMS. (moment m1)",
    ]


def test_explain_of_one_moment_tells_every_check_in_words(momentous: Run, stored: Settings) -> None:
    told = momentous("explain", "zoë", "--moment", "m1", settings=stored)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "moment m1: queue.long_wait v1, mode live",
        "Sent by SMS.",
        "1999-01-01 12:00:00  decision 1: triggered by sms, ok; wait.apology (service); policy outreach v1",
        "   1. consent: passed: consent for care: SMS granted",
    ]


def test_explain_of_a_moment_that_nobody_decided_on_says_so(momentous: Run, stored: Settings) -> None:
    told = momentous("explain", "zoë", "--moment", "m2", settings=stored)
    assert (told.code, told.out) == (1, "")
    assert told.err == (
        "error: customer 'zoë' has no decision on a moment 'm2'; `momentous explain` without --moment lists the ids\n"
    )


def test_explain_says_when_nobody_is_known_by_that_id(momentous: Run, stored: Settings) -> None:
    told = momentous("explain", "o'hara'; DROP TABLE moments --", settings=stored)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(
        "error: ClickHouse knows no customer \"o'hara'; DROP TABLE moments --\"; ids are written"
    )


def test_trace_follows_an_event_from_touchpoint_to_trigger(momentous: Run, stored: Settings) -> None:
    told = momentous("trace", "e1", settings=stored)
    assert told.out.splitlines() == [
        "event e1 of bank, customer zoë: accepted; touchpoints[1] offset 5",
        STORY[0],
        *STORY[2:],
    ]


def test_trace_tells_what_became_of_an_event_that_was_not_accepted(momentous: Run, stored: Settings) -> None:
    assert momentous("trace", "e2", settings=stored).out.splitlines() == [
        "event e2 of bank, customer zoë: duplicate; touchpoints[1] offset 6",
        STORY[1],
        "no moment rests on it",
    ]


def test_trace_finds_a_dead_letter_by_its_header(momentous: Run, stored: Settings) -> None:
    assert momentous("trace", "e9", settings=stored).out.splitlines() == [
        "1999-01-01 12:00:00  dead letter at touchpoints[1] offset 9: cut_short in stage decode; 3 bytes",
        "no moment rests on it",
    ]


def test_trace_says_when_no_event_is_known_by_that_id(momentous: Run, stored: Settings) -> None:
    told = momentous("trace", "nothing", settings=stored)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("error: ClickHouse knows no event 'nothing'; the loader may not be there yet")


def test_query_answers_as_json_lines_for_programs(momentous: Run, stored: Settings) -> None:
    told = momentous("query", "moments-by-rule", "--json", settings=stored)
    assert [json.loads(line) for line in told.out.splitlines()] == [
        {"rule": "queue.long_wait", "emotion": "stressed", "detected": 1, "resolved": 0}
    ]


def test_query_answers_as_a_table_for_people(momentous: Run, stored: Settings) -> None:
    told = momentous("query", "decisions-by-reason", "--param", "rule=queue.long_wait", settings=stored)
    assert told.code == 0
    assert "What was decided, and why" in told.out
    assert "queue.long_wait wait.apology triggered ok 1" in " ".join(told.out.split())


def test_query_without_a_name_lists_what_can_be_asked(momentous: Run) -> None:
    told = momentous("query")
    assert told.code == 0
    for name in ("conservation", "moments-by-rule", "service-level"):
        assert name in told.out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("nothing",), "error: no query is named 'nothing'; the names are abandonment-by-skill, "),
        (("moments-by-rule", "--param", "rule"), "error: Invalid value for --param: 'rule' is not NAME=VALUE; see "),
        (("moments-by-rule", "--param", "colour=red"), "error: moments-by-rule has no parameter colour; it knows: "),
    ],
)
def test_a_question_that_cannot_be_asked_is_wrong_use(
    momentous: Run, stored: Settings, arguments: tuple[str, ...], problem: str
) -> None:
    told = momentous("query", *arguments, settings=stored)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(problem)


def test_a_reader_that_goes_away_makes_no_traceback(stored: Settings) -> None:
    command = f"{sys.executable} -m streams.cli explain zoë | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], env=environment(stored, PYTHONPATH=str(ROOT)), capture_output=True, timeout=30
    )
    assert (done.stdout.count(b"\n"), done.stderr) == (1, b"")


def test_the_embedded_service_refuses_a_directory_in_use(momentous: Run, bare: Settings) -> None:
    told = momentous("clickhouse-embedded", "--port", "0", settings=bare)
    assert told.code == 3
    assert Path(bare.data_dir).name in told.err
    assert "Traceback" not in told.err
