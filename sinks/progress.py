"""How far the loader is: for people, the demo and metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic


@dataclass(slots=True)
class Progress:
    """Counts since this loader started.

    Attributes:
        rows: rows sent and confirmed, by table (a resent batch counts, though ClickHouse drops it).
        skipped: records that gave no row, by topic (full name) and reason.
        batches: inserts confirmed.
        resent: of them, promises found open.
        lag: records of our partitions not settled yet; transaction markers may count.
        caught_up: everything there was to read is settled.
        stalled: why nothing moves; empty while it does.
        positions: the first offset that is not settled, by topic (full name) and partition, of those that are ours.
        was_dealt: the group has dealt partitions (maybe none) at least once.
        told_at: when the loader last said anything, monotonic seconds.
        settled_at: when batches were last settled, monotonic seconds; at first, when the loader began.
        succeeded_at: the same in seconds since 1970, UTC; 0 before the first.
    """

    rows: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    batches: int = 0
    resent: int = 0
    lag: int = 0
    caught_up: bool = False
    stalled: str = ""
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    was_dealt: bool = False
    told_at: float = field(default_factory=monotonic)
    settled_at: float = field(default_factory=monotonic)
    succeeded_at: float = 0.0
