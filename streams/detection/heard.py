"""Moments as rules of the second stratum hear them."""

from __future__ import annotations

from schemas.types import Properties, Touchpoint
from streams.detection.firing import Firing
from streams.detection.moment_types import MOMENT_DETECTED, MOMENT_SOURCE


def heard_moment(firing: Firing, customer_id: str, identified: bool, felt_at: int) -> Touchpoint:
    """A moment as rules of the second stratum hear it.

    Its properties are the moment's context and its ``emotion``, ``intensity``, ``rule`` and ``rule_version``;
    it occurred at ``felt_at`` (ms UTC), its id is the moment's.
    """
    rule = firing.rule
    own: Properties = {
        "emotion": firing.emotion,
        "intensity": rule.intensity,
        "rule": rule.id,
        "rule_version": rule.version,
    }
    properties = {**firing.context, **own}
    return {
        "event_id": firing.moment_id,
        "source": MOMENT_SOURCE,
        "customer_id": customer_id,
        "identified": identified,
        "channel": firing.channel,
        "type": MOMENT_DETECTED,
        "occurred_at": felt_at,
        "correlation_id": firing.correlation_id,
        "session_id": None,
        "identities": {},
        "properties": {name: properties[name] for name in sorted(properties)},
    }
