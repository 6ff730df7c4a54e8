"""How far the loader is: for people, the demo and metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


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
    """

    rows: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    batches: int = 0
    resent: int = 0
    lag: int = 0
    caught_up: bool = False
    stalled: str = ""
