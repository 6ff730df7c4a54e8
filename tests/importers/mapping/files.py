"""Files of a test, and what a mapping makes of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

from schemas import Touchpoint
from streams.importers import EventLog, parse_mapping

ORDERS = """\
id: orders
format: csv
source: shop
event_id: "{id}"
customer_id: "{customer}"
channel: web
type: order.completed
occurred_at: "{at}"
"""
AT = "2026-11-23T09:00:00Z"
AT_MS = 1_795_424_400_000


class Read:
    """A log that has been read: its touchpoints and refusals as plain lists."""

    def __init__(self, log: EventLog) -> None:
        self.touchpoints: list[Touchpoint] = list(log.touchpoints)
        self.refused = [(refused.row, refused.reason) for refused in sorted(log.refused)]
        self.skipped = dict(log.skipped)
        self.violations = dict(log.violations)
        self.repeated = log.repeated()
        self.unseen = [reference.name for reference in log.unseen]

    @property
    def properties(self) -> list[dict[str, Any]]:
        """Of each touchpoint."""
        return [dict(touchpoint["properties"]) for touchpoint in self.touchpoints]

    def all(self, field: str) -> list[Any]:
        """One field of each touchpoint."""
        return [touchpoint[field] for touchpoint in self.touchpoints]  # type: ignore[literal-required]


def changed(text: str, **lines: str) -> str:
    """A mapping with top-level lines replaced or added."""
    kept = [line for line in text.splitlines() if line.split(":")[0] not in lines]
    return "\n".join([*kept, *(f"{key}: {dedent(value)}" for key, value in lines.items())]) + "\n"


def read(mapping: str, data: str | bytes, folder: Path, name: str = "data.csv", run_items: int = 100_000) -> Read:
    """What the mapping makes of a file with these contents."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with EventLog(run_items) as log:
        log.read(parse_mapping(mapping, "mapping.yaml"), path)
        return Read(log)
