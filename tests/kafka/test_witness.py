import random
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.kafka import producer_config
from streams.settings import Settings
from tests.kafka.reader import read
from tests.kafka.witness import Acknowledged, Witness, acknowledged


def test_the_file_names_each_acknowledged_record_where_the_broker_has_it(topics: Settings, tmp_path: Path) -> None:
    with Witness(topics, tmp_path / "acknowledged") as witness:
        for number in range(1000):
            witness.send("touchpoints", f"e{number}", b"c%d" % (number % 50), b"e%d" % number)
    stored = {(record.value.decode(), record.partition, record.offset) for record in read(topics, "touchpoints")}  # type: ignore[union-attr]
    assert {tuple(line) for line in acknowledged(tmp_path / "acknowledged")} == stored
    assert len(stored) == 1000


def test_a_record_that_the_broker_refuses_is_not_in_the_file(topics: Settings, tmp_path: Path) -> None:
    witness = Witness(topics, tmp_path / "acknowledged", **{"message.max.bytes": 5_000_000})
    witness.send("touchpoints", "small", b"c", b"x")
    witness.send("touchpoints", "too large", b"c", random.Random(1).randbytes(3_000_000), partition=0)
    with pytest.raises(RuntimeError, match="1 records failed, the first is too large"):
        witness.close()
    assert [line.id for line in acknowledged(tmp_path / "acknowledged")] == ["small"]


def test_a_torn_last_line_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "acknowledged").write_bytes(b"a\t0\t7\nb\t1\t1")
    assert acknowledged(tmp_path / "acknowledged") == [Acknowledged("a", 0, 7)]


def test_a_committed_reader_sees_no_aborted_record_and_an_uncommitted_one_does(topics: Settings) -> None:
    producer = Producer(producer_config(topics, **{"transactional.id": topics.app_id}))
    producer.init_transactions(10)
    for value, end in ((b"kept", producer.commit_transaction), (b"aborted", producer.abort_transaction)):
        producer.begin_transaction()
        producer.produce(topics.topic("moments"), value, b"c", 2)
        producer.flush()
        end(10)
    assert [(r.partition, r.value) for r in read(topics, "moments")] == [(2, b"kept")]
    both = read(topics, "moments", 2, isolation="read_uncommitted")
    assert [r.value for r in both] == [b"kept", b"aborted"]


def test_the_reader_gives_key_headers_and_append_time(topics: Settings) -> None:
    producer = Producer(producer_config(topics))
    producer.produce(topics.topic("touchpoints"), b"v", b"k", headers=[("ce_type", b"t")], timestamp=12_345)
    producer.flush()
    (record,) = read(topics, "touchpoints")
    assert (record.key, record.value, record.headers) == (b"k", b"v", [("ce_type", b"t")])
    assert record.timestamp > 1_600_000_000_000  # the broker's clock, not the producer's 12345
