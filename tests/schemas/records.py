"""Records for tests: one written out of each kind, and any that its schema allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from schemas import Touchpoint, newest_schemas

TOUCHPOINT: Touchpoint = {
    "event_id": "e1",
    "source": "shop",
    "customer_id": "c1",
    "identified": True,
    "channel": "web",
    "type": "cart.added",
    "occurred_at": 1_795_422_600_000,
    "correlation_id": "order-7",
    "session_id": None,
    "identities": {"email": "ann@example.org"},
    "properties": {"gift": False, "note": "blue", "price": 9.5, "quantity": 2, "voucher": None},
}

RECORDS: Mapping[str, Mapping[str, Any]] = {
    "Touchpoint": TOUCHPOINT,
    "Control": {
        "kind": "activation",
        "at": None,
        "clock": None,
        "activation": {
            "kind": "rule",
            "id": "a.b",
            "version": 1,
            "text": "id: a.b\n",
            "digest": "0" * 64,
            "change": "roll_back",
        },
    },
    "Moment": {
        "moment_id": "00112233445566778899aabbccddeeff",
        "rule": "cart.abandoned",
        "rule_version": 3,
        "customer_id": "c1",
        "identified": True,
        "emotion": "neglected",
        "intensity": 0.5,
        "phase": "detected",
        "channel": "web",
        "correlation_id": "order-7",
        "evidence": [
            {
                "event_id": "e1",
                "source": "shop",
                "type": "cart.added",
                "channel": "web",
                "occurred_at": 1_795_422_600_000,
            }
        ],
        "context": {"price": 9.5, "product": "lamp"},
        "opened_at": 1_795_422_600_000,
        "detected_at": 1_795_437_000_000,
        "expires_at": 1_795_523_400_000,
        "mode": "live",
    },
    "Decision": {
        "decision_id": "d1",
        "moment_id": "m1",
        "customer_id": "c1",
        "rule": "cart.abandoned",
        "rule_version": 3,
        "action": "cart.help",
        "action_class": "promotional",
        "attempt": 1,
        "status": "refused",
        "reason": "consent_none",
        "checks": [{"name": "consent", "passed": False, "reason": "consent_none", "inputs": {"purpose": "care"}}],
        "final": True,
        "channel": None,
        "policy": "outreach",
        "policy_version": 1,
        "decided_at": 1_795_437_000_000,
        "mode": "live",
    },
    "Trigger": {
        "trigger_id": "t1",
        "decision_id": "d1",
        "moment_id": "m1",
        "customer_id": "c1",
        "rule": "cart.abandoned",
        "rule_version": 3,
        "action": "cart.help",
        "purpose": "care",
        "channel": "sms",
        "template": "cart_help",
        "emotion": "neglected",
        "intensity": 0.5,
        "context": {"price": 9.5, "product": "lamp"},
        "evidence": [],
        "not_before": 1_795_437_000_000,
        "deliver_until": 1_795_523_400_000,
        "expires_at": 1_795_523_400_000,
        "created_at": 1_795_437_000_000,
        "sandbox": False,
    },
    "DeadLetter": {
        "stage": "decode",
        "reason": "cut_short",
        "detail": "3 bytes; a record has at least 5",
        "source_topic": "touchpoints",
        "source_partition": 2,
        "source_offset": 77,
        "rule": None,
        "key": b"c1",
        "value": b"\x00\x01\xff",
        "headers": [{"key": "ce_id", "value": b"e1"}, {"key": "empty", "value": None}],
        "failed_at": 1_795_437_000_000,
    },
    "Verdict": {
        "outcome": "duplicate",
        "reason": "event_id",
        "topic": "touchpoints",
        "partition": 2,
        "offset": 77,
        "event_id": "e1",
        "source": "shop",
        "customer_id": "c1",
        "identified": True,
        "channel": "web",
        "type": "cart.added",
        "occurred_at": 1_795_422_600_000,
        "correlation_id": None,
        "session_id": "s1",
        "properties": {"price": 9.5},
    },
    "Cancellation": {
        "trigger_id": "t1",
        "decision_id": "d1",
        "moment_id": "m1",
        "customer_id": "c1",
        "action": "cart.help",
        "channel": "sms",
        "reason": "resolved",
        "cancelled_at": 1_795_437_000_000,
    },
    "Emotion": {
        "customer_id": "c1",
        "emotion": "frustrated",
        "level_before": 0.5,
        "level_after": 1.25,
        "cause": "moment",
        "cause_id": "0123456789abcdef0123456789abcdef",
        "cause_name": "queue.abandoned",
        "dominant": "frustrated",
        "occurred_at": 1_795_422_600_000,
        "at": 1_795_422_600_000,
        "definition_version": 1,
    },
}


def any_record(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any record that the newest schema of ``name`` allows."""
    made: st.SearchStrategy[dict[str, Any]] = _values(json.loads(newest_schemas()[name].text), {})
    return made


def _values(schema: Any, named: dict[str, Any]) -> st.SearchStrategy[Any]:
    if isinstance(schema, list):
        return st.one_of([_values(branch, named) for branch in schema])
    if isinstance(schema, str):
        return _values(named[schema], named) if schema in named else _PRIMITIVES[schema]
    kind = schema["type"]
    if kind in ("record", "enum"):
        named[schema["name"]] = schema
    if kind == "enum":
        return st.sampled_from(schema["symbols"])
    if kind == "record":
        return st.fixed_dictionaries({field["name"]: _values(field["type"], named) for field in schema["fields"]})
    if kind == "map":
        return st.dictionaries(st.text(max_size=8), _values(schema["values"], named), max_size=4)
    if kind == "array":
        return st.lists(_values(schema["items"], named), max_size=3)
    return _values(kind, named)


_PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "string": st.text(max_size=20),
    "bytes": st.binary(max_size=20),
}
