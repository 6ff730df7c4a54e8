"""The status from what was committed to Kafka, with no worker or loader running."""

from __future__ import annotations

import pytest

from sinks.rows import TABLES
from streams.controls import SHADOW, activation
from streams.errors import Unreachable
from streams.outreach import ALL, Pause
from streams.settings import Settings
from streams.status import Endpoint, Status, read_policy, read_status
from streams.status.page import endpoint_line, page
from streams.topics import CHANGELOG
from tests.customer.log import HUNG_UP, T0, Log, changes, played
from tests.status.committed import load, put, run_log

STOP = Pause(id=ALL, paused=True, reason="a wrong template", by="ann", at=1_795_422_600_000)


def status(settings: Settings) -> Status:
    return read_status(settings, {topic: table.name for topic, table in TABLES.items()})


def lines(found: Status) -> list[str]:
    return [piece for piece in page(found, ()) if isinstance(piece, str)]


def test_before_anything_ran_it_says_so(topics: Settings) -> None:
    found = status(topics)
    assert [(one.partition, one.applied, one.lag_records) for one in found.partitions] == [
        (0, -1, 0),
        (1, -1, 0),
        (2, -1, 0),
        (3, -1, 0),
    ]
    assert (found.adds_up, found.outreach, found.definitions) == (True, "on", {})
    assert "active: no policy; 0 rules" in lines(found)


def test_it_tells_progress_counts_definitions_and_the_loader(topics: Settings) -> None:
    run_log(topics, 2)
    load(topics, 3, "3-5-" + 32 * "0")
    found = status(topics)
    first = found.partitions[0]
    assert (first.applied, first.lag_records, first.mode) == (5, 2, "live")
    assert 0 <= first.lag_seconds < 60
    assert first.clock_delay_seconds is not None
    assert first.clock_delay_seconds >= 60
    assert {name: found.counters[name] for name in ("in", "accepted", "dead")} == {"in": 4, "accepted": 3, "dead": 1}
    assert (found.adds_up, found.definitions, found.definitions_differ) == (
        True,
        {"policy outreach": 1, "rule queue.abandoned": 1},
        [],
    )
    assert (found.moments, found.decisions, found.dead_letters) == (
        {"queue.abandoned": 3},
        {"refused:consent_none": 3},
        {"wrong_magic_byte": 1},
    )
    assert [(one.topic, one.table, one.lag_records, one.promises) for one in found.loader] == [
        ("touchpoints", "touchpoints", 5, 1),
        ("verdicts", "verdicts", 0, 0),
        ("moments", "moments", 0, 0),
        ("decisions", "decisions", 0, 0),
        ("outreach.triggers", "triggers", 0, 0),
        ("emotions", "emotions", 0, 0),
        ("touchpoints.dead", "dead_letters", 0, 0),
    ]


def test_people_read_who_paused_outreach_when_and_why_and_that_the_records_add_up(topics: Settings) -> None:
    run_log(topics, 0, STOP)
    told = lines(status(topics))
    assert told[1:3] == [
        "outreach: paused in part",
        "  all outreach paused since 2026-11-23 08:30:00 UTC by ann: a wrong template (in 1 partition)",
    ]
    assert told[3:8] == [
        "records: 4 in = 3 accepted + 0 duplicate + 0 late + 1 dead + 0 dropped: adds up",
        "moments: 3 queue.abandoned",
        "decisions: 3 refused paused",
        "dead letters: 1 wrong_magic_byte",
        "active: policy outreach v1; 1 rule: queue.abandoned v1",
    ]


def test_what_is_quarantined_what_drains_and_what_is_in_shadow_is_told(topics: Settings) -> None:
    log = Log()
    log.rule(T0, HUNG_UP)
    newer = HUNG_UP.replace("version: 1", "version: 2")
    log.control(T0, activation("rule", "queue.abandoned", 2, newer, SHADOW))
    log.control(T0, activation("rule", "queue.abandoned", 3, "nonsense"))
    put(topics, CHANGELOG, *changes(played(log).partition))
    told = lines(status(topics))
    assert "active: no policy; 1 rule: queue.abandoned v2 (shadow; draining v1)" in told
    assert [line for line in told if line.startswith("QUARANTINED")] == [
        "QUARANTINED in 1 partition since 2026-11-23 08:30:00 UTC: rule queue.abandoned v3: "
        "queue.abandoned v3 (activation):1:1: the file is not a mapping; begin with lines like 'id: ...'",
    ]


def test_records_that_do_not_add_up_are_told(topics: Settings) -> None:
    log = Log()
    log.touchpoint(0, "page.viewed")
    outcome = played(log)
    outcome.partition.counters["in"] += 1
    put(topics, CHANGELOG, *changes(outcome.partition))
    found = status(topics)
    assert not found.adds_up
    assert "records: 2 in = 1 accepted + 0 duplicate + 0 late + 0 dead + 0 dropped: DOES NOT ADD UP" in lines(found)


def test_the_newest_record_is_found_behind_many_others(topics: Settings) -> None:
    run_log(topics, 0)
    put(topics, CHANGELOG, *((f"c{number}".encode(), b"\1") for number in range(3_000)))
    assert status(topics).partitions[0].applied == 5


def test_the_active_policy_is_read_back(topics: Settings) -> None:
    assert read_policy(topics) is None
    run_log(topics, 0)
    policy = read_policy(topics)
    assert policy is not None
    assert [action.id for action in policy.actions] == ["call.back"]


def test_without_topics_it_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(Unreachable, match="customers-changelog; make the topics first: `momentous topics create`"):
        status(settings)


@pytest.mark.parametrize(
    ("endpoint", "line"),
    [
        (Endpoint(url="http://w:1", ok=True, ready=True, reasons=[]), "http://w:1: well"),
        (
            Endpoint(url="http://w:1", ok=True, ready=False, reasons=["not running yet: partition 3"]),
            "http://w:1: well, not ready: not running yet: partition 3",
        ),
        (Endpoint(url="http://w:1", ok=False, ready=False, reasons=["a", "b"]), "http://w:1: ILL: a; b"),
        (Endpoint(url="http://w:1", ok=None, reasons=["no answer"]), "http://w:1: did not answer: no answer"),
    ],
)
def test_what_a_process_says_of_itself_is_one_line(endpoint: Endpoint, line: str) -> None:
    assert endpoint_line(endpoint) == line
