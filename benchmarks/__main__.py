"""``python -m benchmarks [NAME] [OPTIONS]``: all benchmarks at full count, or one as small as wanted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.report import Table, machine, progress
from tests.kafka.jars import BrokerUnavailable

RESULT = Path("bench.json")


def main(argv: list[str] | None = None) -> int:
    """Run what was asked for, print its tables, write ``bench.json``; the exit code."""
    chosen = _parser().parse_args(argv)
    benchmarks = [chosen.benchmark] if chosen.name else [default for default in _everything()]
    tables: list[Table] = []
    try:
        about = machine()
        for benchmark in benchmarks:
            tables.append(benchmark(chosen))
            tables[-1].show()
    except (BrokerUnavailable, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("measured on: " + "; ".join(f"{name} {value}" for name, value in about.items()))
    found = [{"name": table.name, "title": table.title, "rows": table.rows, "notes": table.notes} for table in tables]
    RESULT.write_text(json.dumps({"machine": about, "benchmarks": found}, indent=2) + "\n")
    progress(f"written to {RESULT}")
    return 0
