"""How the whole system stands, from what it wrote into Kafka; workers and loaders need not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from time import monotonic, sleep, time

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.customer import PartitionRecord
from streams.customer.clock import LIVE
from streams.customer.ledger import ACCEPTED, DEAD, DROPPED, DUPLICATE, IN, LATE
from streams.errors import Unreachable
from streams.kafka import consumer_config
from streams.outreach import ALL
from streams.publishing import require_topic
from streams.settings import Settings
from streams.status.partition_records import read_partition_records
from streams.telemetry import Unread, UnreadLook
from streams.topics import CHANGELOG, TOUCHPOINTS

OUTCOMES = (ACCEPTED, DUPLICATE, LATE, DEAD, DROPPED)
HELD = "held"
_ANSWER_S = 10.0

_COORDINATOR_S = 10.0
"""A group's coordinator that moves, or is made with the first group, gets this long."""

_COORDINATOR_MOVES = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}
_AGAIN_S = 0.2


class PartitionStatus(msgspec.Struct, kw_only=True):
    """One partition; ``clock`` is ms UTC, ``applied`` -1 before the first record."""

    partition: int
    applied: int
    lag_records: int
    lag_seconds: float
    mode: str
    clock: int
    clock_delay_seconds: float | None
    partial_matches: int


class PauseStatus(msgspec.Struct, kw_only=True):
    """A kill switch that is thrown; ``at`` is ms UTC, ``partitions`` are those in which it holds already."""

    action: str
    at: int
    by: str
    reason: str
    partitions: list[int]


class QuarantineStatus(msgspec.Struct, kw_only=True):
    """A definition that could not be taken; ``since`` is ms UTC, ``partitions`` are those that refused it."""

    definition: str
    version: int
    reason: str
    since: int
    partitions: list[int]


class LoaderStatus(msgspec.Struct, kw_only=True):
    """How far the loader is with one topic; ``promises`` are batches promised and not settled."""

    topic: str
    table: str
    lag_records: int
    lag_seconds: float
    promises: int


class Status(msgspec.Struct, kw_only=True):
    """Everything; ``at`` is ms UTC."""

    at: int
    kafka: str
    app_id: str
    partitions: list[PartitionStatus]
    counters: dict[str, int]
    adds_up: bool
    moments: dict[str, int]
    decisions: dict[str, int]
    dead_letters: dict[str, int]
    definitions: dict[str, int]
    definitions_differ: list[str]
    modes: dict[str, str]
    draining: dict[str, list[int]]
    quarantined: list[QuarantineStatus]
    pauses: list[PauseStatus]
    loader: list[LoaderStatus]

    @property
    def outreach(self) -> str:
        """``on``, ``paused``, or ``paused in part``."""
        if not self.pauses:
            return "on"
        everywhere = any(pause.action == ALL and len(pause.partitions) == len(self.partitions) for pause in self.pauses)
        return "paused" if everywhere else "paused in part"


def read_status(settings: Settings, tables: Mapping[str, str]) -> Status:
    """The status now.

    Args:
        settings: where Kafka is.
        tables: the loader's table of each topic (name without prefix).

    Raises:
        Unreachable: Kafka does not answer, or has no such topics.
        StateFormatError: the changelog is another version's.
    """
    require_topic(settings, CHANGELOG)
    try:
        records = read_partition_records(settings)
        look = UnreadLook(settings)
        try:
            topic = settings.topic(TOUCHPOINTS)
            numbers = range(settings.partitions)
            worker_lag = look.look(
                {(topic, number): records[number].applied + 1 if number in records else -1 for number in numbers}
            )
            loader = _loader(settings, tables, look)
        finally:
            look.close()
    except KafkaException as error:
        raise Unreachable(
            f"Kafka at {settings.kafka_bootstrap} does not tell how things stand ({error.args[0].str()})",
            "look at the broker, at MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings), and whether "
            "`momentous topics create` was run",
        ) from error
    now = time()
    found = [_partition(number, records.get(number), worker_lag[topic, number], now) for number in numbers]
    return _summed(settings, now, found, records, loader)


def _partition(number: int, record: PartitionRecord | None, unread: Unread, now: float) -> PartitionStatus:
    record = record or PartitionRecord()
    is_ticking = record.mode == LIVE and record.clock > 0
    return PartitionStatus(
        partition=number,
        applied=record.applied,
        lag_records=unread.records,
        lag_seconds=_age(unread, now),
        mode=record.mode,
        clock=record.clock,
        clock_delay_seconds=round(max(0.0, now - record.clock / 1000), 1) if is_ticking else None,
        partial_matches=record.matches,
    )


def _summed(
    settings: Settings,
    now: float,
    partitions: list[PartitionStatus],
    records: Mapping[int, PartitionRecord],
    loader: list[LoaderStatus],
) -> Status:
    counters: Counter[str] = Counter(dict.fromkeys((IN, *OUTCOMES), 0))
    tallies: Counter[str] = Counter()
    definitions: dict[str, int] = {}
    differ: set[str] = set()
    pauses: dict[tuple[str, int, str, str], list[int]] = {}
    modes: dict[str, str] = {}
    draining: dict[str, list[int]] = {}
    refused: dict[tuple[str, int], QuarantineStatus] = {}
    names = {name for record in records.values() for name in record.definitions}
    for number, record in sorted(records.items()):
        counters.update(record.counters)
        tallies.update(record.tallies)
        for name in names:
            version = record.definitions.get(name)
            if version is None or definitions.setdefault(name, version) != version:
                differ.add(name)
        modes |= record.modes
        draining |= record.draining
        for name, one in record.quarantined.items():
            refused.setdefault(
                (name, one.version),
                QuarantineStatus(
                    definition=name, version=one.version, reason=one.reason, since=one.since, partitions=[]
                ),
            ).partitions.append(number)
        for pause in record.pauses.values():
            pauses.setdefault((pause.id, pause.at, pause.by, pause.reason), []).append(number)
    return Status(
        at=int(now * 1000),
        kafka=settings.kafka_bootstrap,
        app_id=settings.app_id,
        partitions=partitions,
        counters=dict(counters),
        adds_up=all(adds_up(record.counters) for record in records.values()),
        moments=_of_kind(tallies, "moment"),
        decisions=_of_kind(tallies, "decision"),
        dead_letters=_of_kind(tallies, "dead_letter"),
        definitions=dict(sorted(definitions.items())),
        definitions_differ=sorted(differ),
        modes=dict(sorted(modes.items())),
        draining=dict(sorted(draining.items())),
        quarantined=[refused[key] for key in sorted(refused)],
        pauses=[
            PauseStatus(action=action, at=at, by=by, reason=reason, partitions=numbers)
            for (action, at, by, reason), numbers in sorted(pauses.items())
        ],
        loader=loader,
    )


def adds_up(counters: Mapping[str, int]) -> bool:
    """Whether every record that came in ended somewhere, or is held."""
    return counters.get(IN, 0) == sum(counters.get(outcome, 0) for outcome in (*OUTCOMES, HELD))


def _of_kind(tallies: Mapping[str, int], kind: str) -> dict[str, int]:
    found = {key.partition(":")[2]: count for key, count in tallies.items() if key.partition(":")[0] == kind}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _loader(settings: Settings, tables: Mapping[str, str], look: UnreadLook) -> list[LoaderStatus]:
    # AdminClient.list_consumer_group_offsets can take the process down; a consumer that never joins asks safely.
    consumer = Consumer(consumer_config(settings, **{"group.id": f"{settings.app_id}-loader", "log_level": 0}))
    try:
        wanted = [
            TopicPartition(settings.topic(topic), number) for topic in tables for number in range(settings.partitions)
        ]
        committed = _committed(consumer, wanted)
    finally:
        consumer.close()
    unread = look.look({(position.topic, position.partition): position.offset for position in committed})
    now = time()
    found = []
    for topic, table in tables.items():
        ours = [unread[settings.topic(topic), number] for number in range(settings.partitions)]
        promises = sum(bool(position.metadata) for position in committed if position.topic == settings.topic(topic))
        found.append(
            LoaderStatus(
                topic=topic,
                table=table,
                lag_records=sum(one.records for one in ours),
                lag_seconds=max(_age(one, now) for one in ours),
                promises=promises,
            )
        )
    return found


def _committed(consumer: Consumer, wanted: list[TopicPartition]) -> list[TopicPartition]:
    gives_up = monotonic() + _COORDINATOR_S
    while True:
        try:
            positions = consumer.committed(wanted, timeout=_ANSWER_S)
            for position in positions:
                if position.error is not None:
                    raise KafkaException(position.error)
        except KafkaException as error:
            if error.args[0].code() not in _COORDINATOR_MOVES or monotonic() > gives_up:
                raise
            sleep(_AGAIN_S)
            continue
        return positions


def _age(unread: Unread, now: float) -> float:
    return 0.0 if unread.oldest_at is None else round(max(0.0, now - unread.oldest_at / 1000), 1)
