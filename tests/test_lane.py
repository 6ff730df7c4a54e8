"""One partition's life on a real broker: restore, run, transact, fence, drain, refuse."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas import Codec, ConfluentRegistry, newest_schemas
from streams import lane as lane_module
from streams import transactions
from streams.customer import Partition
from streams.customer.ledger import PARTITION_KEY
from streams.errors import MomentousError
from streams.kafka import producer_config
from streams.lane import Phase
from streams.run_slot import RunSlot
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import CHANGELOG, DEAD, DECISIONS, MOMENTS, TOUCHPOINTS, VERDICTS
from tests.batched_reader import until
from tests.customer.log import HUNG_UP, POLICY, Log, touchpoint
from tests.hand_fed import Fetched, HandFed
from tests.kafka.broker import Broker
from tests.kafka.reader import read
from tests.reliability.oracle import compare, partition_records
from tests.schemas.registry_server import RegistryServer

CODEC = Codec()


@pytest.fixture
def one(topics: Settings) -> Settings:
    """Settings under which every customer is partition 0's; the topics have more, which stay empty."""
    return msgspec.structs.replace(topics, partitions=1)


def now() -> int:
    """ms UTC."""
    return time.time_ns() // 1_000_000


def publish(settings: Settings, *values: bytes, key: bytes | None = b"c1") -> None:
    """Put values into partition 0."""
    producer = Producer(producer_config(settings, **{"message.max.bytes": 4_000_000}))
    for value in values:
        producer.produce(settings.topic(TOUCHPOINTS), value, key, 0)
    assert producer.flush(30) == 0


def publish_rules(settings: Settings, *texts: str) -> int:
    """Activate rules; how many records that takes."""
    log = Log()
    log.rule(0, *texts)
    publish(settings, *(record.value or b"" for record in log.records), key=None)
    return len(log.records)


def touchpoints(first: int, count: int, kind: str = "queue.abandoned", codec: Codec = CODEC) -> list[bytes]:
    """Touchpoints of ten customers."""
    made = (touchpoint(number, now(), kind, f"c{number % 10}") for number in range(first, first + count))
    return [codec.encode("Touchpoint", one) for one in made]


# -- run ----------------------------------------------------------------------------------------


async def test_a_machine_too_slow_for_a_whole_fetch_commits_what_it_manages_in_a_share_of_the_timeout(
    one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Partition.process

    def slow(self: Partition, record: Any) -> bool:
        time.sleep(0.005)
        return process(self, record)

    rules = publish_rules(one, HUNG_UP, POLICY)
    publish(one, *touchpoints(0, 400))
    with monkeypatch.context() as patched:
        patched.setattr(Partition, "process", slow)
        async with HandFed(msgspec.structs.replace(one, transaction_timeout_ms=1_000), batch_records=400) as fed:
            await fed.until_applied(rules + 399)
    result = compare(one)
    assert result.holds, result
    commits = [record for record in read(one, CHANGELOG) if record.key == PARTITION_KEY]
    assert len(commits) >= 4


async def test_it_writes_what_the_core_says_and_tells_how_far_it_is(one: Settings) -> None:
    rules = publish_rules(one, HUNG_UP, POLICY)
    publish(one, *touchpoints(0, 300), b"{}", *touchpoints(290, 20))
    async with HandFed(one, batch_records=64) as fed:
        await fed.until_applied(rules + 320)
    result = compare(one)
    assert result.holds, result
    record = partition_records(one)[0]
    assert (record.applied, record.counters) == (
        rules + 320,
        {"in": 321, "accepted": 310, "duplicate": 10, "late": 0, "dead": 1, "dropped": 0}
        | {"violation:test:missing_field": 310, "violation:test:missing_property": 310},
    )


async def test_batches_are_acknowledged_after_their_transaction_and_in_order(one: Settings) -> None:
    publish(one, *touchpoints(0, 1_000))
    seen: list[tuple[int, int]] = []

    async def watch(fed: HandFed) -> None:
        while True:
            if fed.acknowledged:
                seen.append((fed.acknowledged[-1], partition_records(one)[0].applied))
            await asyncio.sleep(0.01)

    async with HandFed(one, batch_records=50) as fed:
        watcher = asyncio.create_task(watch(fed))
        await fed.until_applied(999)
        watcher.cancel()
    assert fed.acknowledged == sorted(fed.acknowledged)
    assert [pair for pair in seen if pair[0] > pair[1]] == []


async def test_a_new_owner_goes_on_after_the_applied_offset(one: Settings) -> None:
    rules = publish_rules(one, HUNG_UP, POLICY)
    publish(one, *touchpoints(0, 50))
    async with HandFed(one) as first:
        await first.until_applied(rules + 49)
    publish(one, *touchpoints(40, 60))
    async with HandFed(one) as second:
        # The committed transaction's marker takes no place in the touchpoints log.
        await second.until_applied(rules + 109)
    assert (first.placed, second.placed) == ([0], [rules + 50])
    assert compare(one).holds


async def test_a_lane_started_again_reads_only_what_the_changelog_gained(
    one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(one, *touchpoints(0, 30))
    restored: list[bytes | None] = []
    restore = Partition.restore

    def counting(self: Partition, key: bytes | None, value: bytes | None) -> None:
        restored.append(key)
        restore(self, key, value)

    async with HandFed(one) as fed:
        await fed.until_applied(29)
        await fed.lane.stop()
        publish(one, *touchpoints(30, 10))
        async with HandFed(one) as other:
            await other.until_applied(39)
        monkeypatch.setattr(Partition, "restore", counting)
        publish(one, *touchpoints(40, 10))
        fed.lane.start()
        await fed.until_applied(49)
    assert len(restored) == 11
    assert compare(one).counters["accepted"] == 50


async def test_a_stop_finishes_the_transaction_in_hand_and_drops_what_waits(one: Settings) -> None:
    publish(one, *touchpoints(0, 6_000))
    async with HandFed(one, batch_records=1_000) as fed:
        await until(lambda: fed.applied >= 0, "the first record")
        await fed.lane.stop()
        assert fed.lane.phase is Phase.PARKED
        assert fed.acknowledged[-1:] in ([], [fed.applied])
    assert partition_records(one)[0].applied == fed.applied
    async with HandFed(one) as again:
        await again.until_applied(5_999)
    assert partition_records(one)[0].counters["in"] == 6_000


async def test_touchpoints_of_nearly_1_mb_do_not_stop_the_partition(one: Settings) -> None:
    rule = HUNG_UP.replace("detect: {event: {type: queue.abandoned}}", _THIRD)
    rules = publish_rules(one, rule)
    for number in range(8):
        made = touchpoint(number, now(), "ivr.entered", "c1", reason="x" * 900_000)
        publish(one, CODEC.encode("Touchpoint", made))
    async with HandFed(one) as fed:
        await fed.until_applied(rules + 7)
    result = compare(one)
    assert result.holds, result


async def test_a_record_that_only_its_compression_let_through_does_not_stop_the_partition(one: Settings) -> None:
    producer = Producer(producer_config(one, **{"message.max.bytes": 20_000_000}))
    producer.produce(one.topic(TOUCHPOINTS), b"x" * 6_000_000, b"c1", 0)
    assert producer.flush(30) == 0
    publish(one, *touchpoints(0, 3))
    async with HandFed(one) as fed:
        await fed.until_applied(3)
    assert partition_records(one)[0].counters["dead"] == 1
    assert compare(one).holds


async def test_large_touchpoints_that_wait_for_older_ones_do_not_stop_the_partition(one: Settings) -> None:
    log = Log()
    log.timing(0, "id: time\nversion: 1\norder_wait: 1h\n")
    publish(one, *(record.value or b"" for record in log.records), key=None)
    for number in range(5):
        made = touchpoint(number, now(), "ivr.entered", "c1", reason=random.Random(number).randbytes(450_000).hex())
        publish(one, CODEC.encode("Touchpoint", made))
    async with HandFed(one) as fed:
        await fed.until_applied(5)
    counters = partition_records(one)[0].counters
    assert (counters["in"], counters["accepted"], counters["held"], counters["released_early"]) == (5, 4, 1, 4)


_THIRD = "detect: {count: {type: ivr.entered}, at_least: 3, within: 1d}\nkeep: [reason]"


# -- what it is fed -----------------------------------------------------------------------------


def fetched(first: int, count: int) -> list[Fetched]:
    """Records of a batch."""
    values = touchpoints(first, count)
    return [Fetched(first + place, now(), b"c", value, ()) for place, value in enumerate(values)]


async def test_what_it_has_already_is_skipped_and_acknowledged(one: Settings) -> None:
    async with HandFed(one) as fed:
        fed.holding = True
        await until(lambda: fed.lane.phase is Phase.RUNNING, "the lane runs")
        await fed.put(0, fetched(0, 20))
        await fed.put(10, fetched(10, 20))
        await fed.put(5, fetched(5, 5))
        await fed.until_applied(29)
    assert partition_records(one)[0].counters["in"] == 30
    assert sorted(fed.acknowledged) == [9, 19, 29]


async def test_after_a_hole_it_asks_for_what_is_missing_and_keeps_what_it_has(one: Settings) -> None:
    async with HandFed(one) as fed:
        fed.holding = True
        await until(lambda: fed.lane.phase is Phase.RUNNING, "the lane runs")
        await fed.put(0, fetched(0, 20))
        await fed.put(40, fetched(40, 20))
        await fed.put(20, fetched(20, 20))
        await fed.until_applied(39)
    assert fed.placed == [0, 20]
    assert partition_records(one)[0].counters["in"] == 40


async def test_an_offset_that_no_record_has_is_no_hole(one: Settings) -> None:
    async with HandFed(one) as fed:
        fed.holding = True
        await until(lambda: fed.lane.phase is Phase.RUNNING, "the lane runs")
        await fed.put(0, fetched(0, 20))
        await fed.put(20, fetched(25, 20), position=20)
        await fed.until_applied(44)
    assert fed.placed == [0]


async def test_with_too_much_waiting_it_asks_for_a_pause_and_later_for_more(one: Settings) -> None:
    async with HandFed(one) as fed:
        fed.holding = True
        await until(lambda: fed.lane.phase is Phase.RUNNING, "the lane runs")
        for first in range(0, 80, 20):
            await fed.put(first, fetched(first, 20))
        paused = fed.paused
        await fed.until_applied(79)
        await until(lambda: not fed.paused, "the lane asks for more")
    assert paused


# -- fencing ------------------------------------------------------------------------------------


async def test_a_second_owner_fences_the_first_which_then_writes_nothing(one: Settings) -> None:
    rules = publish_rules(one, HUNG_UP, POLICY)
    publish(one, *touchpoints(0, 100))
    async with HandFed(one) as zombie:
        await zombie.until_applied(rules + 99)
        async with HandFed(one) as owner:
            await until(lambda: owner.lane.phase is Phase.RUNNING, "the new owner runs")
            publish(one, *touchpoints(100, 100))
            await owner.until_applied(rules + 199)
            await until(lambda: zombie.lane.phase is Phase.FENCED, "the old one notices")
            assert zombie.acknowledged[-1] == rules + 99
    result = compare(one)
    assert result.holds, result


# -- refusals -----------------------------------------------------------------------------------


async def test_it_refuses_when_records_were_deleted_unread(one: Settings) -> None:
    publish(one, *touchpoints(0, 10))
    async with HandFed(one) as fed:
        await fed.until_applied(9)
    publish(one, *touchpoints(10, 20))
    admin = AdminClient({"bootstrap.servers": one.kafka_bootstrap})
    for future in admin.delete_records([TopicPartition(one.topic(TOUCHPOINTS), 0, 15)]).values():
        future.result(10)
    async with HandFed(one) as fed:
        await until(lambda: bool(fed.refused), "the refusal")
    assert str(fed.refused[0]) == (
        "partition 0: applied to offset 9, but the log begins at 15; records were deleted unread; if that is "
        "accepted, start under a new MOMENTOUS_APP_ID and changelog, else restore the topic"
    )
    assert fed.placed == []


async def test_records_deleted_up_to_the_applied_one_are_no_matter(one: Settings) -> None:
    publish(one, *touchpoints(0, 10))
    async with HandFed(one) as fed:
        await fed.until_applied(9)
    admin = AdminClient({"bootstrap.servers": one.kafka_bootstrap})
    for future in admin.delete_records([TopicPartition(one.topic(TOUCHPOINTS), 0, 10)]).values():
        future.result(10)
    publish(one, *touchpoints(10, 1))
    async with HandFed(one) as fed:
        await fed.until_applied(10)


async def test_it_refuses_when_the_topic_was_made_anew(one: Settings) -> None:
    publish(one, *touchpoints(0, 10))
    async with HandFed(one) as fed:
        await fed.until_applied(9)
    recreate(one, TOUCHPOINTS)
    publish(one, *touchpoints(10, 3))
    async with HandFed(one) as fed:
        await until(lambda: bool(fed.refused), "the refusal")
    assert str(fed.refused[0]) == (
        "partition 0: applied to offset 9, but the log ends at 3; the touchpoints topic was made anew; "
        "delete the changelog topic too, or restore the topic"
    )


@pytest.mark.parametrize(("key", "known"), [(b"c1", 2), (b"\0partition", 1), (b"\0definition\0rule\0a.b", 1)])
async def test_it_refuses_state_that_a_later_version_wrote(one: Settings, key: bytes, known: int) -> None:
    producer = Producer(producer_config(one))
    producer.produce(one.topic(CHANGELOG), b"\x03later", key, 0)
    producer.flush(10)
    async with HandFed(one) as fed:
        await until(lambda: bool(fed.refused), "the refusal")
    assert str(fed.refused[0]) == (
        f"partition 0: state record has format 3, this version reads up to {known}; run the version that wrote it or "
        "a newer one; the record was not touched; run the version that wrote it or a newer one; the record was not "
        "touched"
    )


async def test_an_error_that_nobody_foresaw_ends_the_worker_and_writes_nothing(
    one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Partition, record: Any) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(Partition, "process", broken)
    publish(one, *touchpoints(0, 10))
    async with HandFed(one) as fed:
        await until(lambda: bool(fed.refused), "the refusal")
    assert str(fed.refused[0]).startswith("partition 0: ZeroDivisionError; ")
    assert read(one, CHANGELOG) == []


async def test_where_readers_see_what_was_aborted_an_abort_ends_the_worker(
    one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(self: transactions.PartitionProducer) -> None:
        raise transactions.Aborted("the broker said so")

    monkeypatch.setattr(transactions.PartitionProducer, "commit", fails)
    publish(one, *touchpoints(0, 10))
    async with HandFed(one, aborts_hide=False) as fed:
        await until(lambda: bool(fed.refused), "the refusal")
    assert str(fed.refused[0]).startswith(
        "partition 0: a transaction failed: the broker said so; readers of the embedded"
    )


def recreate(settings: Settings, name: str) -> None:
    """Delete a topic and make it anew."""
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap})
    topic = settings.topic(name)
    admin.delete_topics([topic])[topic].result(10)
    ends = time.monotonic() + 20
    while True:
        try:
            create_topics(msgspec.structs.replace(settings, partitions=4))
        except (KafkaException, MomentousError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
        else:
            return


# -- outages ------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
async def test_a_commit_without_an_answer_is_settled_by_a_new_producer_and_a_restore(
    own_kafka: Broker, settings_of: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "COMMIT_TIMEOUT_S", 2.0)
    settings = msgspec.structs.replace(settings_of(own_kafka.bootstrap), partitions=1)
    create_topics(settings)
    rules = publish_rules(settings, HUNG_UP, POLICY)
    publish(settings, *touchpoints(0, 200))
    async with HandFed(settings, batch_records=20) as fed:
        await fed.until_applied(rules + 199)
        fed.holding = True
        publish(settings, *touchpoints(200, 200))
        waiting = [Fetched(*record[1:]) for record in read(settings, TOUCHPOINTS, 0)[rules + 200 :]]
        own_kafka.pause()
        await fed.put(rules + 200, waiting)
        await asyncio.sleep(4.0)
        own_kafka.resume()
        fed.holding = False
        await fed.until_applied(rules + 399, 60)
    result = compare(settings)
    assert result.holds, result
    assert (fed.placed, result.counters["accepted"]) == ([0, rules + 200], 400)


# -- the schema registry ------------------------------------------------------------------------


def writes_ids(server: RegistryServer) -> None:
    """The registry gives every schema the id 4711."""
    server.answer_json(200, id=4_711, schema=newest_schemas()["Touchpoint"].text)


async def test_a_lane_waits_for_a_registry_that_does_not_answer_and_makes_no_dead_letters(one: Settings) -> None:
    foreign = [b"\0\0\0\x12\x67" + value[5:] for value in touchpoints(0, 10)]
    publish(one, *foreign)
    with RegistryServer() as server:
        writes_ids(server)
        codec = Codec(ConfluentRegistry(server.url))
        codec.prepare()
        server.answer = (503, b"")
        async with HandFed(one, codec=codec) as fed:
            await until(lambda: fed.lane.phase is Phase.RUNNING, "the lane runs")
            asked = len(server.requests)
            await until(lambda: len(server.requests) > asked + 2, "the lane asks again and again")
            stalled = (read(one, DEAD), fed.applied)
            writes_ids(server)
            await fed.until_applied(9)
    assert stalled == ([], -1)
    assert partition_records(one)[0].counters["accepted"] == 10


async def test_while_one_lane_waits_for_the_registry_the_others_go_on(topics: Settings) -> None:
    settings = msgspec.structs.replace(topics, partitions=2)
    slot = RunSlot()
    publish(settings, b"\0\0\0\x12\x67" + touchpoints(0, 1)[0][5:])
    with RegistryServer() as server:
        writes_ids(server)
        codec = Codec(ConfluentRegistry(server.url))
        codec.prepare()
        server.answer = (503, b"")
        async with HandFed(settings, 0, codec, slot) as stalled, HandFed(settings, 1, codec, slot) as other:
            await until(lambda: len(server.requests) > 9, "the first one asks")
            producer = Producer(producer_config(settings, **{"message.max.bytes": 4_000_000}))
            producer.produce(settings.topic(TOUCHPOINTS), b"{}", b"x", 1)
            producer.flush(10)
            await other.until_applied(0)
            assert stalled.applied == -1


async def test_a_registry_that_goes_away_later_interrupts_no_record(one: Settings) -> None:
    """The first moment comes after the registry is gone: its id was learned before the lane ran."""
    with RegistryServer() as server:
        writes_ids(server)
        codec = Codec(ConfluentRegistry(server.url))
        rules = publish_rules(one, HUNG_UP, POLICY)
        async with HandFed(one, codec=CodecOfTwo(codec)) as fed:
            await fed.until_applied(rules - 1)
            server.close()
            publish(one, *touchpoints(0, 5))
            await fed.until_applied(rules + 4)
    assert [len(read(one, topic)) for topic in (MOMENTS, DECISIONS, VERDICTS)] == [5, 5, 0]


class CodecOfTwo(Codec):
    """Reads under our own ids, writes through a registry."""

    def __init__(self, writer: Codec) -> None:
        super().__init__()
        self._writer_codec = writer

    def prepare(self) -> None:
        """Learn the ids to write under."""
        self._writer_codec.prepare()

    def encode(self, name: str, record: Any) -> bytes:
        """Under the registry's ids."""
        return self._writer_codec.encode(name, record)


# -- one partition's turn -----------------------------------------------------------------------


async def test_only_one_lane_computes_at_a_time() -> None:
    slot, inside, most = RunSlot(), 0, 0

    async def lane() -> None:
        nonlocal inside, most
        async with slot:
            for _ in range(20):
                inside += 1
                most = max(most, inside)
                inside -= 1
                await slot.renew()

    await asyncio.gather(*(lane() for _ in range(4)))
    assert most == 1


async def test_a_turn_is_used_up_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [10.0]
    monkeypatch.setattr("streams.run_slot.monotonic", lambda: clock[0])
    used = []
    async with RunSlot() as slot:
        for at in (10.0, 10.0029, 10.0031):
            clock[0] = at
            used.append(slot.used_up)
        await slot.renew()
        used.append(slot.used_up)
    assert used == [False, False, True, False]


async def _order_of_turns(slot: RunSlot) -> str:
    order = ""

    async def lane(name: str) -> None:
        nonlocal order
        async with slot:
            for _ in range(3):
                order += name
                await slot.renew()

    await asyncio.gather(lane("a"), lane("b"))
    return order


async def test_whoever_waits_gets_the_next_turn() -> None:
    assert await _order_of_turns(RunSlot(turn_s=0)) == "ababab"


async def test_a_lane_keeps_its_turn_so_that_it_commits_while_the_next_one_computes() -> None:
    assert await _order_of_turns(RunSlot(turn_s=60)) == "aaabbb"


def test_a_tick_is_appended_at_most_once_in_50_ms() -> None:
    assert lane_module.TICK_EVERY_S == 0.05
