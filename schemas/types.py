"""The records of the contract as Python sees them: plain dicts, typed.

Times are int milliseconds since 1970, UTC. Field meanings stand in the ``.avsc`` files.
"""

from __future__ import annotations

from typing import Literal, TypedDict

Value = None | bool | int | float | str
Properties = dict[str, Value]

RecordName = Literal[
    "Touchpoint", "Control", "Moment", "Decision", "Trigger", "DeadLetter", "Verdict", "Emotion", "Cancellation"
]


class Touchpoint(TypedDict):
    """Whatever a customer does, says or is told, on any channel."""

    event_id: str
    source: str
    customer_id: str
    identified: bool
    channel: str
    type: str
    occurred_at: int
    correlation_id: str | None
    session_id: str | None
    identities: dict[str, str]
    properties: Properties


Clock = TypedDict("Clock", {"mode": str, "from": int | None, "to": int | None})
"""How a partition's clock advances: mode ``live`` or ``event``."""


class Activation(TypedDict):
    """One definition (rule or policy) with its full text, and what becomes of it."""

    kind: str
    id: str
    version: int
    text: str
    digest: str
    change: str


class Control(TypedDict):
    """Time, clock mode or activation: a record that is no customer's."""

    kind: str
    at: int | None
    clock: Clock | None
    activation: Activation | None


class Evidence(TypedDict):
    """A touchpoint that a moment rests on."""

    event_id: str
    source: str
    type: str
    channel: str
    occurred_at: int


class Moment(TypedDict):
    """An emotional-state moment of one customer."""

    moment_id: str
    rule: str
    rule_version: int
    customer_id: str
    identified: bool
    emotion: str
    intensity: float
    phase: str
    channel: str
    correlation_id: str | None
    evidence: list[Evidence]
    context: Properties
    opened_at: int
    detected_at: int
    expires_at: int
    mode: str


class Check(TypedDict):
    """One check of a decision."""

    name: str
    passed: bool
    reason: str
    inputs: dict[str, str]


class Decision(TypedDict):
    """What was decided about a moment, and why."""

    decision_id: str
    moment_id: str
    customer_id: str
    rule: str
    rule_version: int
    action: str
    action_class: str
    attempt: int
    status: str
    reason: str
    checks: list[Check]
    final: bool
    channel: str | None
    policy: str
    policy_version: int
    decided_at: int
    mode: str


class Trigger(TypedDict):
    """One outreach to carry out, once per ``trigger_id``."""

    trigger_id: str
    decision_id: str
    moment_id: str
    customer_id: str
    rule: str
    rule_version: int
    action: str
    purpose: str
    channel: str
    template: str
    emotion: str
    intensity: float
    context: Properties
    evidence: list[Evidence]
    not_before: int
    deliver_until: int
    expires_at: int
    created_at: int
    sandbox: bool


class Cancellation(TypedDict):
    """A trigger that must not be carried out any more, if it has not been yet."""

    trigger_id: str
    decision_id: str
    moment_id: str
    customer_id: str
    action: str
    channel: str
    reason: str
    cancelled_at: int


class Header(TypedDict):
    """One original Kafka header."""

    key: str
    value: bytes | None


class DeadLetter(TypedDict):
    """A record that could not be processed, with its original bytes."""

    stage: str
    reason: str
    detail: str
    source_topic: str
    source_partition: int
    source_offset: int
    rule: str | None
    key: bytes | None
    value: bytes | None
    headers: list[Header]
    failed_at: int


class Verdict(TypedDict):
    """Why a readable touchpoint was not accepted."""

    outcome: str
    reason: str
    topic: str
    partition: int
    offset: int
    event_id: str
    source: str
    customer_id: str
    identified: bool
    channel: str
    type: str
    occurred_at: int
    correlation_id: str | None
    session_id: str | None
    properties: Properties


class Emotion(TypedDict):
    """One of a customer's six emotional levels moved."""

    customer_id: str
    emotion: str
    level_before: float
    level_after: float
    cause: str
    cause_id: str
    cause_name: str
    dominant: str | None
    occurred_at: int
    at: int
    definition_version: int
