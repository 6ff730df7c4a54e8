"""Each named query against an answer worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from sinks import ClickHouseUnavailable, QueryError, TablesMissing, apply_ddl, connect, named_queries, run_query
from streams.settings import Settings
from streams.topics import DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.sinks.samples import at, decision, emotion, evidence, insert, moment, touchpoint, trigger, verdict
from tests.sinks.service import free_port


@pytest.fixture
def tables(client: Client, ours: Settings) -> Client:
    """A client whose database has our tables, empty."""
    apply_ddl(client, ours.clickhouse_database)
    return client


def answer(client: Client, name: str, **params: str) -> list[dict[str, Any]]:
    found = run_query(client, name, params)
    return [dict(zip(found.columns, map(_plain, row), strict=True)) for row in found.rows]


def _plain(value: Any) -> Any:
    return str(value) if hasattr(value, "isoformat") else value


# -- the answers --------------------------------------------------------------------------------


def test_one_customers_emotional_levels_move_by_move(tables: Client, ours: Settings) -> None:
    insert(
        ours,
        EMOTIONS,
        emotion("frustrated", 0.0, 0.5),
        emotion("stressed", 0.0, 0.25, "1999-01-04 11:00:00", cause_name="queue.long_wait", dominant="frustrated"),
        emotion("frustrated", 0.4, 0.0, "1999-01-04 12:00:00", cause="outcome", cause_id="e9", dominant=None),
        emotion("joyful", customer_id="c2"),
    )
    assert [list(row.values()) for row in answer(tables, "emotion-history", customer_id="c1", newest="2")] == [
        [
            *("1999-01-04 11:00:00", "stressed", 0.0, 0.25, "moment", "queue.long_wait", "m1", "frustrated"),
            "1999-01-04 11:00:00",
        ],
        [
            *("1999-01-04 12:00:00", "frustrated", 0.4, 0.0, "outcome", "queue.abandoned", "e9", ""),
            "1999-01-04 12:00:00",
        ],
    ]
    only = answer(tables, "emotion-history", customer_id="c1", emotion="stressed")
    assert [row["after"] for row in only] == [0.25]


def test_emotional_levels_by_hour(tables: Client, ours: Settings) -> None:
    insert(
        ours,
        EMOTIONS,
        emotion("frustrated", 0.0, 0.5),
        emotion("frustrated", 0.5, 1.0, "1999-01-04 10:59:59", customer_id="c2"),
        emotion("frustrated", 1.0, 0.25, "1999-01-04 10:30:00", cause="resolution"),
        emotion("joyful", 0.0, 0.6, "1999-01-04 11:00:00"),
    )
    assert [list(row.values()) for row in answer(tables, "emotions-by-hour")] == [
        ["1999-01-04 10:00:00", "frustrated", 2, 1, 1.0, 0.75, 0.583],
        ["1999-01-04 11:00:00", "joyful", 1, 0, 0.6, 0.0, 0.6],
    ]
    assert [row["emotion"] for row in answer(tables, "emotions-by-hour", emotion="joyful")] == ["joyful"]
    later = answer(tables, "emotions-by-hour", since="1999-01-04 11:00:00")
    earlier = answer(tables, "emotions-by-hour", until="1999-01-04 11:00:00")
    assert ([row["emotion"] for row in later], [row["emotion"] for row in earlier]) == (["joyful"], ["frustrated"])


def test_moments_by_hour(tables: Client, ours: Settings) -> None:
    insert(
        ours,
        MOMENTS,
        moment("a", "1999-01-04 10:00:00"),
        moment("a", "1999-01-04 10:59:59"),
        moment("a", "1999-01-04 10:30:00", channel="ivr"),
        moment("a", "1999-01-04 10:30:00", phase="resolved"),
        moment("b", "1999-01-04 11:00:00", emotion="neglected"),
        moment("b", "1999-01-04 11:00:00", mode="shadow"),
    )
    assert [list(row.values()) for row in answer(tables, "moments-by-hour")] == [
        ["1999-01-04 10:00:00", "a", "stressed", "ivr", 1, 0],
        ["1999-01-04 10:00:00", "a", "stressed", "voice", 2, 1],
        ["1999-01-04 11:00:00", "b", "neglected", "voice", 1, 0],
    ]
    assert [row["rule"] for row in answer(tables, "moments-by-hour", rule="b")] == ["b"]
    later = answer(tables, "moments-by-hour", since="1999-01-04 11:00:00")
    earlier = answer(tables, "moments-by-hour", until="1999-01-04 11:00:00")
    assert ([row["rule"] for row in later], [row["rule"] for row in earlier]) == (["b"], ["a", "a"])


def test_moments_by_rule(tables: Client, ours: Settings) -> None:
    insert(ours, MOMENTS, moment("a"), moment("b", "1999-01-04 10:00:00"), moment("b", "1999-01-05 10:00:00"))
    assert answer(tables, "moments-by-rule") == [
        {"rule": "b", "emotion": "stressed", "detected": 2, "resolved": 0},
        {"rule": "a", "emotion": "stressed", "detected": 1, "resolved": 0},
    ]


def test_decisions_by_reason(tables: Client, ours: Settings) -> None:
    refused = {"status": "refused", "action": "call-back"}
    insert(
        ours,
        DECISIONS,
        decision(),
        *(decision("no_consent", **refused) for _ in range(3)),
        decision("cool_down", **refused),
        decision("no_consent", **refused, decided_at=at("1999-01-05 10:00:00")),
        decision(rule="other"),
        decision(mode="shadow"),
    )
    assert [list(row.values()) for row in answer(tables, "decisions-by-reason")] == [
        ["other", "call-back", "triggered", "ok", 1],
        ["queue.abandoned", "call-back", "refused", "no_consent", 4],
        ["queue.abandoned", "call-back", "refused", "cool_down", 1],
        ["queue.abandoned", "call-back", "triggered", "ok", 1],
    ]
    assert [row["decisions"] for row in answer(tables, "decisions-by-reason", since="1999-01-05 00:00:00")] == [1]


def calls(ours: Settings) -> None:
    """Skill PS: 10 contacts; 6 answered, 4 within 20 s; 3 abandoned, one after 2 s. Skill NE: one contact."""
    waits = [0, 20, 20, 21, 99]
    insert(
        ours,
        TOUCHPOINTS,
        *(touchpoint("ivr.entered", skill="PS") for _ in range(10)),
        *(touchpoint("agent.connected", skill="PS", wait_seconds=wait) for wait in waits),
        touchpoint("agent.connected", skill="PS"),
        *(touchpoint("queue.abandoned", skill="PS", wait_seconds=wait) for wait in (2, 30, 408)),
        touchpoint("ivr.entered", "1999-01-04 11:00:00", skill="NE"),
    )


def test_service_level(tables: Client, ours: Settings) -> None:
    calls(ours)
    ps, ne = answer(tables, "service-level")
    assert ps == {
        "skill": "PS",
        "contacts": 10,
        "answered": 6,
        "abandoned": 2,
        "short_abandons": 1,
        "service_level": 0.5,  # 4 of 6 + 2
        "mean_wait_seconds": 75.0,  # (0 + 20 + 20 + 21 + 99 + 2 + 30 + 408) / 8
        "long_waits": 1,
    }
    assert list(ne.values()) == ["NE", 1, 0, 0, 0, None, None, 0]


def test_abandonment_by_skill(tables: Client, ours: Settings) -> None:
    calls(ours)
    assert [list(row.values()) for row in answer(tables, "abandonment-by-skill")] == [
        ["NE", "1999-01-04 11:00:00", 1, 0, 0, 0, None, None, None],
        ["PS", "1999-01-04 10:00:00", 10, 6, 2, 1, 0.25, 0.5, 75.0],
    ]
    assert [row["skill"] for row in answer(tables, "abandonment-by-skill", skill="NE")] == ["NE"]


def test_a_touchpoint_that_was_not_accepted_counts_in_no_rate(tables: Client, ours: Settings) -> None:
    calls(ours)
    twice = touchpoint("queue.abandoned", skill="PS", wait_seconds=30)
    insert(ours, TOUCHPOINTS, twice, first_offset=100)
    insert(ours, VERDICTS, verdict(twice, 100))
    assert answer(tables, "abandonment-by-skill", skill="PS")[0]["abandonment_rate"] == 0.25


def test_first_contact_resolution(tables: Client, ours: Settings) -> None:
    def contact(occurred_at: str, customer_id: str = "c1", skill: str = "PS", **more: Any) -> dict[str, Any]:
        return touchpoint("ivr.entered", occurred_at, customer_id=customer_id, skill=skill, **more)

    judged = contact("1999-01-01 10:00:01")
    insert(
        ours,
        TOUCHPOINTS,
        contact("1999-01-01 10:00:00"),  # the next one comes after 23:59:59.999
        contact("1999-01-02 09:59:59.999", skill="NE"),  # exactly 24 h
        contact("1999-01-03 09:59:59.999"),  # exactly 7 days
        contact("1999-01-10 09:59:59.999"),  # 30 days less a millisecond
        contact("1999-02-09 09:59:59.998"),  # the last of c1
        contact("1999-01-01 10:00:00", "c2"),  # alone
        contact("1999-01-01 10:00:00", "anon:1", identified=False),
        contact("1999-01-01 10:00:05", "anon:1", identified=False),
        judged,
        touchpoint("agent.connected", "1999-01-01 10:00:02", skill="PS"),
    )
    insert(ours, VERDICTS, verdict(judged, 8))
    assert answer(tables, "first-contact-resolution") == [
        {
            "charged_to": "(all)",
            "contacts": 6,
            "repeats_24h": 1,
            "repeats_7d": 2,
            "repeats_30d": 4,
            "fcr_24h": 0.8333,
            "fcr_7d": 0.6667,
            "fcr_30d": 0.3333,
        },
        {
            "charged_to": "PS",
            "contacts": 5,
            "repeats_24h": 1,
            "repeats_7d": 1,
            "repeats_30d": 3,
            "fcr_24h": 0.8,
            "fcr_7d": 0.8,
            "fcr_30d": 0.4,
        },
        {
            "charged_to": "NE",
            "contacts": 1,
            "repeats_24h": 0,
            "repeats_7d": 1,
            "repeats_30d": 1,
            "fcr_24h": 1.0,
            "fcr_7d": 0.0,
            "fcr_30d": 0.0,
        },
    ]


def test_two_contacts_at_the_same_instant_are_a_contact_and_its_repeat(tables: Client, ours: Settings) -> None:
    insert(ours, TOUCHPOINTS, touchpoint(correlation_id="1"), touchpoint(correlation_id="2"))
    assert [row["repeats_24h"] for row in answer(tables, "first-contact-resolution")] == [1, 1]


def test_customer_story(tables: Client, ours: Settings) -> None:
    abandoned = touchpoint("queue.abandoned", "1999-01-04 10:05:00", channel="voice", wait_seconds=30, skill="PS")
    insert(ours, TOUCHPOINTS, touchpoint("ivr.entered", "1999-01-04 10:00:00"), abandoned, abandoned)
    insert(ours, TOUCHPOINTS, touchpoint(customer_id="c2"), first_offset=50)
    insert(ours, VERDICTS, verdict(abandoned, 2))
    because = evidence("ivr.entered", "queue.abandoned")
    insert(ours, MOMENTS, moment("queue.abandoned", "1999-01-04 10:05:00", evidence=because), moment(customer_id="c2"))
    decided_at = at("1999-01-04 10:05:00")
    insert(ours, DECISIONS, decision(decided_at=decided_at), decision(customer_id="c2"))
    insert(ours, TRIGGERS, trigger(created_at=decided_at), trigger(customer_id="c2"))
    assert [list(row.values()) for row in answer(tables, "customer-story", customer_id="c1")] == [
        ["1999-01-04 10:00:00", "touchpoint", "ivr.entered", "ivr", ""],
        ["1999-01-04 10:05:00", "touchpoint", "queue.abandoned", "voice", "wait_seconds=30 skill=PS"],
        ["1999-01-04 10:05:00", "touchpoint, duplicate", "queue.abandoned", "voice", "wait_seconds=30 skill=PS"],
        [
            "1999-01-04 10:05:00",
            "moment",
            "queue.abandoned",
            "voice",
            "stressed 0.5, because of ivr.entered queue.abandoned",
        ],
        ["1999-01-04 10:05:00", "decision, triggered", "call-back", "sms", "queue.abandoned: ok"],
        ["1999-01-04 10:05:00", "trigger", "call-back", "sms", "queue.abandoned: sorry"],
    ]
    newest = answer(tables, "customer-story", customer_id="c1", newest="2")
    assert [row["what"] for row in newest] == ["decision, triggered", "trigger"]


def test_a_story_tells_that_a_contact_was_called_off(tables: Client, ours: Settings) -> None:
    insert(ours, TRIGGERS, trigger(created_at=at("1999-01-04 10:05:00")))
    tables.command(
        "INSERT INTO outreach_cancellations (trigger_id, customer_id, action, channel, reason, cancelled_at) VALUES"
        " ('t', 'c1', 'call-back', 'sms', 'resolved', '1999-01-04 10:06:00'),"
        " ('t', 'c2', 'call-back', 'sms', 'bought', '1999-01-04 10:06:00')"
    )
    assert [list(row.values()) for row in answer(tables, "customer-story", customer_id="c1")][1:] == [
        ["1999-01-04 10:06:00", "trigger called off", "call-back", "sms", "resolved"]
    ]


def test_a_story_of_a_customer_whose_name_is_hostile(tables: Client, ours: Settings) -> None:
    name = "it's \\ a\n{x:String}\t; DROP TABLE touchpoints"
    insert(ours, TOUCHPOINTS, touchpoint(customer_id=name))
    assert len(answer(tables, "customer-story", customer_id=name)) == 1


def judged_log(ours: Settings) -> None:
    log = [touchpoint() for _ in range(10)]
    insert(ours, TOUCHPOINTS, *log)
    outcomes = ["duplicate", "duplicate", "late", "dead", "dropped"]
    insert(ours, VERDICTS, *(verdict(log[offset], offset, outcome) for offset, outcome in enumerate(outcomes)))


def conservation(client: Client) -> Sequence[int]:
    (row,) = answer(client, "conservation")
    assert list(row) == [
        "loaded",
        "accepted",
        "duplicate",
        "late",
        "dead",
        "dropped",
        "doubled",
        "unmatched",
        "in_sums",
        "adds_up",
    ]
    return list(row.values())


def test_conservation(tables: Client, ours: Settings) -> None:
    judged_log(ours)
    assert conservation(tables) == [10, 5, 2, 1, 1, 1, 0, 0, 5, 1]


def test_conservation_sees_a_verdict_whose_touchpoint_is_missing(tables: Client, ours: Settings) -> None:
    judged_log(ours)
    insert(ours, VERDICTS, verdict(touchpoint(), 99))
    assert conservation(tables) == [10, 5, 3, 1, 1, 1, 0, 1, 4, 0]


def test_conservation_sees_a_row_that_is_there_twice(tables: Client, ours: Settings) -> None:
    judged_log(ours)
    insert(ours, TOUCHPOINTS, touchpoint(), first_offset=9)
    assert conservation(tables) == [11, 6, 2, 1, 1, 1, 1, 0, 6, 0]


def test_conservation_sees_sums_that_left_the_table(tables: Client, ours: Settings) -> None:
    judged_log(ours)
    tables.command("INSERT INTO touchpoints_by_hour (hour, channel, type, touchpoints) VALUES (0, 'web', 'x', 1)")
    assert conservation(tables) == [10, 5, 2, 1, 1, 1, 0, 0, 6, 0]


# -- names, parameters, errors ------------------------------------------------------------------


def test_these_are_the_queries() -> None:
    assert list(named_queries()) == [
        "abandonment-by-skill",
        "conservation",
        "customer-story",
        "decisions-by-reason",
        "emotion-history",
        "emotions-by-hour",
        "first-contact-resolution",
        "lift",
        "moments-by-hour",
        "moments-by-rule",
        "outcomes",
        "service-level",
    ]


@pytest.mark.parametrize("name", list(named_queries()))
def test_every_query_has_a_title_and_names_each_of_its_parameters(name: str) -> None:
    query = named_queries()[name]
    assert query.title != ""
    used = set(re.findall(r"\{(\w+):([\w()]+)\}", query.sql))
    assert used == {(parameter.name, parameter.type) for parameter in query.parameters}


@pytest.mark.parametrize("name", list(named_queries()))
def test_every_query_names_its_columns_also_when_there_is_nothing(tables: Client, name: str) -> None:
    params = {"customer_id": "nobody"} if name in ("customer-story", "emotion-history") else {}
    assert len(run_query(tables, name, params).columns) >= 4


def test_a_name_that_is_not_known_is_answered_with_those_that_are(tables: Client) -> None:
    with pytest.raises(
        QueryError, match=r"no query is named 'nps'; the names are abandonment-by-skill, conservation, "
    ):
        run_query(tables, "nps")


def test_a_parameter_that_is_missing_is_asked_for(tables: Client) -> None:
    with pytest.raises(QueryError, match=r"customer-story needs customer_id \(whose\); give customer_id=\.\.\."):
        run_query(tables, "customer-story")


def test_a_parameter_that_is_not_known_is_named(tables: Client) -> None:
    with pytest.raises(QueryError, match=r"moments-by-rule has no parameter rule; it knows: since, until"):
        run_query(tables, "moments-by-rule", {"rule": "a"})


def test_a_value_that_does_not_fit_is_an_error_of_the_query(tables: Client) -> None:
    with pytest.raises(QueryError, match=r"moments-by-rule failed .*check the parameters' types and values"):
        run_query(tables, "moments-by-rule", {"since": "yesterday"})


def test_without_our_tables_the_loader_is_pointed_at(client: Client, ours: Settings) -> None:
    with pytest.raises(
        TablesMissing, match=f"{ours.clickhouse_database} has no tables of ours yet; start `momentous loader`"
    ):
        run_query(client, "conservation")
    client.database = "nowhere"
    with pytest.raises(TablesMissing, match="nowhere has no tables of ours yet"):
        run_query(client, "conservation")
    client.database = ours.clickhouse_database


# -- the connection -----------------------------------------------------------------------------


def test_a_clickhouse_that_is_not_there_is_named_with_its_remedy(ours: Settings) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ClickHouseUnavailable) as error:
        connect(msgspec.structs.replace(ours, clickhouse_url=nowhere))
    assert str(error.value).startswith(f"ClickHouse at {nowhere} does not answer (")
    assert str(error.value).endswith(
        "start it (embedded: `momentous clickhouse-embedded`) or check MOMENTOUS_CLICKHOUSE_URL"
    )


@pytest.mark.parametrize("url", ["localhost:8123", "tcp://localhost:9000", "http://", ""])
def test_an_address_of_another_kind_is_refused(ours: Settings, url: str) -> None:
    with pytest.raises(ClickHouseUnavailable, match="set MOMENTOUS_CLICKHOUSE_URL to http://host:8123"):
        connect(msgspec.structs.replace(ours, clickhouse_url=url))
