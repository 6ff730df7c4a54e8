"""Records of the topics as columns of the raw tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas import Codec, DecodeError, Value
from streams.topics import DEAD, DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS

LARGEST_TOUCHPOINT_BYTES = 1_000_000
"""A larger touchpoint is dead to the worker, which does not read it; so neither do we."""

EARLIEST_MS = -2_208_988_800_000
LATEST_MS = 10_413_791_999_999
"""What DateTime64(3) holds, 1900 to 2299, ms UTC; a time outside is put on the nearer end."""

OVERSIZE = "oversize"
CONTROL = "control"


class Record(NamedTuple):
    """One Kafka record as the loader keeps it; ``timestamp`` in ms UTC."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a raw table and where in a decoded record its value comes from."""

    name: str
    type: str
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A raw table.

    Attributes:
        name: its name.
        record: what it holds.
        columns: after the four of the position.
        others: records of the same topic that another table holds.
    """

    name: str
    record: str
    columns: tuple[Column, ...]
    others: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns that are written, in order."""
        return (*(name for name, _ in _POSITION), *(column.name for column in self.columns))

    @property
    def column_types(self) -> tuple[str, ...]:
        """Their ClickHouse types."""
        return (*(kind for _, kind in _POSITION), *(column.type for column in self.columns))


@dataclass(slots=True)
class Rows:
    """Columns ready for one insert.

    Attributes:
        columns: one sequence of values per column of the table.
        skipped: records that gave no row, by reason.
    """

    columns: list[Sequence[Any]]
    skipped: dict[str, int]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.columns[0])


def rows_of(table: Table, topic: str, partition: int, records: Iterable[Record], codec: Codec) -> Rows:
    """Decode a batch of one partition.

    Controls and bytes that are no record of this table are skipped and counted by reason.

    Args:
        topic: the topic's full name.

    Raises:
        RegistryUnavailable: a schema is not known yet and the registry does not answer; nothing
            may be skipped for that.
    """
    positions: list[Record] = []
    bodies: list[dict[str, Any]] = []
    skipped: dict[str, int] = {}
    is_touchpoints = table.record == "Touchpoint"
    expected = ("Touchpoint", "Control") if is_touchpoints else (table.record, *table.others)
    for record in records:
        try:
            if is_touchpoints and record.value is not None and len(record.value) > LARGEST_TOUCHPOINT_BYTES:
                reason = OVERSIZE
            else:
                name, body = codec.decode(record.value, *expected)
                if name == table.record:
                    positions.append(record)
                    bodies.append(body)
                    continue
                if name in table.others:
                    continue
                reason = CONTROL
        except DecodeError as error:
            reason = error.reason
        skipped[reason] = skipped.get(reason, 0) + 1
    return Rows(_columns(table, topic, partition, positions, bodies), skipped)


def _columns(
    table: Table, topic: str, partition: int, positions: list[Record], bodies: list[dict[str, Any]]
) -> list[Sequence[Any]]:
    position: list[Sequence[Any]] = [
        [topic] * len(positions),
        [partition] * len(positions),
        [record.offset for record in positions],
        [_time(record.timestamp) for record in positions],
    ]
    return position + [[column.read(body) for body in bodies] for column in table.columns]


def _text(value: Value) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def _texts(values: Mapping[str, Value]) -> dict[str, str]:
    return {name: value if type(value) is str else _text(value) for name, value in values.items() if value is not None}


def _time(milliseconds: int) -> int:
    return min(max(milliseconds, EARLIEST_MS), LATEST_MS)


def _plain(name: str, kind: str = "String", field: str = "") -> Column:
    field = field or name
    return Column(name, kind, lambda body: body[field])


def _word(name: str, field: str = "") -> Column:
    return _plain(name, "LowCardinality(String)", field)


def _instant(name: str) -> Column:
    return Column(name, _INSTANT, lambda body: _time(body[name]))


def _facts(name: str) -> Column:
    return Column(name, _MAP, lambda body: _texts(body[name]))


def _each(name: str, field: str, kind: str, read: Callable[[Any], Any] = lambda value: value) -> Column:
    return Column(f"{name}.{field}", f"Array({kind})", lambda body: [read(item[field]) for item in body[name]])


_INSTANT = "DateTime64(3, 'UTC')"
_MAP = "Map(String, String)"
_POSITION = (
    ("topic", "LowCardinality(String)"),
    ("partition", "Int32"),
    ("offset", "Int64"),
    ("appended_at", _INSTANT),
)
_EVIDENCE = (
    *(_each("evidence", field, "String") for field in ("event_id", "source", "type", "channel")),
    _each("evidence", "occurred_at", _INSTANT, _time),
)
_ABOUT_TOUCHPOINT = (
    _plain("event_id"),
    _word("source"),
    _plain("customer_id"),
    _plain("identified", "Bool"),
    _word("channel"),
    _word("type"),
    _instant("occurred_at"),
    _plain("correlation_id", "Nullable(String)"),
    _plain("session_id", "Nullable(String)"),
)

TABLES: Mapping[str, Table] = {
    TOUCHPOINTS: Table(
        "touchpoints", "Touchpoint", (*_ABOUT_TOUCHPOINT, _plain("identities", _MAP), _facts("properties"))
    ),
    VERDICTS: Table(
        "verdicts",
        "Verdict",
        (
            _word("outcome"),
            _word("outcome_reason", "reason"),
            _word("touchpoint_topic", "topic"),
            _plain("touchpoint_partition", "Int32", "partition"),
            _plain("touchpoint_offset", "Int64", "offset"),
            *_ABOUT_TOUCHPOINT,
            _facts("properties"),
        ),
    ),
    MOMENTS: Table(
        "moments",
        "Moment",
        (
            _plain("moment_id"),
            _word("rule"),
            _plain("rule_version", "Int32"),
            _plain("customer_id"),
            _plain("identified", "Bool"),
            _word("emotion"),
            _plain("intensity", "Float64"),
            _word("phase"),
            _word("channel"),
            _plain("correlation_id", "Nullable(String)"),
            *_EVIDENCE,
            _facts("context"),
            _instant("opened_at"),
            _instant("detected_at"),
            _instant("expires_at"),
            _word("mode"),
        ),
    ),
    DECISIONS: Table(
        "decisions",
        "Decision",
        (
            _plain("decision_id"),
            _plain("moment_id"),
            _plain("customer_id"),
            _word("rule"),
            _plain("rule_version", "Int32"),
            _word("action"),
            _word("action_class"),
            _plain("attempt", "Int32"),
            _word("status"),
            _word("reason"),
            _each("checks", "name", "String"),
            _each("checks", "passed", "Bool"),
            _each("checks", "reason", "String"),
            _each("checks", "inputs", _MAP),
            _plain("final", "Bool"),
            _plain("channel", "LowCardinality(Nullable(String))"),
            _word("policy"),
            _plain("policy_version", "Int32"),
            _instant("decided_at"),
            _word("mode"),
        ),
    ),
    TRIGGERS: Table(
        "triggers",
        "Trigger",
        (
            _plain("trigger_id"),
            _plain("decision_id"),
            _plain("moment_id"),
            _plain("customer_id"),
            _word("rule"),
            _plain("rule_version", "Int32"),
            _word("action"),
            _word("purpose"),
            _word("channel"),
            _word("template"),
            _word("emotion"),
            _plain("intensity", "Float64"),
            _facts("context"),
            *_EVIDENCE,
            _instant("not_before"),
            _instant("deliver_until"),
            _instant("expires_at"),
            _instant("created_at"),
            _plain("sandbox", "Bool"),
        ),
        others=("Cancellation",),
    ),
    EMOTIONS: Table(
        "emotions",
        "Emotion",
        (
            _plain("customer_id"),
            _word("emotion"),
            _plain("level_before", "Float64"),
            _plain("level_after", "Float64"),
            _word("cause"),
            _plain("cause_id"),
            _word("cause_name"),
            _plain("dominant", "LowCardinality(Nullable(String))"),
            _instant("occurred_at"),
            _instant("at"),
            _plain("definition_version", "Int32"),
        ),
    ),
    DEAD: Table(
        "dead_letters",
        "DeadLetter",
        (
            _word("stage"),
            _word("reason"),
            _plain("detail"),
            _word("source_topic"),
            _plain("source_partition", "Int32"),
            _plain("source_offset", "Int64"),
            _plain("rule", "LowCardinality(Nullable(String))"),
            _plain("key", "Nullable(String)"),
            _plain("value", "Nullable(String)"),
            _each("headers", "key", "String"),
            _each("headers", "value", "Nullable(String)"),
            _instant("failed_at"),
        ),
    ),
}
"""The raw table of each topic (short name)."""

BESIDE: Mapping[str, Table] = {
    TRIGGERS: Table(
        "outreach_cancellations",
        "Cancellation",
        (
            _plain("trigger_id"),
            _plain("decision_id"),
            _plain("moment_id"),
            _plain("customer_id"),
            _word("action"),
            _word("channel"),
            _word("reason"),
            _instant("cancelled_at"),
        ),
        others=("Trigger",),
    ),
}
"""The second table of a topic that holds two records; what cannot be read is told of the first."""
