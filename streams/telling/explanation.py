"""One contact explained to its end: every check of every decision, numbered, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streams.telling.story import when
from streams.telling.told_decision import ToldCandidate, ToldDecision


def sentences(candidates: Sequence[ToldCandidate]) -> list[str]:
    """A line for each moment: what became of its contact, and the id by which to ask further."""
    return [
        f"{when(one.decisions[0].decided_at)}  {_what(one)}: {one.in_words} (moment {one.moment_id})"
        for one in candidates
    ]


def explanation(candidate: ToldCandidate) -> list[str]:
    """All that is known of why: decisions in order, each with its checks in the order in which they were made."""
    lines = [f"moment {candidate.moment_id}: {candidate.rule} v{candidate.rule_version}, mode {candidate.mode}"]
    lines.append(candidate.in_words)
    if not candidate.decided:
        lines.append("It is not decided for good: the last decision was to wait.")
    for decision in candidate.decisions:
        lines += _decision(decision)
    return lines


def _decision(decision: ToldDecision) -> Iterator[str]:
    action = f"{decision.action} ({decision.action_class})" if decision.action else "no action"
    channel = f" by {decision.channel}" if decision.channel else ""
    yield (
        f"{when(decision.decided_at)}  decision {decision.attempt}: {decision.status}{channel}, {decision.reason}; "
        f"{action}; policy {decision.policy} v{decision.policy_version}"
    )
    for number, check in enumerate(decision.checks, 1):
        yield f"  {number:2}. {check.name}: {'passed' if check.passed else check.reason}: {check.in_words}"


def _what(candidate: ToldCandidate) -> str:
    action = candidate.decisions[-1].action
    return f"{action} for {candidate.rule}" if action else candidate.rule
