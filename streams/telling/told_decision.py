"""Decisions in plain words: each with its checks, and the attempts at one contact as one sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from streams.outreach.quiet_hours import zone_of
from streams.telling.instants import Instants
from streams.telling.reason_words import Looked, channel_words, check_words, reason_words
from streams.telling.records import Row

_TOLD_BY_CHECK = frozenset({"cool_down", "quiet_hours", "capacity", "arbitration", "pause", "frequency_cap", "holdout"})
"""Checks whose own sentence says more than the reason does; of the others the reason is plainer."""


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
        called_off_at: when a contact that was asked for was taken back, ms UTC; it may have gone out before.
        called_off_reason: why, as ``resolved``.
    """

    moment_id: str
    rule: str
    rule_version: int
    mode: str
    decided: bool
    in_words: str
    decisions: list[ToldDecision]
    called_off_at: int | None
    called_off_reason: str | None


def told_candidates(decisions: Sequence[Row], cancellations: Sequence[Row] = ()) -> list[ToldCandidate]:
    """Every moment's decisions, moments in the order of their first decision; rows as ClickHouse has them."""
    called_off = {row["decision_id"]: row for row in cancellations}
    by_moment: dict[str, list[Row]] = {}
    for row in sorted(decisions, key=lambda row: (row["at"], row["attempt"])):
        by_moment.setdefault(row["moment_id"], []).append(row)
    return [_candidate(rows, called_off) for rows in by_moment.values()]


def _candidate(rows: Sequence[Row], called_off: Mapping[str, Row]) -> ToldCandidate:
    rows = sorted(rows, key=lambda row: row["attempt"])
    last = rows[-1]
    taken_back = called_off.get(last["decision_id"])
    return ToldCandidate(
        moment_id=last["moment_id"],
        rule=last["rule"],
        rule_version=last["rule_version"],
        mode=last["mode"],
        decided=last["final"],
        in_words=told_attempts(rows, taken_back),
        decisions=[_decision(row) for row in rows],
        called_off_at=taken_back["at"] if taken_back else None,
        called_off_reason=taken_back["reason"] if taken_back else None,
    )


def _decision(row: Row) -> ToldDecision:
    at = Instants(zone_in([row]))
    checks = [
        ToldCheck(
            name=name,
            passed=passed,
            reason=reason,
            inputs=dict(inputs),
            in_words=check_words(name, Looked(reason, inputs, at)),
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


def told_attempts(rows: Sequence[Row], called_off: Row | None = None) -> str:
    """What became of one contact, as a sentence; each attempt is told by the customer's wall clock.

    ``called_off`` is the cancellation of what the last one asked for.

    ``Not contacted: it was 22:40 in Lisbon, quiet until 08:00; tried again at 08:00: sent by SMS.``
    """
    at = Instants(zone_in(rows))
    text = _clause(rows[0], at)
    text = text[:1].upper() + text[1:]
    for before, row in pairwise(rows):
        judged_at = at.after(judged_at_of(row), judged_at_of(before))
        if row["status"] == "cancelled":
            text += f"; {_clause(row, at)}"
        else:
            text += f"; tried again at {judged_at}: {_clause(row, at)}"
    if called_off is not None:
        taken_back_at = at.after(called_off["at"], judged_at_of(rows[-1]))
        text += f"; called off at {taken_back_at}, unless it had gone out: {reason_words(called_off['reason'])}"
    return f"{text}."


def _clause(row: Row, at: Instants) -> str:
    if row["status"] == "triggered":
        rehearsed = any(name == "sandbox" for name, *_ in _checks(row))
        return f"{'rehearsed, not sent,' if rehearsed else 'sent'} by {channel_words(row['channel'])}"
    failed = next((check for check in reversed(_checks(row)) if not check[1]), None)
    why = reason_words(row["reason"])
    if failed is not None:
        name, _, reason, inputs = failed
        why = check_words(name, Looked(reason, inputs, at)) if name in _TOLD_BY_CHECK else why
    return f"{'called off' if row['status'] == 'cancelled' else 'not contacted'}: {why}"


def zone_in(rows: Sequence[Row]) -> ZoneInfo | None:
    """The customer's time zone where a check has named a known one."""
    for row in rows:
        for _, _, _, inputs in _checks(row):
            if (zone := zone_of(inputs.get("zone", ""))) is not None:
                return zone
    return None


def judged_at_of(row: Row) -> int:
    """When it was judged, ms UTC: by the check that looked at the time, else when it is dated."""
    for _, _, _, inputs in _checks(row):
        if inputs.get("now", "").isdecimal():
            return int(inputs["now"])
    return int(row["at"])


def _checks(row: Row) -> list[tuple[str, bool, str, dict[str, str]]]:
    return list(zip(row["check_names"], row["check_passed"], row["check_reasons"], row["check_inputs"], strict=True))
