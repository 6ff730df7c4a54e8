"""``momentous status`` as a user meets it; what it tells is tested with the report."""

from __future__ import annotations

import json

from streams.settings import Settings
from tests.cli.conftest import Run
from tests.status.committed import run_log


def test_as_json_it_holds_everything_and_an_address_without_an_answer_ends_with_1(
    momentous: Run, topics: Settings
) -> None:
    run_log(topics, 0)
    told = momentous("status", "--json", "http://127.0.0.1:1", settings=topics)
    assert (told.code, told.err) == (1, "")
    found = json.loads(told.out)
    assert (found["partitions"][0]["applied"], found["outreach"], found["endpoints"][0]["ok"]) == (5, "on", None)


def test_without_addresses_people_read_a_page_and_it_ends_with_0(momentous: Run, topics: Settings) -> None:
    run_log(topics, 0)
    told = momentous("status", settings=topics)
    assert (told.code, told.err) == (0, "")
    assert "outreach: on\n" in told.out
    assert "lag records" in told.out


def test_without_a_broker_it_says_what_to_do_in_one_line(momentous: Run) -> None:
    told = momentous("status", MOMENTOUS_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert (told.code, len(told.err.splitlines())) == (3, 1)
    assert told.err.startswith("error: Kafka at 127.0.0.1:1 does not answer; start it")
