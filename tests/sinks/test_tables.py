"""The tables: what they promise about resent blocks, what the loader writes into them, what the views hold."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from sinks import apply_ddl, connect
from sinks.rows import BESIDE, TABLES, Table, rows_of
from sinks.store import INSERT_SETTINGS, ClickHouseStore
from sinks.tables import FOLDER, statements
from streams.settings import Settings
from streams.topics import DEAD, DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.sinks.recompute import disagreements, views
from tests.sinks.samples import (
    CODEC,
    at,
    cancellation,
    dead_letter,
    decision,
    emotion,
    insert,
    kafka_records,
    moment,
    touchpoint,
    trigger,
    verdict,
)
from tests.sinks.service import Service


@pytest.fixture
def tables(client: Client, ours: Settings) -> Client:
    """A client whose database has our tables, empty."""
    apply_ddl(client, ours.clickhouse_database)
    return client


def test_no_alias_of_a_view_takes_the_name_that_a_database_may_have() -> None:
    aliases = [
        name for text in statements() for name in re.findall(r"(?m)^\) AS (\w+)|(?:FROM|JOIN) \w+ AS (\w+)", text)
    ]
    assert aliases == []


@pytest.mark.parametrize("name", ["told", "triggers", "accepted_touchpoints"])
def test_a_database_may_be_called_as_something_in_it_is(clickhouse: Service, name: str) -> None:
    named = Settings(clickhouse_url=clickhouse.url, clickhouse_database=name)
    asking = connect(named)
    try:
        apply_ddl(asking, name)
        insert(named, TRIGGERS, trigger(trigger_id="t"))
        insert(named, TOUCHPOINTS, touchpoint("outreach.sent", trigger_id="t"))
        assert asking.query("SELECT trigger_id, outcome FROM outreach_outcomes").result_rows == [("t", "sent")]
    finally:
        asking.command(f"DROP DATABASE {name}", use_database=False)
        asking.close()


# -- the DDL as text ----------------------------------------------------------------------------


def created() -> dict[str, str]:
    found = {}
    for statement in statements():
        if table := re.search(r"CREATE TABLE IF NOT EXISTS (\w+)", statement):
            found[table[1]] = statement
    return found


def test_every_table_that_the_loader_or_a_view_writes_drops_blocks_it_knows() -> None:
    written = {table.name for table in (*TABLES.values(), *BESIDE.values())} | views().keys()
    assert written == created().keys()
    for name, statement in created().items():
        assert "\nSETTINGS non_replicated_deduplication_window = 10000" in statement, name


def test_every_materialized_view_writes_to_a_table_that_is_named() -> None:
    materialized = [statement for statement in statements() if "MATERIALIZED VIEW" in statement]
    assert len(materialized) == sum(len(selects) for selects in views().values()) == 7


def test_no_statement_names_a_database_and_each_can_be_repeated() -> None:
    for statement in statements():
        assert "CREATE TABLE IF NOT EXISTS" in statement or "VIEW IF NOT EXISTS" in statement
        assert not re.search(r"(?:EXISTS|FROM|TO) \w+\.\w+", statement)


def test_files_are_numbered_in_the_order_they_need() -> None:
    assert [path.name[:4] for path in sorted(FOLDER.glob("*"))] == [
        *(f"{number:03}_" for number in (1, 2, 3, 4, 5, 6, 7, 8)),
        *(f"{number:03}_" for number in (10, 11, 12, 13, 14)),
        "020_",
    ]


def test_every_insert_pins_what_a_resent_block_depends_on() -> None:
    assert INSERT_SETTINGS["async_insert"] == 0
    assert INSERT_SETTINGS["deduplicate_blocks_in_dependent_materialized_views"] == 1
    assert INSERT_SETTINGS["min_insert_block_size_rows"] == 10_000_000
    assert INSERT_SETTINGS["min_insert_block_size_bytes"] == 2_000_000_000


# -- the tables as ClickHouse has them ----------------------------------------------------------


def test_applying_the_ddl_again_changes_nothing(tables: Client, ours: Settings) -> None:
    insert(ours, TOUCHPOINTS, touchpoint())
    apply_ddl(tables, ours.clickhouse_database)
    assert tables.command("SELECT count() FROM touchpoints") == 1


@pytest.mark.parametrize("table", [*TABLES.values(), *BESIDE.values()], ids=lambda table: table.name)
def test_the_loader_writes_exactly_the_columns_that_are_not_derived(tables: Client, table: Table) -> None:
    described = tables.query(f"DESCRIBE TABLE {table.name}").result_rows
    stored = {row[0]: row[1] for row in described if row[2] not in ("MATERIALIZED", "ALIAS")}
    assert dict(zip(table.column_names, table.column_types, strict=True)) == stored


def test_a_resent_block_is_dropped_by_every_table_and_every_view(tables: Client, ours: Settings) -> None:
    bodies: dict[str, list[dict[str, Any]]] = {
        TOUCHPOINTS: [touchpoint(skill="PS")],
        VERDICTS: [verdict(touchpoint(skill="NE"), 5)],
        MOMENTS: [moment()],
        DECISIONS: [decision()],
        TRIGGERS: [trigger()],
        EMOTIONS: [emotion()],
        DEAD: [dead_letter()],
    }
    store = ClickHouseStore(lambda: connect(ours), ours.clickhouse_database)
    for _ in range(3):
        for topic, records in bodies.items():
            table = TABLES[topic]
            store.insert(table, rows_of(table, topic, 0, kafka_records(table.record, records), CODEC), f"{topic}|token")
        beside = BESIDE[TRIGGERS]
        rows = rows_of(beside, TRIGGERS, 0, kafka_records(beside.record, [cancellation()]), CODEC)
        store.insert(beside, rows, "beside|token")
    store.close()
    names = [table.name for table in (*TABLES.values(), *BESIDE.values())]
    assert {name: tables.command(f"SELECT count() FROM {name}") for name in names} == dict.fromkeys(names, 1)
    assert disagreements(tables) == []


def test_original_bytes_of_a_dead_letter_come_back_as_they_were(tables: Client, ours: Settings) -> None:
    insert(ours, DEAD, dead_letter())
    asked = "SELECT key, value, headers.key, headers.value, source_offset FROM dead_letters"
    formats = {"key": "bytes", "value": "bytes", "headers.value": "bytes"}
    (row,) = tables.query(asked, column_formats=formats).result_rows
    assert row[:2] == (b"\xff\x00", b"\x00\xfe'\\")
    assert tables.query("SELECT arrayMap(v -> hex(v), headers.value) FROM dead_letters").result_rows == [
        (["FD", None],)
    ]
    assert (row[2], row[4]) == (["h", "g"], 7)


def test_a_decision_keeps_its_checks(tables: Client, ours: Settings) -> None:
    insert(ours, DECISIONS, decision("no_consent", "refused"))
    asked = "SELECT checks.name, checks.passed, checks.reason, checks.inputs, channel FROM decisions"
    assert tables.query(asked).result_rows == [(["consent"], [False], ["no_consent"], [{"purpose": "care"}], None)]


def test_what_analysts_ask_most_is_a_column_of_its_own(tables: Client, ours: Settings) -> None:
    insert(ours, TOUCHPOINTS, touchpoint(skill="PS", reason="card", agent="ANAT", wait_seconds=7.5, value=-3))
    asked = "SELECT skill, reason, agent, wait_seconds, value FROM touchpoints"
    assert tables.query(asked).result_rows == [("PS", "card", "ANAT", 7.5, -3.0)]


@pytest.mark.parametrize("wait", ["soon", "", "nan", "-inf", float("nan"), float("inf"), 1e12, -1e300, 10**18, None])
def test_a_wait_that_is_no_sane_number_is_missing(tables: Client, ours: Settings, wait: object) -> None:
    insert(ours, TOUCHPOINTS, touchpoint("agent.connected", wait_seconds=wait))
    assert tables.query("SELECT wait_seconds FROM touchpoints").result_rows == [(None,)]
    assert tables.query("SELECT answered, waits, wait_ms FROM waits_by_hour").result_rows == [(1, 0, 0)]


NASTY = [
    "",
    " 5",
    "5 ",
    "0x10",
    "1e400",
    "-0",
    "1_000",
    "٣",
    "\x00",
    "x" * 100_000,
    "'\\",
    "😀",
    True,
    2**63 - 1,
    -1e-320,
]


def test_no_property_whatever_is_in_it_stops_an_insert(tables: Client, ours: Settings) -> None:
    names = ["skill", "reason", "agent", "wait_seconds", "value", "", "\x00", "'\\"]
    bodies = [
        touchpoint(kind, **dict.fromkeys(names, value))
        for value in NASTY
        for kind in ("ivr.entered", "agent.connected", "queue.abandoned")
    ]
    insert(ours, TOUCHPOINTS, *bodies)
    insert(ours, VERDICTS, *(verdict(body, offset) for offset, body in enumerate(bodies)))
    assert tables.command("SELECT count() FROM touchpoints") == 3 * len(NASTY)
    assert tables.command("SELECT sum(abs(contacts)) + sum(abs(waits)) FROM waits_by_hour FINAL") == 0


def test_an_accepted_touchpoint_is_one_without_a_verdict(tables: Client, ours: Settings) -> None:
    first, second = touchpoint(), touchpoint()
    insert(ours, TOUCHPOINTS, first, second)
    insert(ours, VERDICTS, verdict(first, 0))
    assert tables.query("SELECT event_id FROM accepted_touchpoints").result_rows == [(second["event_id"],)]


# -- the views ----------------------------------------------------------------------------------


def test_waits_by_hour_counts_as_its_comment_says(tables: Client, ours: Settings) -> None:
    insert(
        ours,
        TOUCHPOINTS,
        touchpoint("ivr.entered", skill="PS", wait_seconds=999),
        touchpoint("ivr.entered", "1999-01-04 10:59:59.999", skill="PS"),
        touchpoint("ivr.entered", "1999-01-04 11:00:00", skill="PS"),
        touchpoint("agent.connected", skill="PS", wait_seconds=20),
        touchpoint("agent.connected", skill="PS", wait_seconds=20.5),
        touchpoint("agent.connected", skill="PS"),
        touchpoint("queue.abandoned", skill="PS", wait_seconds=4.9),
        touchpoint("queue.abandoned", skill="PS", wait_seconds=5),
        touchpoint("queue.abandoned", skill="PS", wait_seconds=300),
        touchpoint("queue.abandoned", skill="PS", wait_seconds=301),
        touchpoint("queue.entered", skill="PS", wait_seconds=999),
        touchpoint("ivr.entered"),
    )
    rows = tables.query("SELECT * FROM waits_by_hour FINAL ORDER BY hour, skill").result_rows
    assert [(str(row[0]), *row[1:]) for row in rows] == [
        ("1999-01-04 10:00:00", "", 1, 0, 0, 0, 0, 0, 0, 0),
        ("1999-01-04 10:00:00", "PS", 2, 3, 2, 4, 1, 6, 651_400, 1),
        ("1999-01-04 11:00:00", "PS", 1, 0, 0, 0, 0, 0, 0, 0),
    ]


def test_a_verdict_takes_back_exactly_what_its_touchpoint_added(tables: Client, ours: Settings) -> None:
    judged = [
        touchpoint("ivr.entered", skill="PS"),
        touchpoint("agent.connected", skill="PS", wait_seconds=301.25),
        touchpoint("queue.abandoned", skill="PS", wait_seconds=3),
        touchpoint("product.viewed", channel="web"),
    ]
    insert(ours, TOUCHPOINTS, *judged)
    insert(ours, VERDICTS, *(verdict(body, offset) for offset, body in enumerate(judged)))
    for table in ("waits_by_hour", "touchpoints_by_hour"):
        tables.command(f"OPTIMIZE TABLE {table} FINAL")
        assert tables.command(f"SELECT count() FROM {table}") == 0


@pytest.mark.parametrize("occurred_at", [-(10**15), at("1969-12-31 23:59:59"), at("2106-02-08 00:00:00"), 10**15])
def test_a_time_out_of_any_clocks_range_is_taken_back_too(tables: Client, ours: Settings, occurred_at: int) -> None:
    body = {**touchpoint(), "occurred_at": occurred_at}
    insert(ours, TOUCHPOINTS, body)
    insert(ours, VERDICTS, verdict(body, 0, "dead"))
    assert tables.query("SELECT sum(touchpoints) FROM touchpoints_by_hour GROUP BY hour").result_rows == [(0,)]


def test_a_resolved_moment_is_counted_beside_not_again(tables: Client, ours: Settings) -> None:
    insert(ours, MOMENTS, moment(), moment(phase="resolved"), moment(mode="shadow"))
    rows = tables.query("SELECT mode, sum(moments), sum(resolved) FROM moments_by_hour GROUP BY mode ORDER BY mode")
    assert rows.result_rows == [("live", 1, 1), ("shadow", 1, 0)]


def test_the_views_equal_sums_made_by_hand_over_many_inserts(tables: Client, ours: Settings) -> None:
    pick = random.Random(7)
    hours = [f"1999-01-0{day} {hour:02}:30:00" for day in (4, 5) for hour in (9, 10)]
    expected: dict[str, Counter[Any]] = {
        name: Counter() for name in ("touchpoints", "contacts", "moments", "decisions")
    }
    for insert_number in range(12):
        touchpoints = [
            touchpoint(
                pick.choice(["ivr.entered", "queue.abandoned", "agent.connected", "product.viewed"]),
                pick.choice(hours),
                skill=pick.choice(["PS", "NE"]),
                wait_seconds=pick.randrange(400),
            )
            for _ in range(50)
        ]
        judged = [(offset, body) for offset, body in enumerate(touchpoints) if pick.random() < 0.2]
        first = 100 * insert_number
        insert(ours, TOUCHPOINTS, *touchpoints, first_offset=first)
        insert(ours, VERDICTS, *(verdict(body, first + offset) for offset, body in judged), first_offset=first)
        moments = [moment(pick.choice(["a", "b"]), pick.choice(hours)) for _ in range(10)]
        insert(ours, MOMENTS, *moments, first_offset=first)
        decisions = [decision(pick.choice(["ok", "no_consent"])) for _ in range(10)]
        insert(ours, DECISIONS, *decisions, first_offset=first)
        for sign, bodies in ((1, touchpoints), (-1, [body for _, body in judged])):
            for body in bodies:
                expected["touchpoints"][body["occurred_at"] // 3_600_000, body["type"]] += sign
                if body["type"] == "ivr.entered":
                    expected["contacts"][body["occurred_at"] // 3_600_000, body["properties"]["skill"]] += sign
        expected["moments"].update((body["detected_at"] // 3_600_000, body["rule"]) for body in moments)
        expected["decisions"].update(body["reason"] for body in decisions)
    asked = {
        "touchpoints": "SELECT intDiv(toUnixTimestamp(hour), 3600), type, sum(touchpoints) FROM touchpoints_by_hour"
        " GROUP BY ALL",
        "contacts": "SELECT intDiv(toUnixTimestamp(hour), 3600), skill, sum(contacts) FROM waits_by_hour GROUP BY ALL",
        "moments": "SELECT intDiv(toUnixTimestamp(hour), 3600), rule, sum(moments) FROM moments_by_hour GROUP BY ALL",
        "decisions": "SELECT reason, sum(decisions) FROM decisions_by_reason GROUP BY ALL",
    }
    for name, sql in asked.items():
        stored = {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in tables.query(sql).result_rows}
        assert {key: count for key, count in stored.items() if count} == +expected[name], name
    assert disagreements(tables) == []


def test_the_recompute_finds_a_view_that_counted_twice(tables: Client, ours: Settings) -> None:
    insert(ours, MOMENTS, moment())
    tables.command("INSERT INTO moments_by_hour SELECT * FROM moments_by_hour")
    assert disagreements(tables) == [
        "moments_by_hour ('1999-01-04 10:00:00', 'queue.abandoned', 'stressed', 'voice', 'live'):"
        " holds (2, 0), the raw tables say (1, 0)"
    ]
