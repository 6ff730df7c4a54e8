"""The core as a backtest runs it: the worker's partition, without topics around it.

What it would write goes to whoever counts it, as records, not as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from schemas import Codec, Control, Touchpoint
from streams.controls import history_clock
from streams.controls import tick as tick_control
from streams.customer import Partition
from streams.customer.clock import AHEAD_MS, LATEST_MS
from streams.customer.definitions import Definitions
from streams.vocabulary import Vocabulary

Tell = Callable[[str, Mapping[str, Any]], None]
"""Takes the short name of a record that the core writes, and the record."""

_STEPS_KEPT = 20_000
"""After so many touchpoints customers go back to their bytes: memory holds no more of what might be undone."""


class _Ready:
    """Stands for the bytes of a record that has been read, and is as long."""

    __slots__ = ("_size", "read")

    def __init__(self, name: str, body: Mapping[str, Any], size: int = 0) -> None:
        self.read = (name, body)
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return True


class _AnyTouchpoint(Vocabulary):
    """Nobody asks a backtest which touchpoints do not fit the vocabulary."""

    def __init__(self) -> None:
        super().__init__({}, {})

    def kinds(self, touchpoint: Touchpoint) -> tuple[str, ...]:
        return ()


class _Record(NamedTuple):
    """As the partition wants its records."""

    offset: int
    timestamp: int
    value: Any
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class _Tap(Codec):
    """Hands the core what was read already, and takes from it what it would write."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def decode(self, data: Any, *expected: str) -> tuple[str, dict[str, Any]]:
        return data.read  # type: ignore[no-any-return]

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        self._tell(name, record)
        return b""


class World:
    """Customers under one set of definitions, for one lane of history.

    Args:
        definitions: rules, policy and timing; only read, so that worlds may share them.
        tell: told everything that comes of a record, as it comes.

    Attributes:
        is_live: whether append times move the clock.
        latest: while they do not, the last time, ms UTC, that the worker would believe; else None.
    """

    def __init__(self, definitions: Definitions, tell: Tell) -> None:
        self._partition = Partition(0, 1, _Tap(tell), vocabulary=_AnyTouchpoint(), definitions=definitions)
        self._offset = 0
        self._steps = 0
        self._next_due: int | None = None
        self._passed = 0
        self.is_live = True
        self.latest: int | None = None

    @property
    def counters(self) -> Mapping[str, int]:
        """What became of the touchpoints that were taken in."""
        return self._partition.counters

    def begin_history(self, until: int) -> None:
        """From here on the clock is that of the touchpoints; nothing occurs after ``until``, ms UTC."""
        self.control(history_clock(0, until), 0)

    def control(self, control: Control, appended_at: int) -> None:
        """Take in what the log says of its clock."""
        self._process(_Ready("Control", control), appended_at)
        clock = self._partition.clock
        self.is_live = clock.is_live
        until = LATEST_MS if clock.until is None else clock.until + AHEAD_MS
        self.latest = None if clock.is_live else min(until, LATEST_MS)

    def is_impossible(self, occurred_at: int, appended_at: int) -> bool:
        """Whether the worker would not believe that time."""
        return self._partition.clock.is_too_far_ahead(occurred_at, max(appended_at, self._passed))

    def pass_over(self, at: int) -> None:
        """A touchpoint that is not read moves the clock to ``at``, ms UTC, and fires what is due by then."""
        if at > self._passed:
            self._passed = at
            if self._next_due is not None and self._next_due <= at:
                self._tick(at)

    def take(self, touchpoint: Touchpoint, appended_at: int, size: int = 0) -> None:
        """A touchpoint, at its place in the log; ``size`` in bytes: up to 256 no identifier of it can be too long."""
        moves_to = appended_at if self.is_live else touchpoint["occurred_at"]
        if self._passed > moves_to and self._passed > self._partition.clock.now:
            self._tick(self._passed)
        self._process(_Ready("Touchpoint", touchpoint, size), appended_at)
        self._steps += 1
        if self._steps % _STEPS_KEPT == 0:
            for _ in self._partition.take_changes():
                pass

    def end(self, until: int) -> None:
        """Fire what is due before ``until``, ms UTC, each at its time."""
        while (due := self._partition.next_deadline()) is not None and due < until:
            self._tick(due)

    def _tick(self, at: int) -> None:
        self._process(_Ready("Control", tick_control(at)), at)

    def _process(self, value: _Ready, appended_at: int) -> None:
        record = _Record(self._offset, appended_at, value)
        self._offset += 1
        while not self._partition.process(record):
            pass
        self._partition.take_outputs()
        self._next_due = self._partition.next_deadline()
