"""Times a peer from within: from the end of its warm-up to its last record. Needs only Python."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

WARM_UP = 2_000
"""Records before the clock starts."""


class Stopwatch:
    """Count records with :meth:`lap`; at the last one the result is written."""

    def __init__(self, records: int, result: Path) -> None:
        """
        Args:
            records: how many there will be.
            result: the file to write.
        """
        self._records = records
        self._result = result
        self._handled = 0
        self._started = 0.0

    def lap(self) -> bool:
        """One more record was handled; whether it was the last."""
        self._handled += 1
        if self._handled == WARM_UP:
            self._started = time.perf_counter()
        if self._handled != self._records:
            return False
        seconds = time.perf_counter() - self._started
        partial = self._result.with_suffix(".partial")
        partial.write_text(json.dumps({"records": self._records - WARM_UP, "seconds": seconds}))
        partial.rename(self._result)
        return True


def arguments() -> tuple[str, str, str, Path, int]:
    """Broker, topic, application id, folder and number of records, as the peer was called."""
    _, bootstrap, topic, app_id, folder, records = sys.argv
    return bootstrap, topic, app_id, Path(folder), int(records)
