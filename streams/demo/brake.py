"""Keeps a publisher from running away from its slowest reader.

The embedded broker drops the oldest records of a partition without a word once it holds more than
5 MB, so nobody may fall that far behind.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from streams.embedded_broker import PARTITIONS

UNREAD_BYTES = 6 * 1_048_576
"""Most unread bytes of a partition, counted before compression; in the broker they are less than
2 MB, since lz4 makes the demo's records at least three times smaller (seven, measured; a test
holds three)."""

IN_FLIGHT = 2_000
"""Most records that the broker has not acknowledged yet."""

UNREAD_OUTPUTS = 2_000
"""Most of the worker's outputs in a partition of one topic that the loader has not stored yet: about
1 MB, since the bank's have half a kB before compression (median, headers included; 3 kB at most)."""

OVERHEAD_BYTES = 256
"""What key and headers add to a value, about."""

_LOOK_SECONDS = 0.02
_LOOK_AT_OUTPUTS_EVERY_S = 0.5


class Brake:
    """Counts what was sent against what every reader has committed.

    Args:
        committed: for each reader, the next offset it will read in each partition.
        in_flight: how many records are on their way.
        while_waiting: called again and again while the brake is on; has to let acknowledgements in.
        unread_outputs: of the topic and partition with the most, how many outputs of the worker the
            loader has not stored. A worker gets no further than what is published, so holding the
            publisher holds it too.
    """

    def __init__(
        self,
        committed: Callable[[], Sequence[Sequence[int]]],
        in_flight: Callable[[], int],
        while_waiting: Callable[[], None],
        limit: int = UNREAD_BYTES,
        unread_outputs: Callable[[], int] = lambda: 0,
    ) -> None:
        self._committed = committed
        self._in_flight = in_flight
        self._while_waiting = while_waiting
        self._limit = limit
        self._unread_outputs = unread_outputs
        self._looked_at_outputs = time.monotonic()
        self._sent: list[deque[tuple[int, int]]] = [deque() for _ in range(PARTITIONS)]
        self._unread = [0] * PARTITIONS

    @property
    def unread(self) -> list[int]:
        """Bytes of each partition that some reader has not read, as known at the last look."""
        return list(self._unread)

    def acknowledged(self, partition: int, offset: int, size: int) -> None:
        """A record of ``size`` bytes lies at ``offset``."""
        size += OVERHEAD_BYTES
        self._sent[partition].append((offset, size))
        self._unread[partition] += size

    def wait(self) -> None:
        """Return when one more record may be sent."""
        while self._in_flight() >= IN_FLIGHT:
            self._while_waiting()
        if time.monotonic() - self._looked_at_outputs >= _LOOK_AT_OUTPUTS_EVERY_S:
            while self._unread_outputs() >= UNREAD_OUTPUTS:
                self._while_waiting()
                time.sleep(_LOOK_SECONDS)
            self._looked_at_outputs = time.monotonic()
        if max(self._unread) < self._limit:
            return
        self._look()
        while max(self._unread) >= self._limit:
            self._while_waiting()
            time.sleep(_LOOK_SECONDS)
            self._look()

    def _look(self) -> None:
        for partition, next_offsets in enumerate(zip(*self._committed(), strict=True)):
            sent, read_to = self._sent[partition], min(next_offsets)
            while sent and sent[0][0] < read_to:
                self._unread[partition] -= sent.popleft()[1]
