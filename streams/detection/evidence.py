"""Evidence: what is remembered of a touchpoint that a moment may rest on."""

from __future__ import annotations

import msgspec

from schemas.types import Evidence as EvidenceRecord
from schemas.types import Touchpoint, Value
from streams.detection.fields import Getter

MAX_KEPT = 1_000
"""Most characters kept of a text: state and moments must fit into a record whatever is published."""

Keep = tuple[tuple[str, Getter | None], ...]
"""Names of values to keep, and how to get each; None: it is the property of that name."""
Table = dict[int, "Evidence"]
"""A customer's evidence by reference. References grow, so the last one is the newest arrival."""


class Evidence(msgspec.Struct, array_like=True, gc=False):
    """A touchpoint in short. ``occurred_at`` is ms UTC; ``customer_id`` is the one published."""

    event_id: str
    source: str
    customer_id: str
    type: str
    channel: str
    occurred_at: int
    correlation_id: str | None
    kept: dict[str, Value] | None = None
    """Values that a rule's ``keep`` asks for; None where there are none."""
    held: int = 0
    """How many windows and partial matches refer to it; at 0 it leaves the table."""

    def record(self) -> EvidenceRecord:
        """The record of it in a moment."""
        return {
            "event_id": self.event_id,
            "source": self.source,
            "type": self.type,
            "channel": self.channel,
            "occurred_at": self.occurred_at,
        }


def evidence_of(touchpoint: Touchpoint, keep: Keep) -> Evidence:
    """Evidence of a touchpoint, with those of the ``keep`` values that it has."""
    kept: dict[str, Value] = {}
    properties = touchpoint["properties"]
    for name, get in keep:
        value = properties.get(name) if get is None else get(touchpoint)
        if value is not None:
            kept[name] = value[:MAX_KEPT] if type(value) is str else value
    return Evidence(
        touchpoint["event_id"],
        touchpoint["source"],
        touchpoint["customer_id"],
        touchpoint["type"],
        touchpoint["channel"],
        touchpoint["occurred_at"],
        touchpoint["correlation_id"],
        kept or None,
    )
