"""A plain Faust agent that counts events per customer in a Table: one write an event."""

from __future__ import annotations

import os
import sys
from typing import Any

import faust

from benchmarks.peers.stopwatch import Stopwatch, arguments

bootstrap, topic_name, app_id, folder, records = arguments()
app = faust.App(
    app_id,
    broker=f"kafka://{bootstrap}",
    datadir=folder / "faust",
    value_serializer="raw",
    key_serializer="raw",
    topic_partitions=4,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)
touchpoints = app.topic(topic_name, key_type=bytes, value_type=bytes)
counts = app.Table("counts", default=int, key_type=bytes, value_type=int, partitions=4)
stopwatch = Stopwatch(records, folder / "result.json")


@app.agent(touchpoints)
async def count(stream: Any) -> None:
    """Count the customer's events."""
    async for customer_id, _ in stream.items():  # noqa: PERF102 (a stream, no dict)
        counts[customer_id] += 1
        if stopwatch.lap():
            os._exit(0)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "worker", "--loglevel", "warn"]
    app.main()
