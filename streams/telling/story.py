"""A customer's or an event's story in plain words, from rows of ClickHouse. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from streams.telling.reason_words import REASON_WORDS
from streams.telling.records import Records, Row

_FIRST_PLAUSIBLE_MS = 100_000_000_000


def when(ms: int) -> str:
    """``1999-01-05 08:16:10``, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def story(records: Records) -> list[str]:
    """One line for each thing that happened, in the order of time; UTC.

    What was concluded stands right under what it was concluded from.
    """
    decisions = _by(records.decisions, "moment_id")
    triggers = _by(records.triggers, "decision_id")
    told: list[tuple[int, int, list[str]]] = []
    told += [(row["at"], 0, [_touchpoint(row)]) for row in records.touchpoints]
    told += [(row["at"], 1, [_dead(row)]) for row in records.dead]
    told += [(row["at"], 4, [_called_off(row)]) for row in records.cancellations]
    for moment in records.moments:
        answers = decisions.pop(moment["moment_id"], [])
        lines = [_moment(moment), *_answers(answers, triggers)]
        told.append((moment["at"], 2, lines))
    for unexplained in decisions.values():
        told.append((unexplained[0]["at"], 3, list(_answers(unexplained, triggers))))
    told.sort(key=lambda item: item[:2])
    return [line for _, _, lines in told for line in lines]


def facts(named: Mapping[str, str]) -> str:
    """``place Lisbon, due_at 2026-12-02 09:00:00``: names and values, times for people."""
    return ", ".join(
        f"{name} {_readable(value) if name.endswith('_at') or name == 'since' else value}"
        for name, value in sorted(named.items())
    )


def why_not(reason: str) -> str:
    """A reason in plain words, with the word that the records carry."""
    return f"{REASON_WORDS[reason]} ({reason})" if reason in REASON_WORDS else reason


def _touchpoint(row: Row) -> str:
    told = facts({name: value for name, value in row["properties"].items() if value})
    line = f"{when(row['at'])}  {row['type']}" + (f" ({told})" if told else "")
    if row["outcome"]:
        line += f"  [not counted: {row['outcome']}, {row['outcome_reason'] or 'no reason given'}]"
    return line


def _dead(row: Row) -> str:
    place = f"{row['topic']}[{row['partition']}] offset {row['offset']}"
    return f"{when(row['at'])}  dead letter at {place}: {row['reason']} in stage {row['stage']}; {row['detail']}"


def _called_off(row: Row) -> str:
    return f"{when(row['at'])}    called off: {row['action']} by {row['channel']}, {why_not(row['reason'])}"


def _moment(row: Row) -> str:
    evidence = ", ".join(
        f"{kind} {when(at)}" for kind, at in zip(row["evidence_types"], row["evidence_times"], strict=True)
    )
    kind = f"{row['rule']} v{row['rule_version']}"
    if row["phase"] == "resolved":
        return f"{when(row['at'])}  * resolved: {kind}, by {evidence}"
    return f"{when(row['at'])}  * {row['emotion']}: {kind}, because of {evidence}"


def _answers(decisions: Iterable[Row], triggers: dict[str, list[Row]]) -> Iterator[str]:
    for row in decisions:
        action = row["action"] or "no action"
        if row["status"] == "triggered":
            yield f"{when(row['at'])}    -> {action}: triggered on {row['channel']}; checks: {_checks(row)}"
        else:
            yield f"{when(row['at'])}    -> {action}: {row['status']}, {why_not(row['reason'])}; checks: {_checks(row)}"
        for trigger in triggers.get(row["decision_id"], ()):
            yield (
                f"{when(trigger['at'])}       outreach asked for: {trigger['template']} by {trigger['channel']} "
                f"for {trigger['purpose']}, no later than {when(trigger['deliver_until'])}"
            )


def _checks(row: Row) -> str:
    made = zip(row["check_names"], row["check_passed"], row["check_inputs"], strict=True)
    return ", ".join(name if passed else f"{name} failed{_inputs(inputs)}" for name, passed, inputs in made) or "none"


def _inputs(inputs: dict[str, str]) -> str:
    named = ", ".join(f"{name} {_readable(value)}" for name, value in sorted(inputs.items()))
    return f" ({named})" if named else ""


def _readable(value: str) -> str:
    if value.isdecimal() and int(value) > _FIRST_PLAUSIBLE_MS:
        return when(int(value))
    return value


def _by(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found
