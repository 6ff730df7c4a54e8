"""Decisions in plain words: each with its checks, and the attempts at one contact as one sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from streams.outreach.quiet_hours import zone_of
from streams.telling.reason_words import check_words, reason_words
from streams.telling.records import Row


class ToldCheck(msgspec.Struct, kw_only=True):
    """One check: what it looked at, what came of it, and both in words."""

    name: str
    passed: bool
    reason: str
    inputs: dict[str, str]
    in_words: str


class ToldDecision(msgspec.Struct, kw_only=True):
    """One attempt to answer a moment; ``decided_at`` is ms UTC, ``final`` that no other follows."""

    decision_id: str
    attempt: int
    action: str
    action_class: str
    status: str
    reason: str
    final: bool
    channel: str | None
    policy: str
    policy_version: int
    decided_at: int
    in_words: str
    checks: list[ToldCheck]


class ToldCandidate(msgspec.Struct, kw_only=True):
    """A moment that could have been answered, and every decision on it in order; the last one holds.

    Attributes:
        decided: whether the last one is final.
        in_words: what became of it, in a sentence.
    """

    moment_id: str
    rule: str
    rule_version: int
    mode: str
    decided: bool
    in_words: str
    decisions: list[ToldDecision]


def told_candidates(decisions: Sequence[Row]) -> list[ToldCandidate]:
    """Every moment's decisions, moments in the order of their first decision; rows as ClickHouse has them."""
    by_moment: dict[str, list[Row]] = {}
    for row in sorted(decisions, key=lambda row: (row["at"], row["attempt"])):
        by_moment.setdefault(row["moment_id"], []).append(row)
    return [_candidate(rows) for rows in by_moment.values()]


def _candidate(rows: Sequence[Row]) -> ToldCandidate:
    rows = sorted(rows, key=lambda row: row["attempt"])
    last = rows[-1]
    return ToldCandidate(
        moment_id=last["moment_id"],
        rule=last["rule"],
        rule_version=last["rule_version"],
        mode=last["mode"],
        decided=last["final"],
        in_words=told_attempts(rows),
        decisions=[_decision(row) for row in rows],
    )


def _decision(row: Row) -> ToldDecision:
    zone = zone_in(row)
    checks = [
        ToldCheck(
            name=name,
            passed=passed,
            reason=reason,
            inputs=dict(inputs),
            in_words=check_words(name, inputs, passed, lambda ms: instant(ms, zone)),
        )
        for name, passed, reason, inputs in _checks(row)
    ]
    return ToldDecision(
        decision_id=row["decision_id"],
        attempt=row["attempt"],
        action=row["action"],
        action_class=row["action_class"],
        status=row["status"],
        reason=row["reason"],
        final=row["final"],
        channel=row["channel"],
        policy=row["policy"],
        policy_version=row["policy_version"],
        decided_at=row["at"],
        in_words=told_attempts([row]),
        checks=checks,
    )


def told_attempts(rows: Sequence[Row]) -> str:
    """What became of one contact, as a sentence.

    ``Not contacted: it was 22:40 in Lisbon, quiet until 08:00; tried again at 08:00: sent by sms.``
    """
    clauses = [_clause(row) for row in rows]
    text = clauses[0][:1].upper() + clauses[0][1:]
    for row, clause in zip(rows[1:], clauses[1:], strict=True):
        text += f"; tried again at {instant(str(_judged_at(row)), zone_in(row))}: {clause}"
    return f"{text}."


def _clause(row: Row) -> str:
    if row["status"] == "triggered":
        return f"sent by {row['channel']}"
    zone = zone_in(row)
    failed = next(((name, inputs) for name, passed, _, inputs in reversed(_checks(row)) if not passed), None)
    why = reason_words(row["reason"])
    if failed is not None:
        name, inputs = failed
        why = check_words(name, inputs, False, lambda ms: instant(ms, zone))
    begins = {"deferred": "not contacted yet", "cancelled": "called off"}.get(row["status"], "not contacted")
    return f"{begins}: {why}"


def zone_in(row: Row) -> ZoneInfo | None:
    """The customer's time zone where a check has named a known one."""
    for _, _, _, inputs in _checks(row):
        for name in ("zone", "time_zone"):
            if (zone := zone_of(inputs.get(name, ""))) is not None:
                return zone
    return None


def instant(ms: str, zone: ZoneInfo | None = None) -> str:
    """``2026-07-05 22:40 in Lisbon``, or with ``UTC`` where no zone is known; what is no instant stays as it is."""
    if not ms.lstrip("-").isdecimal():
        return ms
    at = datetime.fromtimestamp(int(ms) / 1000, zone or UTC)
    place = "UTC" if zone is None else f"in {zone.key.rpartition('/')[2].replace('_', ' ')}"
    return f"{at:%Y-%m-%d %H:%M} {place}"


def _judged_at(row: Row) -> int:
    for _, _, _, inputs in _checks(row):
        if inputs.get("now", "").isdecimal():
            return int(inputs["now"])
    return int(row["at"])


def _checks(row: Row) -> list[tuple[str, bool, str, dict[str, str]]]:
    parts: Iterable[tuple[str, bool, str, dict[str, str]]] = zip(
        row["check_names"], row["check_passed"], row["check_reasons"], row["check_inputs"], strict=True
    )
    return list(parts)
