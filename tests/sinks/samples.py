"""Records of the contract for tests, and a short way into the tables without Kafka."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from schemas import Codec
from sinks import connect
from sinks.rows import TABLES, Record, rows_of
from sinks.store import ClickHouseStore
from streams.settings import Settings

CODEC = Codec()
APPENDED_AT = 1_800_000_000_000

_numbers = itertools.count()


def at(text: str) -> int:
    """ms UTC of ``1999-01-04 10:00:00``."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def touchpoint(type: str = "ivr.entered", occurred_at: str = "1999-01-04 10:00:00", **more: Any) -> dict[str, Any]:
    """A touchpoint; unknown names go into its properties."""
    fields = {
        "event_id": f"e{next(_numbers)}",
        "source": "bank",
        "customer_id": "c1",
        "identified": True,
        "channel": "ivr",
        "type": type,
        "occurred_at": at(occurred_at),
        "correlation_id": None,
        "session_id": None,
        "identities": {},
    }
    properties = {name: value for name, value in more.items() if name not in fields}
    return {**fields, **{name: value for name, value in more.items() if name in fields}, "properties": properties}


def verdict(of: Mapping[str, Any], offset: int, outcome: str = "duplicate", partition: int = 0) -> dict[str, Any]:
    """The verdict on a touchpoint that lies at ``partition`` and ``offset``."""
    repeated = {name: value for name, value in of.items() if name != "identities"}
    place = {"topic": "touchpoints", "partition": partition, "offset": offset}
    return {**repeated, **place, "outcome": outcome, "reason": "event_id"}


def evidence(*types: str) -> list[dict[str, Any]]:
    """Evidence of these types."""
    return [
        {"event_id": f"e{n}", "source": "bank", "type": kind, "channel": "voice", "occurred_at": n}
        for n, kind in enumerate(types)
    ]


def moment(rule: str = "queue.abandoned", detected_at: str = "1999-01-04 10:00:00", **more: Any) -> dict[str, Any]:
    """A moment."""
    return {
        "moment_id": f"m{next(_numbers)}",
        "rule": rule,
        "rule_version": 1,
        "customer_id": "c1",
        "identified": True,
        "emotion": "stressed",
        "intensity": 0.5,
        "phase": "detected",
        "channel": "voice",
        "correlation_id": None,
        "evidence": evidence("queue.abandoned"),
        "context": {},
        "opened_at": at(detected_at),
        "detected_at": at(detected_at),
        "expires_at": at(detected_at) + 1000,
        "mode": "live",
        **more,
    }


def decision(reason: str = "ok", status: str = "triggered", **more: Any) -> dict[str, Any]:
    """A decision."""
    return {
        "decision_id": f"d{next(_numbers)}",
        "moment_id": "m1",
        "customer_id": "c1",
        "rule": "queue.abandoned",
        "rule_version": 1,
        "action": "call-back",
        "action_class": "service",
        "attempt": 1,
        "status": status,
        "reason": reason,
        "checks": [
            {"name": "consent", "passed": status == "triggered", "reason": reason, "inputs": {"purpose": "care"}}
        ],
        "final": True,
        "channel": "sms" if status == "triggered" else None,
        "policy": "outreach",
        "policy_version": 1,
        "decided_at": at("1999-01-04 10:00:00"),
        "mode": "live",
        **more,
    }


def trigger(**more: Any) -> dict[str, Any]:
    """A trigger."""
    moment_at = at("1999-01-04 10:00:00")
    return {
        "trigger_id": f"t{next(_numbers)}",
        "decision_id": "d1",
        "moment_id": "m1",
        "customer_id": "c1",
        "rule": "queue.abandoned",
        "rule_version": 1,
        "action": "call-back",
        "purpose": "care",
        "channel": "sms",
        "template": "sorry",
        "emotion": "stressed",
        "intensity": 0.5,
        "context": {"wait": 7},
        "evidence": evidence("queue.abandoned"),
        "not_before": moment_at,
        "deliver_until": moment_at + 1000,
        "expires_at": moment_at + 2000,
        "created_at": moment_at,
        "sandbox": False,
        **more,
    }


def emotion(
    emotion: str = "frustrated",
    before: float = 0.0,
    after: float = 0.5,
    moved_at: str = "1999-01-04 10:00:00",
    **more: Any,
) -> dict[str, Any]:
    """A level that moved."""
    return {
        "customer_id": "c1",
        "emotion": emotion,
        "level_before": before,
        "level_after": after,
        "cause": "moment",
        "cause_id": "m1",
        "cause_name": "queue.abandoned",
        "dominant": emotion,
        "occurred_at": at(moved_at),
        "at": at(moved_at),
        "definition_version": 1,
        **more,
    }


def cancellation(**more: Any) -> dict[str, Any]:
    """A trigger taken back."""
    return {
        "trigger_id": "t1",
        "decision_id": "d1",
        "moment_id": "m1",
        "customer_id": "c1",
        "action": "call-back",
        "channel": "sms",
        "reason": "resolved",
        "cancelled_at": at("1999-01-04 10:00:00"),
        **more,
    }


def dead_letter(**more: Any) -> dict[str, Any]:
    """A dead letter whose bytes are no text."""
    return {
        "stage": "decode",
        "reason": "cut_short",
        "detail": "3 bytes",
        "source_topic": "touchpoints",
        "source_partition": 1,
        "source_offset": 7,
        "rule": None,
        "key": b"\xff\x00",
        "value": b"\x00\xfe'\\",
        "headers": [{"key": "h", "value": b"\xfd"}, {"key": "g", "value": None}],
        "failed_at": 5,
        **more,
    }


def kafka_records(name: str, bodies: Iterable[Mapping[str, Any]], first_offset: int = 0) -> list[Record]:
    """The records as they would lie in a partition from ``first_offset`` on."""
    return [
        Record(offset, APPENDED_AT + offset, None, CODEC.encode(name, body))
        for offset, body in enumerate(bodies, first_offset)
    ]


def insert(
    settings: Settings, topic: str, *bodies: Mapping[str, Any], first_offset: int = 0, partition: int = 0
) -> None:
    """Put the records into the topic's table, as the loader does, under a token of their own."""
    table = TABLES[topic]
    records = kafka_records(table.record, bodies, first_offset)
    rows = rows_of(table, topic, 0, records, CODEC)
    assert len(rows) == len(bodies)
    _store(settings).insert(table, rows, f"{topic}|{first_offset}|{next(_numbers)}")


@cache
def _store(settings: Settings) -> ClickHouseStore:
    return ClickHouseStore(lambda: connect(settings), settings.clickhouse_database)
