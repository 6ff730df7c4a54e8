"""The topics: names, and the configuration each needs."""

from __future__ import annotations

from dataclasses import dataclass, field

TOUCHPOINTS = "touchpoints"
MOMENTS = "moments"
DECISIONS = "decisions"
TRIGGERS = "outreach.triggers"
VERDICTS = "verdicts"
EMOTIONS = "emotions"
DEAD = "touchpoints.dead"
CHANGELOG = "customers-changelog"
DEAD_DELIVERIES = "deliveries.dead"

_DAY_MS = 86_400_000
_MB = 1_048_576


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and its broker-side configuration."""

    name: str
    config: dict[str, str] = field(default_factory=dict)


def _log(name: str, days: int, max_mb: int = 2, timestamps: str = "LogAppendTime") -> Topic:
    return Topic(
        name,
        {
            "cleanup.policy": "delete",
            "retention.ms": str(days * _DAY_MS),
            "max.message.bytes": str(max_mb * _MB),
            "message.timestamp.type": timestamps,
        },
    )


TOPICS: tuple[Topic, ...] = (
    _log(TOUCHPOINTS, 30),
    _log(MOMENTS, 30),
    _log(DECISIONS, 30),
    _log(TRIGGERS, 30),
    _log(VERDICTS, 30),
    _log(EMOTIONS, 30),
    _log(DEAD, 30, max_mb=4),
    _log(DEAD_DELIVERIES, 30, max_mb=4),
    Topic(
        CHANGELOG,
        {
            "cleanup.policy": "compact",
            "max.message.bytes": str(4 * _MB),
            "message.timestamp.type": "LogAppendTime",
            "min.cleanable.dirty.ratio": "0.3",
            "segment.bytes": str(64 * _MB),
        },
    ),
)
"""All topics; every one has the same number of partitions."""
