"""Bad records through a real worker: each ends where it should, with its bytes, and the partition goes on."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from confluent_kafka import Producer

from schemas import Codec, DeadLetter, Verdict, headers
from streams.customer import partition_of
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import DEAD, TOUCHPOINTS, VERDICTS
from tests.customer.log import touchpoint
from tests.kafka.reader import Record, read
from tests.reliability.oracle import compare, partition_records
from tests.reliability.running import running_worker, wait_until_applied

CODEC = Codec()
IN_2099 = 4_070_908_800_000


def _value(number: int, customer_id: str, occurred_at: int | None = None, **fields: object) -> bytes:
    at = time.time_ns() // 1_000_000 if occurred_at is None else occurred_at
    return CODEC.encode("Touchpoint", touchpoint(number, at, "page.viewed", customer_id, **fields))


def _customer_of(partition: int) -> str:
    return next(f"c{number}" for number in range(200) if partition_of(f"c{number}".encode(), 4) == partition)


def test_each_bad_record_ends_where_it_should_and_the_partition_goes_on(topics: Settings, tmp_path: Path) -> None:
    here, there = _customer_of(1), _customer_of(2)
    verdict: Verdict = {
        "outcome": "late", "reason": "allowed_lateness", "topic": "t", "partition": 0, "offset": 0, "event_id": "e",
        "source": "s", "customer_id": here, "identified": True, "channel": "web", "type": "x", "occurred_at": 0,
        "correlation_id": None, "session_id": None, "properties": {},
    }  # fmt: skip
    good = _value(0, here)
    bad: dict[str, tuple[str, bytes]] = {
        "cut short": ("cut_short", good[:30]),
        "wrong magic byte": ("wrong_magic_byte", b"\x01" + good[1:]),
        "unknown schema id": ("unknown_schema_id", b"\0\0\0\x12\x67" + good[5:]),
        "wrong type": ("wrong_type", CODEC.encode("Verdict", verdict)),
        "over 1 MB": ("too_large", _value(1, here, note="x" * 1_500_000)),
        "a date in 2099": ("too_far_ahead", _value(2, here, IN_2099)),
        "no customer id": ("no_customer_id", _value(3, "")),
        "astray a second time": ("misrouted", _value(4, there)),
    }
    producer = Producer(producer_config(topics, **{"message.max.bytes": 4_000_000}))
    topic = topics.topic(TOUCHPOINTS)
    sent: list[tuple[bytes, bytes, list[tuple[str, bytes]]]] = []
    for number, (name, (_, value)) in enumerate(bad.items()):
        producer.produce(topic, _value(100 + number, here), here.encode(), 1)
        with_headers = headers("momentous.touchpoint", f"e{number}", "test", 0)
        if name == "astray a second time":
            with_headers.append(("momentous-rerouted", b"0-5"))
        sent.append((f"key {number}".encode(), value, with_headers))
        producer.produce(topic, value, sent[-1][0], 1, headers=list(with_headers))
    producer.produce(topic, _value(5, there), b"the wrong key", 1)
    producer.produce(topic, _value(200, here), here.encode(), 1)
    assert producer.flush(30) == 0

    with running_worker(topics, tmp_path):
        wait_until_applied(topics)
        # The stray is sent on by the worker itself: wait for it in its own partition too.
        wait_until_applied(topics)

    letters = [(record, _letter(record)) for record in read(topics, DEAD)]
    assert [(letter["reason"], letter["source_partition"], letter["source_offset"]) for _, letter in letters] == [
        (reason, 1, 2 * number + 1) for number, (reason, _) in enumerate(bad.values())
    ]
    assert [
        (letter["key"], letter["value"], [(one["key"], one["value"]) for one in letter["headers"]])
        for _, letter in letters
    ] == sent
    assert [record.key for record, _ in letters] == [key for key, _, _ in sent]
    assert Counter(_verdict(record)["reason"] for record in read(topics, VERDICTS)) == {
        "too_far_ahead": 1,
        "no_customer_id": 1,
        "misrouted": 2,
    }
    counters = Counter[str]()
    for record in partition_records(topics).values():
        counters.update(record.counters)
    assert counters == {"in": 19, "accepted": 10, "dead": 8, "dropped": 1, "duplicate": 0, "late": 0}
    rerouted = [(record.key, record.value) for record in read(topics, TOUCHPOINTS, 2)]
    assert rerouted == [(there.encode(), _value_of_stray(read(topics, TOUCHPOINTS, 1)))]
    result = compare(topics)
    assert result.holds, result


def _letter(record: Record) -> DeadLetter:
    letter: DeadLetter = CODEC.decode(record.value, "DeadLetter")[1]  # type: ignore[assignment]
    return letter


def _verdict(record: Record) -> Verdict:
    verdict: Verdict = CODEC.decode(record.value, "Verdict")[1]  # type: ignore[assignment]
    return verdict


def _value_of_stray(records: list[Record]) -> bytes | None:
    return next(record.value for record in records if record.key == b"the wrong key")
