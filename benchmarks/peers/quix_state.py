"""Quix Streams, counting events per customer in its state: one write an event, a commit a second."""

from __future__ import annotations

import os
from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found]

from benchmarks.peers.stopwatch import Stopwatch, arguments

bootstrap, topic_name, app_id, folder, records = arguments()
app = Application(
    broker_address=bootstrap,
    consumer_group=app_id,
    state_dir=str(folder / "quix"),
    auto_offset_reset="earliest",
    commit_interval=1.0,
    loglevel="WARNING",
)
touchpoints = app.topic(topic_name, key_deserializer="bytes", value_deserializer="bytes")
stopwatch = Stopwatch(records, folder / "result.json")


def count(value: Any, state: State) -> None:
    """Count the customer's events."""
    state.set("count", state.get("count", 0) + 1)
    if stopwatch.lap():
        os._exit(0)


if __name__ == "__main__":
    app.dataframe(touchpoints).update(count, stateful=True)
    app.run()
