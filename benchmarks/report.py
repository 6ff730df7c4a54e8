"""What a benchmark found: a table for people, the same rows for machines."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kafka.jars import POM, java

_STARTED = time.monotonic()


@dataclass
class Table:
    """One benchmark's result; rows are dicts with the same keys, in the order of the columns."""

    name: str
    title: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def show(self) -> None:
        """Print it."""
        print(f"\n{self.name}: {self.title}")
        if self.rows:
            columns = list(self.rows[0])
            cells = [columns, *([_cell(row[column]) for column in columns] for row in self.rows)]
            widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
            lines = [list(map(_aligned, line, widths, range(len(columns)))) for line in cells]
            lines.insert(1, ["-" * width for width in widths])
            for line in lines:
                print("  " + "  ".join(line))
        for note in self.notes:
            print(f"  . {note}")
        print(flush=True)


def progress(text: str) -> None:
    """A line on stderr, with the seconds since the start."""
    print(f"[{time.monotonic() - _STARTED:6.0f} s] {text}", file=sys.stderr, flush=True)


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    return {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "cpu": _cpu(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "broker": f"Apache Kafka {_kafka_version()}, one broker on the same machine, {_java_version()}",
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value with at least ``share`` of the values at or below it (nearest rank)."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))
    return ordered[int(rank) - 1]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _aligned(cell: str, width: int, at: int) -> str:
    return cell.ljust(width) if at == 0 else cell.rjust(width)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _kafka_version() -> str:
    text = POM.read_text()
    return text.partition("kafka_2.13</artifactId>")[2].partition("<version>")[2].partition("<")[0]


def _java_version() -> str:
    done = subprocess.run([java(), "-version"], capture_output=True, text=True)
    return (done.stderr or done.stdout).splitlines()[0]
