"""Promises to a customer that are neither kept nor past, out of what the promise rules remember. Pure."""

from __future__ import annotations

import msgspec

from schemas import Value
from streams.detection import DetectionState
from streams.detection.memory import PromiseState


class DuePromise(msgspec.Struct, kw_only=True):
    """An open promise; times are ms UTC.

    Attributes:
        promise_id: what its touchpoints agree on, as the rules' ``by`` says; several parts joined by blanks.
        channel: on which it was made.
        facts: what the rules keep of the touchpoint that made it.
    """

    promise_id: str
    made_at: int
    due_at: int
    quantity: int | float | None
    channel: str
    correlation_id: str | None
    facts: dict[str, Value]


def promises_due(state: DetectionState) -> list[DuePromise]:
    """Open promises, the next one due first; one that several rules follow is there once."""
    found: dict[tuple[tuple[str | None, ...], int], DuePromise] = {}
    for known in state.rules.values():
        memory = known.memory
        if not isinstance(memory, PromiseState):
            continue
        for entry in memory.entries:
            if entry.made_at is None or entry.due is None or entry.ended_at is not None:
                continue
            made = state.evidence[entry.refs[0]]
            promise = found.get((entry.key, entry.due))
            if promise is not None:
                promise.facts |= made.kept or {}
                continue
            found[entry.key, entry.due] = DuePromise(
                promise_id=" ".join(_readable(part) for part in entry.key),
                made_at=entry.made_at,
                due_at=entry.due,
                quantity=entry.quantity,
                channel=made.channel,
                correlation_id=made.correlation_id,
                facts=dict(made.kept or {}),
            )
    return sorted(found.values(), key=lambda promise: (promise.due_at, promise.promise_id))


def _readable(token: str | None) -> str:
    """A key's token as a person would write the value: what is no text carries a leading byte 0."""
    return (token or "").removeprefix("\0")
