"""What the preferences page reads from ClickHouse: the newest accepted word on each thing."""

from __future__ import annotations

from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from sinks import apply_ddl
from streams.outreach import CONSENT_TYPES, OutreachState
from streams.preferences import Known, NoClickHouse, Word
from streams.preferences.reader import Reader
from streams.settings import Settings
from streams.topics import TOUCHPOINTS, VERDICTS
from tests.sinks.samples import at, insert, touchpoint, verdict
from tests.sinks.service import free_port

NOON = at("1999-01-04 12:00:00")


@pytest.fixture
def tables(client: Client, ours: Settings) -> Client:
    """A client whose database has our tables, empty."""
    apply_ddl(client, ours.clickhouse_database)
    return client


def consent(kind: str, occurred_at: int, purpose: str = "care", channel: str = "sms", **more: Any) -> dict[str, Any]:
    made = touchpoint(f"consent.{kind}", purpose=purpose, **more)
    made["properties"]["channel"] = channel
    return {**made, "occurred_at": occurred_at}


@pytest.mark.usefixtures("tables")
def test_the_newest_word_on_each_consent_holds(ours: Settings) -> None:
    insert(
        ours,
        TOUCHPOINTS,
        consent("given", NOON),
        consent("withdrawn", NOON + 2),
        consent("given", NOON + 1),
        consent("given", NOON, channel="email"),
        consent("denied", NOON, purpose="offers", channel="email"),
        consent("given", NOON, purpose="offers", channel="email", customer_id="somebody else"),
    )
    assert Reader(ours).known("c1").consents == {
        ("care", "sms"): Word("withdrawn", NOON + 2),
        ("care", "email"): Word("granted", NOON),
        ("offers", "email"): Word("denied", NOON),
    }


@pytest.mark.usefixtures("tables")
def test_of_a_tie_the_later_one_holds_as_for_the_worker(ours: Settings) -> None:
    words = [consent("given", NOON), consent("withdrawn", NOON), consent("given", NOON)]
    insert(ours, TOUCHPOINTS, *words)
    state = OutreachState()
    for one in words:
        state.note_consent(one["type"], "care", "sms", one["occurred_at"])
    assert CONSENT_TYPES[words[-1]["type"]] == state.consent("care", "sms") == "granted"
    assert Reader(ours).known("c1").consents == {("care", "sms"): Word("granted", NOON)}


@pytest.mark.usefixtures("tables")
def test_a_consent_that_was_not_accepted_says_nothing(ours: Settings) -> None:
    late = consent("given", NOON)
    insert(ours, TOUCHPOINTS, late)
    insert(ours, VERDICTS, verdict(late, 0, "late"))
    assert Reader(ours).known("c1") == Known()


@pytest.mark.usefixtures("tables")
def test_the_newest_word_on_each_wish_holds_and_other_preferences_are_left_out(ours: Settings) -> None:
    insert(
        ours,
        TOUCHPOINTS,
        {**touchpoint("preference.set", quiet_from="21:00", quiet_to="07:00"), "occurred_at": NOON},
        {**touchpoint("preference.set", quiet_from="", paper_bills=True), "occurred_at": NOON + 1},
    )
    assert Reader(ours).known("c1").wishes == {"quiet_from": Word("", NOON + 1), "quiet_to": Word("07:00", NOON)}


@pytest.mark.usefixtures("tables")
def test_an_id_is_a_value_and_never_a_part_of_the_question(ours: Settings) -> None:
    insert(ours, TOUCHPOINTS, consent("given", NOON))
    assert Reader(ours).known("x' OR '1'='1") == Known()


def test_without_an_answer_nothing_is_known_rather_than_nothing_granted(ours: Settings) -> None:
    away = Settings(clickhouse_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NoClickHouse, match="what customers chose so far cannot be read"):
        Reader(away).known("c1")


def test_without_tables_nothing_is_known_rather_than_nothing_granted(client: Client, ours: Settings) -> None:
    with pytest.raises(NoClickHouse, match="UNKNOWN_TABLE"):
        Reader(ours).known("c1")
