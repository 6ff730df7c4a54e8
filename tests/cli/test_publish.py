import json

from schemas import Codec
from streams.settings import Settings
from tests.cli.conftest import Run
from tests.kafka.reader import read

GOOD = {
    "event_id": "1",
    "source": "shop",
    "customer_id": "7",
    "channel": "web",
    "type": "cart.added",
    "occurred_at": "2026-11-23T09:00:00Z",
}


def lines(*touchpoints: object) -> bytes:
    return b"".join(json.dumps(touchpoint).encode() + b"\n" for touchpoint in touchpoints)


def test_the_good_lines_are_published_and_the_bad_ones_named(momentous: Run, topics: Settings) -> None:
    text = lines(GOOD, {**GOOD, "event_id": "2", "channel": "pigeon"}, {**GOOD, "event_id": "3"}) + b"{\n"
    told = momentous("publish", "-", settings=topics, stdin=text)
    assert told.out == "published 2 touchpoints, refused 2 lines\n"
    assert told.err.splitlines()[0].startswith("-:2: channel 'pigeon', expected one of web, app, ")
    assert told.err.splitlines()[1] == "-:4: Input data was truncated"
    assert told.code == 1
    events = [Codec().decode(record.value)[1]["event_id"] for record in read(topics, "touchpoints")]
    assert events == ["1", "3"]


def test_a_file_without_a_bad_line_ends_with_0(momentous: Run, topics: Settings) -> None:
    assert momentous("publish", "-", settings=topics, stdin=lines(GOOD)).code == 0


def test_a_line_larger_than_a_record_is_refused_and_the_rest_goes_out(momentous: Run, topics: Settings) -> None:
    huge = {**GOOD, "event_id": "2", "properties": {"text": "x" * 1_100_000}}
    told = momentous("publish", "-", settings=topics, stdin=lines(huge, GOOD))
    assert (told.code, told.out) == (1, "published 1 touchpoint, refused 1 line\n")
    assert told.err == "-:1: 1100048 bytes, more than a record may have\n"


def test_a_dry_run_needs_no_broker(momentous: Run) -> None:
    told = momentous("publish", "-", "--dry-run", stdin=lines(GOOD), MOMENTOUS_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert (told.code, told.out) == (0, "would publish 1 touchpoint, refused 0 lines\n")


def test_missing_topics_are_named_with_the_command_that_makes_them(momentous: Run, settings: Settings) -> None:
    told = momentous("publish", "-", settings=settings, stdin=lines(GOOD))
    assert told.code == 3
    assert told.err.endswith(
        "touchpoints; make the topics first: `momentous topics create`, or look at MOMENTOUS_TOPIC_PREFIX\n"
    )
