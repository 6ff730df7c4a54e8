"""The batched transport on a real broker: whole fetches, in order, committed records only, nothing skipped."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Producer

from streams.batching import Batch
from streams.settings import Settings
from streams.topics import TOUCHPOINTS
from tests.batched_reader import BatchedReader, until

FROM_START = dict.fromkeys(range(4), 0)
_IN_ORDER = {"enable.idempotence": True}


def produce(settings: Settings, count: int, partitions: int = 4, size: int = 0, codec: str = "none") -> None:
    """Numbered records, one partition after the other."""
    producer = Producer(
        {"bootstrap.servers": settings.kafka_bootstrap, "linger.ms": 20, "compression.type": codec} | _IN_ORDER
    )
    topic = settings.topic(TOUCHPOINTS)
    for number in range(count):
        while True:
            try:
                producer.produce(topic, str(number).encode().ljust(size), partition=number % partitions)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0


class Collector:
    """Keeps what it gets and acknowledges it at once."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    async def receive(self, batch: Batch, acknowledge: Callable[[], None]) -> None:
        """Keep a batch."""
        self.batches.append(batch)
        acknowledge()

    @property
    def records(self) -> int:
        """How many records came."""
        return sum(len(batch.records) for batch in self.batches)

    def of(self, partition: int) -> list[Batch]:
        """A partition's batches."""
        return [batch for batch in self.batches if batch.partition == partition]


async def test_every_record_comes_once_and_in_order(topics: Settings, tmp_path: Path) -> None:
    produce(topics, 20_000)
    collector = Collector()
    async with BatchedReader(topics, tmp_path, collector.receive, FROM_START):
        await until(lambda: collector.records >= 20_000, "all records")
    values = {
        partition: [int(record.value) for batch in collector.of(partition) for record in batch.records]
        for partition in range(4)
    }
    assert values == {partition: list(range(partition, 20_000, 4)) for partition in range(4)}


async def test_a_message_is_one_partitions_records_of_one_fetch_and_says_where_they_begin(
    topics: Settings, tmp_path: Path
) -> None:
    produce(topics, 20_000)
    collector = Collector()
    async with BatchedReader(topics, tmp_path, collector.receive, FROM_START, fetch_records=1_000):
        await until(lambda: collector.records >= 20_000, "all records")
    sizes = [len(batch.records) for batch in collector.batches]
    assert max(sizes) == 1_000
    assert len(sizes) < 40
    assert all({record.partition for record in batch.records} == {batch.partition} for batch in collector.batches)
    for partition in range(4):
        batches = collector.of(partition)
        assert [batch.position for batch in batches] == [0, *(batch.last + 1 for batch in batches[:-1])]


async def test_r19_records_of_every_compression_codec_are_read(topics: Settings, tmp_path: Path) -> None:
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        produce(topics, 2_000, size=100, codec=codec)
    collector = Collector()
    async with BatchedReader(topics, tmp_path, collector.receive, FROM_START):
        await until(lambda: collector.records >= 10_000, "all records of all five codecs")
    times = Counter(int(record.value) for batch in collector.batches for record in batch.records)
    assert times == dict.fromkeys(range(2_000), 5)


async def test_records_of_aborted_transactions_are_never_delivered(topics: Settings, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": topics.kafka_bootstrap, "transactional.id": f"{topics.app_id}-t"})
    producer.init_transactions(30)
    for number in range(40):
        producer.begin_transaction()
        for _ in range(50):
            producer.produce(topics.topic(TOUCHPOINTS), b"kept" if number % 2 else b"aborted", partition=number % 4)
        producer.flush(30)
        (producer.commit_transaction if number % 2 else producer.abort_transaction)(30)
    produce(topics, 4)
    collector = Collector()
    async with BatchedReader(topics, tmp_path, collector.receive, FROM_START):
        await until(lambda: collector.records >= 1_004, "all committed records")
        await asyncio.sleep(0.5)
    values = [record.value for batch in collector.batches for record in batch.records]
    assert (values.count(b"kept"), values.count(b"aborted"), len(values)) == (1_000, 0, 1_004)


async def test_an_open_transaction_holds_back_what_lies_behind_it(topics: Settings, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": topics.kafka_bootstrap, "transactional.id": f"{topics.app_id}-t"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topics.topic(TOUCHPOINTS), b"open", partition=0)
    producer.flush(30)
    produce(topics, 1, partitions=1)
    collector = Collector()
    async with BatchedReader(topics, tmp_path, collector.receive, FROM_START):
        await asyncio.sleep(1.0)
        before = collector.records
        producer.commit_transaction(30)
        await until(lambda: collector.records >= 2, "both records")
    assert (before, [record.value for record in collector.of(0)[0].records]) == (0, [b"open", b"0"])


async def test_a_partition_waits_until_it_is_placed(topics: Settings, tmp_path: Path) -> None:
    produce(topics, 400)
    collector = Collector()
    async with BatchedReader(topics, tmp_path, collector.receive, {0: 0, 1: 90, 2: 100}) as reader:
        await until(lambda: collector.records >= 110, "the partitions that were placed")
        await asyncio.sleep(0.5)
        before = {partition: sum(len(batch.records) for batch in collector.of(partition)) for partition in range(4)}
        await reader.place(3, 25)
        await until(lambda: collector.records >= 185, "the one placed later")
    assert before == {0: 100, 1: 10, 2: 0, 3: 0}
    assert (collector.of(3)[0].first, collector.of(3)[0].position) == (25, 25)


async def test_what_the_group_has_committed_does_not_matter(topics: Settings, tmp_path: Path) -> None:
    produce(topics, 400)
    first, second = Collector(), Collector()
    async with BatchedReader(topics, tmp_path, first.receive, FROM_START) as reader:
        await until(lambda: reader.committed() == dict.fromkeys(range(4), 100), "the committed offsets")
    async with BatchedReader(topics, tmp_path, second.receive, FROM_START):
        await until(lambda: second.records >= 400, "all records once more")
    assert {partition: second.of(partition)[0].first for partition in range(4)} == FROM_START


async def test_a_paused_partition_is_not_delivered_and_the_others_are(topics: Settings, tmp_path: Path) -> None:
    collector = Collector()
    async with BatchedReader(topics, tmp_path, collector.receive, FROM_START) as reader:
        await until(lambda: bool(reader.consumer.assignment()), "the assignment")
        await asyncio.sleep(1.0)
        reader.pause(2)
        await asyncio.sleep(0.3)
        produce(topics, 400)
        await until(lambda: collector.records >= 300, "three partitions")
        await asyncio.sleep(0.5)
        assert collector.of(2) == []
        reader.resume(2)
        await until(lambda: collector.records >= 400, "the fourth")


class Follower:
    """Follows each partition as a lane does: skips what it has, and seeks back when something is missing.

    ``lost`` names the records that it could not know to be missing.
    """

    def __init__(self) -> None:
        self.next: defaultdict[int, int] = defaultdict(int)
        self.lost: list[str] = []
        self.holes = 0
        self.reader: BatchedReader | None = None

    async def receive(self, batch: Batch, acknowledge: Callable[[], None]) -> None:
        """Take a batch if it follows on."""
        expected = self.next[batch.partition]
        if batch.position > expected:
            self.holes += 1
            assert self.reader is not None
            await self.reader.place(batch.partition, expected)
            return
        if batch.first > expected:
            self.lost.append(f"{batch.partition}: {expected} to {batch.first}, position {batch.position}")
        self.next[batch.partition] = max(expected, batch.last + 1)
        acknowledge()

    async def back(self, partition: int, by: int) -> None:
        """Go back, as after a transaction that did not happen."""
        assert self.reader is not None
        self.next[partition] = max(0, self.next[partition] - by)
        await self.reader.place(partition, self.next[partition])


async def test_whoever_is_sent_back_in_full_flow_misses_nothing(topics: Settings, tmp_path: Path) -> None:
    produce(topics, 400_000)
    follower, pick = Follower(), random.Random(5)
    async with BatchedReader(topics, tmp_path, follower.receive, FROM_START, fetch_records=200) as reader:
        follower.reader = reader
        await until(lambda: sum(follower.next.values()) > 0, "the first batch")
        for _ in range(150):
            await asyncio.sleep(pick.uniform(0, 0.02))
            await follower.back(pick.randrange(4), pick.randrange(1, 3_000))
        await until(lambda: sum(follower.next.values()) >= 400_000, "all records", 60)
    assert follower.lost == []


async def test_whoever_pauses_in_full_flow_misses_nothing(topics: Settings, tmp_path: Path) -> None:
    produce(topics, 200_000)
    follower, pick = Follower(), random.Random(6)
    async with BatchedReader(topics, tmp_path, follower.receive, FROM_START, fetch_records=200) as reader:
        follower.reader = reader
        await until(lambda: sum(follower.next.values()) > 0, "the first batch")
        for _ in range(200):
            partition = pick.randrange(4)
            reader.pause(partition)
            await asyncio.sleep(pick.uniform(0, 0.004))
            reader.resume(partition)
            await asyncio.sleep(pick.uniform(0, 0.004))
        await until(lambda: sum(follower.next.values()) >= 200_000, "all records", 60)
    assert (follower.lost, follower.holes) == ([], 0)
