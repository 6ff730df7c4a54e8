"""The loader on a real broker and the embedded ClickHouse, in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas import Codec, RegistryUnavailable
from schemas.registry import ConfluentRegistry
from sinks import IntentMismatch, IntentUnreadable, Loader, OffsetGone, Progress, connect
from sinks.ledger import Batch, Partition
from sinks.rows import TABLES, Record
from streams.embedded_broker import EmbeddedBroker
from streams.kafka import consumer_config, producer_config
from streams.settings import Settings
from streams.topics import DEAD, DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.kafka.reader import read
from tests.sinks import samples
from tests.sinks.faults import is_settled, wait_until
from tests.sinks.samples import CODEC, touchpoint
from tests.sinks.service import Service

SECONDS = 30.0


@dataclass
class Running:
    """A loader at work in a thread."""

    loader: Loader
    thread: threading.Thread
    stop: threading.Event
    failure: list[BaseException]

    def until(self, condition: Callable[[Progress], bool]) -> None:
        """Wait for it."""
        assert wait_until(lambda: bool(self.failure) or condition(self.loader.progress), SECONDS), self.loader.progress
        if self.failure:
            raise self.failure[0]


@contextmanager
def loader(settings: Settings, **more: Any) -> Iterator[Running]:
    """A loader that runs inside this block and is stopped at its end."""
    made = Loader(settings, **more)
    stop, failure = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            made.run(stop, lambda _: None)
        except BaseException as error:
            failure.append(error)

    running = Running(made, threading.Thread(target=run, name="loader"), stop, failure)
    running.thread.start()
    try:
        yield running
    finally:
        stop.set()
        running.thread.join(SECONDS)
        assert not running.thread.is_alive()


def failure_of(settings: Settings) -> BaseException:
    """What a loader that cannot go on says."""
    with loader(settings) as running:
        assert wait_until(lambda: bool(running.failure), SECONDS)
        return running.failure[0]


def send(settings: Settings, topic: str, *values: bytes | None, partition: int = 0) -> None:
    producer = Producer(producer_config(settings))
    for value in values:
        producer.produce(settings.topic(topic), value, b"c1", partition)
    assert producer.flush(SECONDS) == 0


def touchpoints(*numbers: int) -> list[bytes]:
    return [CODEC.encode("Touchpoint", touchpoint(event_id=f"e{number}")) for number in numbers]


def stored(settings: Settings, column: str = "event_id", table: str = "touchpoints") -> list[Any]:
    client = connect(settings)
    try:
        rows = client.query(f"SELECT {column} FROM {table} ORDER BY partition, offset").result_rows
        return [row[0] if len(row) == 1 else row for row in rows]
    finally:
        client.close()


def committed(settings: Settings, topic: str = TOUCHPOINTS, partition: int = 0) -> tuple[int, str]:
    consumer = Consumer(consumer_config(settings, **{"group.id": f"{settings.app_id}-loader"}))
    try:
        (position,) = consumer.committed([TopicPartition(settings.topic(topic), partition)], timeout=10)
        return position.offset, position.metadata or ""
    finally:
        consumer.close()


def commit(settings: Settings, offset: int, metadata: str) -> None:
    consumer = Consumer(consumer_config(settings, **{"group.id": f"{settings.app_id}-loader"}))
    try:
        position = TopicPartition(settings.topic(TOUCHPOINTS), 0, offset, metadata)
        consumer.commit(offsets=[position], asynchronous=False)
    finally:
        consumer.close()


def batch_in_the_log(settings: Settings, first: int, last: int) -> Batch:
    """The batch that a loader would make of these offsets of partition 0."""
    log = read(settings, TOUCHPOINTS, 0)
    records = [Record(r.offset, r.timestamp, r.key, r.value) for r in log if first <= r.offset <= last]
    return Batch.of(Partition(settings.topic(TOUCHPOINTS), 0), records)


# -- loading ------------------------------------------------------------------------------------


def test_every_topic_goes_into_its_table_with_the_place_of_each_record(loading: Settings) -> None:
    bodies: dict[str, dict[str, Any]] = {
        TOUCHPOINTS: touchpoint(),
        MOMENTS: samples.moment(),
        DECISIONS: samples.decision(),
        TRIGGERS: samples.trigger(),
        VERDICTS: samples.verdict(touchpoint(), 7),
        EMOTIONS: samples.emotion(),
        DEAD: samples.dead_letter(),
    }
    for number, (topic, body) in enumerate(bodies.items()):
        value = CODEC.encode(TABLES[topic].record, body)
        send(loading, topic, value, value, partition=number % 4)
    with loader(loading) as running:
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 14)
    for number, topic in enumerate(bodies):
        places = stored(loading, "topic, partition, offset", TABLES[topic].name)
        assert places == [(loading.topic(topic), number % 4, 0), (loading.topic(topic), number % 4, 1)]
    assert running.loader.progress.rows == dict.fromkeys((table.name for table in TABLES.values()), 2)


def test_a_cancellation_goes_into_a_table_of_its_own(loading: Settings) -> None:
    values = [CODEC.encode("Trigger", samples.trigger()), CODEC.encode("Cancellation", samples.cancellation())]
    send(loading, TRIGGERS, *values)
    with loader(loading) as running:
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 2)
    assert stored(loading, "trigger_id, reason, offset", "outreach_cancellations") == [("t1", "resolved", 1)]
    assert running.loader.progress.skipped == {}


def test_the_append_time_is_the_brokers(loading: Settings) -> None:
    send(loading, TOUCHPOINTS, *touchpoints(1))
    with loader(loading) as running:
        running.until(lambda progress: progress.rows.total() == 1)
    (record,) = read(loading, TOUCHPOINTS, 0)
    assert stored(loading, "toUnixTimestamp64Milli(appended_at)") == [record.timestamp]


def test_a_second_run_goes_on_where_the_first_settled(loading: Settings) -> None:
    for numbers in ([1, 2, 3], [4, 5]):
        send(loading, TOUCHPOINTS, *touchpoints(*numbers))
        with loader(loading) as running:
            running.until(lambda progress: progress.caught_up and progress.rows.total() == len(numbers))  # noqa: B023
    assert stored(loading) == ["e1", "e2", "e3", "e4", "e5"]
    assert committed(loading) == (5, "")


def test_a_batch_ends_at_the_number_of_records_that_the_settings_allow(loading: Settings) -> None:
    settings = msgspec.structs.replace(loading, loader_batch_records=10, loader_batch_ms=60_000)
    send(settings, TOUCHPOINTS, *touchpoints(*range(30)))
    with loader(settings) as running:
        running.until(lambda progress: progress.rows.total() == 30)
    assert running.loader.progress.batches == 3


def test_a_stop_brings_in_what_was_read(loading: Settings) -> None:
    settings = msgspec.structs.replace(loading, loader_batch_ms=600_000)
    send(settings, TOUCHPOINTS, *touchpoints(*range(5)))
    with loader(settings) as running:
        running.until(lambda progress: progress.lag == 5)
        assert running.loader.progress.rows.total() == 0
    assert len(stored(settings)) == 5


def test_aborted_transactions_are_never_seen_and_their_gaps_are_no_matter(loading: Settings) -> None:
    producer = Producer(producer_config(loading, **{"transactional.id": f"{loading.app_id}-t"}))
    producer.init_transactions()
    for number in range(12):
        producer.begin_transaction()
        for value in touchpoints(10 * number, 10 * number + 1):
            producer.produce(loading.topic(TOUCHPOINTS), value, b"c1", 0)
        if number % 3 == 2:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    settings = msgspec.structs.replace(loading, loader_batch_records=3)
    with loader(settings) as running:
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 16)
    expected = [f"e{10 * number + one}" for number in range(12) if number % 3 != 2 for one in (0, 1)]
    assert stored(settings) == expected


# -- what is not loaded -------------------------------------------------------------------------


def test_controls_and_unreadable_touchpoints_are_counted_and_passed_over(loading: Settings) -> None:
    tick = CODEC.encode("Control", {"kind": "tick", "at": 5, "clock": None, "activation": None})
    (good,) = touchpoints(1)
    send(loading, TOUCHPOINTS, tick, b"\x01 no record", good[:-1], None, good, tick)
    with loader(loading) as running:
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 1)
    topic = loading.topic(TOUCHPOINTS)
    assert running.loader.progress.skipped == {
        (topic, "control"): 2,
        (topic, "wrong_magic_byte"): 1,
        (topic, "cut_short"): 2,
    }
    assert committed(loading) == (6, "")


def test_a_batch_of_nothing_but_controls_is_settled(loading: Settings) -> None:
    send(loading, TOUCHPOINTS, CODEC.encode("Control", {"kind": "tick", "at": 5, "clock": None, "activation": None}))
    with loader(loading) as running:
        running.until(lambda progress: progress.caught_up and progress.batches == 1)
    assert committed(loading) == (1, "")


def test_an_unreadable_record_of_our_own_is_an_error_in_the_log(loading: Settings) -> None:
    send(loading, MOMENTS, b"no moment", CODEC.encode("Moment", samples.moment()))
    with structlog.testing.capture_logs() as lines, loader(loading) as running:
        running.until(lambda progress: progress.rows["moments"] == 1)
    (error,) = [line for line in lines if line["log_level"] == "error"]
    assert error["event"] == "records of our own cannot be read and are not loaded"
    assert (error["reason"], error["records"], error["topic"]) == ("wrong_magic_byte", 1, loading.topic(MOMENTS))


class Registry(ConfluentRegistry):
    """A registry that does not answer until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = False

    def text_of(self, schema_id: int) -> str:
        if not self.answers:
            raise RegistryUnavailable("http://registry", TimeoutError("no answer"))
        return super().text_of(schema_id)


def test_a_registry_that_does_not_answer_stalls_and_skips_nothing(loading: Settings) -> None:
    registry = Registry()
    send(loading, TOUCHPOINTS, *touchpoints(1, 2))
    with loader(loading, codec=Codec(registry)) as running:
        running.until(lambda progress: progress.stalled.startswith("the schema registry does not answer"))
        assert committed(loading)[0] < 0
        registry.answers = True
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 2)
    assert (running.loader.progress.skipped, running.loader.progress.stalled) == ({}, "")


# -- promises -----------------------------------------------------------------------------------


@pytest.mark.parametrize("was_inserted", [False, True])
def test_an_open_promise_is_sent_again_as_it_was(loading: Settings, was_inserted: bool) -> None:
    send(loading, TOUCHPOINTS, *touchpoints(*range(4)))
    if was_inserted:
        settings = msgspec.structs.replace(loading, loader_batch_records=4, loader_batch_ms=60_000)
        with loader(settings) as running:
            running.until(lambda progress: progress.rows.total() == 4)
    commit(loading, 0, batch_in_the_log(loading, 0, 3).intent.metadata)
    send(loading, TOUCHPOINTS, *touchpoints(*range(4, 10)))
    with loader(loading) as running:
        running.until(lambda progress: progress.caught_up and progress.resent == 1)
    assert stored(loading) == [f"e{number}" for number in range(10)]
    assert committed(loading) == (10, "")


def test_a_promise_is_written_before_the_insert_and_taken_back_after_it(loading: Settings) -> None:
    seen: list[tuple[int, str]] = []

    class Store:
        def prepare(self) -> None:
            pass

        def insert(self, *_: object) -> None:
            seen.append(committed(loading))

        def close(self) -> None:
            pass

    send(loading, TOUCHPOINTS, *touchpoints(1, 2))
    with loader(loading, store=Store()) as running:
        running.until(lambda progress: progress.batches == 1)
    assert seen == [(0, batch_in_the_log(loading, 0, 1).intent.metadata)]
    assert committed(loading) == (2, "")


def test_a_promise_whose_records_are_others_now_stops_the_loader(loading: Settings) -> None:
    send(loading, TOUCHPOINTS, *touchpoints(*range(10)))
    commit(loading, 2, f"2-6-{'0' * 32}")
    error = failure_of(loading)
    assert isinstance(error, IntentMismatch)
    assert "look whether the raw table holds rows of this partition with offset 2 to 6" in str(error)
    assert (stored(loading), committed(loading)) == ([], (2, f"2-6-{'0' * 32}"))


def test_metadata_of_somebody_else_stops_the_loader(loading: Settings) -> None:
    send(loading, TOUCHPOINTS, *touchpoints(*range(3)))
    commit(loading, 1, "somebody was here")
    assert isinstance(failure_of(loading), IntentUnreadable)


def test_a_log_that_retention_cut_before_it_was_loaded_stops_the_loader(loading: Settings) -> None:
    send(loading, TOUCHPOINTS, *touchpoints(*range(10)))
    commit(loading, 2, "")
    admin = AdminClient({"bootstrap.servers": loading.kafka_bootstrap})
    place = TopicPartition(loading.topic(TOUCHPOINTS), 0, 5)
    admin.delete_records([place])[place].result(10)
    error = failure_of(loading)
    assert isinstance(error, OffsetGone)
    assert "[0]: the loader stands at 2, the log holds offsets 5 to 9" in str(error)


def test_a_new_group_begins_where_the_log_begins_also_after_retention(loading: Settings) -> None:
    send(loading, TOUCHPOINTS, *touchpoints(*range(10)))
    admin = AdminClient({"bootstrap.servers": loading.kafka_bootstrap})
    place = TopicPartition(loading.topic(TOUCHPOINTS), 0, 5)
    admin.delete_records([place])[place].result(10)
    with loader(loading) as running:
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 5)
    assert stored(loading) == [f"e{number}" for number in range(5, 10)]


# -- more than one ------------------------------------------------------------------------------


def test_two_loaders_share_the_work_and_hand_it_over(loading: Settings) -> None:
    numbers = iter(range(100_000))

    def more() -> None:
        for partition in range(4):
            send(loading, TOUCHPOINTS, *touchpoints(*(next(numbers) for _ in range(50))), partition=partition)

    with loader(loading) as first:
        more()
        first.until(lambda progress: progress.rows.total() > 0)
        with loader(loading) as second:
            deadline = time.monotonic() + SECONDS
            while not second.loader.progress.rows.total() and time.monotonic() < deadline:
                more()
                time.sleep(0.2)
        more()
        assert wait_until(lambda: is_settled(loading), SECONDS)
    assert second.loader.progress.rows.total() > 0
    found = stored(loading)
    assert sorted(found) == sorted(f"e{number}" for number in range(next(numbers)))


# -- the demo's broker --------------------------------------------------------------------------


def test_a_promise_is_kept_on_the_embedded_broker_too(ours: Settings) -> None:
    with EmbeddedBroker() as broker:
        settings = msgspec.structs.replace(ours, kafka_bootstrap=broker.bootstrap, loader_batch_ms=100)
        send(settings, TOUCHPOINTS, *touchpoints(*range(10)))
        promised = batch_in_the_log(settings, 0, 3)
        commit(settings, 0, promised.intent.metadata)
        assert committed(settings) == (0, promised.intent.metadata)
        with loader(settings) as running:
            running.until(lambda progress: progress.caught_up and progress.resent == 1)
        assert committed(settings) == (10, "")
    assert stored(settings) == [f"e{number}" for number in range(10)]


# -- ClickHouse away ----------------------------------------------------------------------------


@pytest.fixture
def away(loading: Settings, tmp_path: Path) -> Iterator[tuple[Settings, Service]]:
    """A ClickHouse of this test alone, running, to be taken away."""
    service = Service(tmp_path / "clickhouse")
    service.start()
    yield msgspec.structs.replace(loading, clickhouse_url=service.url), service
    service.kill()


def test_a_loader_waits_for_a_clickhouse_that_is_not_there_yet(away: tuple[Settings, Service]) -> None:
    settings, service = away
    service.kill()
    send(settings, TOUCHPOINTS, *touchpoints(1, 2))
    with loader(settings) as running:
        running.until(lambda progress: progress.stalled.startswith("ClickHouse is not ready"))
        service.start()
        running.until(lambda progress: progress.rows.total() == 2)
    assert stored(settings) == ["e1", "e2"]


def test_nothing_is_committed_past_what_is_stored_while_clickhouse_is_away(away: tuple[Settings, Service]) -> None:
    settings, service = away
    settings = msgspec.structs.replace(settings, loader_batch_records=500)
    send(settings, TOUCHPOINTS, *touchpoints(*range(100)))
    with structlog.testing.capture_logs() as lines, loader(settings) as running:
        running.until(lambda progress: progress.rows.total() == 100)
        service.kill()
        send(settings, TOUCHPOINTS, *touchpoints(*range(100, 5_000)))
        running.until(lambda progress: progress.stalled.startswith("ClickHouse does not take an insert"))
        time.sleep(2.0)
        offset, metadata = committed(settings)
        assert (offset, metadata.startswith("100-")) == (100, True)
        service.start()
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 5_000)
    assert stored(settings) == [f"e{number}" for number in range(5_000)]
    changes = [
        line["event"] for line in lines if line["log_level"] in ("warning", "info") and "owns" not in line["event"]
    ]
    assert changes == [
        "ClickHouse does not take an insert; the loader waits and tries again",
        "the loader goes on",
        "the loader has stopped",
    ]


def test_a_stop_while_clickhouse_is_away_leaves_the_promise_to_the_next(away: tuple[Settings, Service]) -> None:
    settings, service = away
    with loader(settings) as running:
        running.until(lambda progress: progress.caught_up)
        service.kill()
        send(settings, TOUCHPOINTS, *touchpoints(1, 2))
        running.until(lambda progress: progress.stalled != "")
        begun = time.monotonic()
    assert time.monotonic() - begun < 10
    assert committed(settings) == (0, batch_in_the_log(settings, 0, 1).intent.metadata)
    service.start()
    with loader(settings) as running:
        running.until(lambda progress: progress.caught_up and progress.resent == 1)
    assert stored(settings) == ["e1", "e2"]


def test_a_clickhouse_that_hangs_and_wakes_stores_each_row_once(
    away: tuple[Settings, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.connection.ANSWER_SECONDS", 1)
    settings, service = away
    with loader(settings) as running:
        running.until(lambda progress: progress.caught_up)
        service.pause()
        send(settings, TOUCHPOINTS, *touchpoints(*range(50)))
        running.until(lambda progress: "timed out" in progress.stalled.lower())
        service.resume()
        running.until(lambda progress: progress.caught_up and progress.rows.total() == 50)
    assert stored(settings) == [f"e{number}" for number in range(50)]
