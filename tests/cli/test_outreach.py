"""``momentous outreach``: the kill switch as a record in every partition."""

from __future__ import annotations

import time
from typing import Any

import pytest

from schemas import Codec
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.cli.conftest import Run
from tests.customer.log import HUNG_UP, POLICY, Log, played
from tests.kafka.reader import read
from tests.status.committed import run_log


def switches(settings: Settings) -> list[tuple[int, str, str]]:
    """Partition, id and text of each pause in the log."""
    codec = Codec()
    made = [
        (record.partition, codec.decode(record.value, "Control")[1]["activation"])
        for record in read(settings, TOUCHPOINTS)
    ]
    return sorted((partition, one["id"], one["text"]) for partition, one in made if one["kind"] == "pause")


def test_a_pause_lies_in_every_partition_with_who_when_and_why(momentous: Run, topics: Settings) -> None:
    before = int(time.time() * 1000)
    told = momentous("outreach", "pause", "--reason", "complaints", "--by", "ann", settings=topics)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[0] == (
        "all outreach is paused from here on in 4 partitions; what was triggered before stays triggered"
    )
    found = switches(topics)
    assert [(partition, name) for partition, name, _ in found] == [(0, "*"), (1, "*"), (2, "*"), (3, "*")]
    assert len({text for _, _, text in found}) == 1
    log = Log()
    log.rule(0, HUNG_UP, POLICY)
    partition = played(log).partition
    codec = Codec()
    for record in read(topics, TOUCHPOINTS):
        if record.partition == 0:
            control: Any = codec.decode(record.value, "Control")[1]
            partition.definitions.activate(control["activation"])
    pause = partition.definitions.pauses["*"]
    assert (pause.paused, pause.reason, pause.by) == (True, "complaints", "ann")
    assert before <= pause.at <= int(time.time() * 1000)


def test_a_resume_of_one_action_names_it(momentous: Run, topics: Settings) -> None:
    told = momentous("outreach", "resume", "call.back", settings=topics)
    assert (told.code, told.out) == (0, "action call.back goes on from here on in 4 partitions\n")
    assert told.err == ("note: action call.back was not paused, as far as workers have applied the log; nothing is\n")
    assert [name for _, name, _ in switches(topics)] == 4 * ["call.back"]


def test_before_any_worker_has_run_an_action_is_paused_as_it_is_written_and_that_is_said(
    momentous: Run, topics: Settings
) -> None:
    told = momentous("outreach", "pause", "call.bakc", settings=topics)
    assert (told.code, told.err) == (
        0,
        "note: no worker has told yet which actions there are, so 'call.bakc' is taken as it is written\n",
    )


def test_an_action_that_the_active_policy_does_not_have_is_refused(momentous: Run, topics: Settings) -> None:
    run_log(topics, 0)
    told = momentous("outreach", "pause", "call.bakc", settings=topics)
    assert (told.code, told.out) == (1, "")
    assert told.err == ("error: the active policy has no action 'call.bakc'; it has call.back (or say --unchecked)\n")
    assert momentous("outreach", "pause", "call.back", settings=topics).code == 0


@pytest.mark.parametrize("arguments", [("Call Back",), ("call.back", "--reason", 501 * "x")])
def test_what_no_record_can_hold_is_refused_with_2(
    momentous: Run, topics: Settings, arguments: tuple[str, ...]
) -> None:
    told = momentous("outreach", "pause", *arguments, "--unchecked", settings=topics)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert read(topics, TOUCHPOINTS) == []


def test_its_status_tells_what_is_paused_and_what_is_still_to_come(momentous: Run, topics: Settings) -> None:
    run_log(topics, 1)
    momentous("outreach", "pause", "--by", "ann", settings=topics)
    # One touchpoint, the switch in each of four partitions, and the markers of its transaction.
    told = momentous("outreach", "status", settings=topics)
    assert told.out.splitlines() == [
        "outreach: on",
        "workers have up to 9 records to go; a switch among them counts once they are there",
        "decisions refused as paused so far: 0",
    ]
