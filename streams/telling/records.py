"""What ClickHouse knows of a customer or of an event, as plain rows; times are ms UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickhouse_connect.driver.client import Client

Row = dict[str, Any]

_TOUCHPOINTS = """
SELECT toUnixTimestamp64Milli(t.occurred_at) AS at, t.topic AS topic, t.partition AS partition, t.offset AS offset,
       t.event_id AS event_id, t.source AS source, t.customer_id AS customer_id, t.channel AS channel, t.type AS type,
       t.correlation_id AS correlation_id, t.properties AS properties, v.outcome AS outcome,
       v.outcome_reason AS outcome_reason
FROM touchpoints AS t
LEFT JOIN verdicts AS v
    ON v.touchpoint_topic = t.topic AND v.touchpoint_partition = t.partition AND v.touchpoint_offset = t.offset
WHERE {where}
ORDER BY at, partition, offset
"""
_MOMENTS = """
SELECT toUnixTimestamp64Milli(detected_at) AS at, moment_id, rule, rule_version, customer_id, emotion, intensity,
       phase, channel, correlation_id, context, mode, toUnixTimestamp64Milli(expires_at) AS expires_at,
       evidence.event_id AS evidence_ids, evidence.type AS evidence_types, evidence.channel AS evidence_channels,
       arrayMap(time -> toUnixTimestamp64Milli(time), evidence.occurred_at) AS evidence_times
FROM moments WHERE {where} ORDER BY at, moment_id
"""
_DECISIONS = """
SELECT toUnixTimestamp64Milli(decided_at) AS at, decision_id, moment_id, rule, rule_version, action, action_class,
       attempt, status, reason, final, channel, policy, policy_version, mode, checks.name AS check_names,
       checks.passed AS check_passed, checks.reason AS check_reasons, checks.inputs AS check_inputs
FROM decisions WHERE {where} ORDER BY at, decision_id
"""
_TRIGGERS = """
SELECT toUnixTimestamp64Milli(created_at) AS at, trigger_id, decision_id, moment_id, action, purpose, channel,
       template, emotion, context, toUnixTimestamp64Milli(deliver_until) AS deliver_until
FROM triggers WHERE {where} ORDER BY at, trigger_id
"""
_CANCELLATIONS = """
SELECT toUnixTimestamp64Milli(cancelled_at) AS at, trigger_id, decision_id, moment_id, action, channel, reason
FROM outreach_cancellations WHERE {where} ORDER BY at, trigger_id
"""
_DEAD = """
SELECT toUnixTimestamp64Milli(failed_at) AS at, stage, reason, detail, source_topic AS topic,
       source_partition AS partition, source_offset AS offset, rule, length(value) AS bytes
FROM dead_letters WHERE {where} ORDER BY at, partition, offset
"""


class Records(NamedTuple):
    """Everything about one customer or one event, each list in the order of time."""

    touchpoints: list[Row]
    moments: list[Row]
    decisions: list[Row]
    triggers: list[Row]
    dead: list[Row]
    cancellations: list[Row]


def of_customer(client: Client, customer_id: str) -> Records:
    """All that concerns a customer."""
    key = {"customer": customer_id}
    where = "customer_id = {customer:String}"
    return Records(
        touchpoints=_rows(client, _TOUCHPOINTS, f"t.{where}", key),
        moments=_rows(client, _MOMENTS, where, key),
        decisions=_rows(client, _DECISIONS, where, key),
        triggers=_rows(client, _TRIGGERS, where, key),
        dead=_rows(client, _DEAD, "key = {customer:String}", key),
        cancellations=_rows(client, _CANCELLATIONS, where, key),
    )


def decisions_on(client: Client, customer_id: str, moment_id: str | None = None) -> list[Row]:
    """The decisions on a customer, or on one of the customer's moments."""
    return _rows(client, _DECISIONS, *_whose(customer_id, moment_id))


def cancellations_on(client: Client, customer_id: str, moment_id: str | None = None) -> list[Row]:
    """What was asked for and then called off, of a customer or of one of the customer's moments."""
    return _rows(client, _CANCELLATIONS, *_whose(customer_id, moment_id))


def of_event(client: Client, event_id: str) -> Records:
    """What became of the events of this id (ids are unique per source only)."""
    key: dict[str, Any] = {"event": event_id}
    touchpoints = _rows(client, _TOUCHPOINTS, "t.event_id = {event:String}", key)
    moments = _rows(client, _MOMENTS, "has(evidence.event_id, {event:String})", key)
    of_moments = "moment_id IN {moments:Array(String)}"
    moment_ids = {"moments": [moment["moment_id"] for moment in moments]}
    return Records(
        touchpoints=touchpoints,
        moments=moments,
        decisions=_rows(client, _DECISIONS, of_moments, moment_ids),
        triggers=_rows(client, _TRIGGERS, of_moments, moment_ids),
        dead=_dead_of_event(client, event_id, touchpoints),
        cancellations=_rows(client, _CANCELLATIONS, of_moments, moment_ids),
    )


def _dead_of_event(client: Client, event_id: str, touchpoints: Sequence[Row]) -> list[Row]:
    """Dead letters that bear the id in their CloudEvents header, or stand where its touchpoints do."""
    places = [(row["partition"], row["offset"]) for row in touchpoints]
    named = "arrayExists((name, value) -> name = 'ce_id' AND value = {event:String}, headers.key, headers.value)"
    found = _rows(client, _DEAD, named, {"event": event_id})
    known = {(row["partition"], row["offset"]) for row in found}
    for partition, offset in places:
        if (partition, offset) not in known:
            where = "source_partition = {partition:Int32} AND source_offset = {offset:Int64}"
            found += _rows(client, _DEAD, where, {"partition": partition, "offset": offset})
    return found


def _whose(customer_id: str, moment_id: str | None) -> tuple[str, dict[str, Any]]:
    if moment_id is None:
        return "customer_id = {customer:String}", {"customer": customer_id}
    where = "customer_id = {customer:String} AND moment_id = {moment:String}"
    return where, {"customer": customer_id, "moment": moment_id}


def _rows(client: Client, statement: str, where: str, parameters: dict[str, Any]) -> list[Row]:
    from sinks.connection import asking

    with asking(client):
        # {where} is a part of the text of ours, never of a caller's; values go as parameters.
        return list(client.query(statement.replace("{where}", where), parameters=parameters).named_results())
