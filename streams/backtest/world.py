"""The core as a backtest runs it: the worker's partition, without topics around it.

What it would write goes to whoever counts it, as records, not as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from schemas import Codec, Control, DeadLetter, Emotion, Touchpoint, Verdict
from streams.controls import history_clock
from streams.controls import tick as tick_control
from streams.customer import Partition
from streams.customer.clock import AHEAD_MS, LATEST_MS
from streams.customer.definitions import Definitions
from streams.customer.outputs import Output, OutputWriter
from streams.customer.partition import LONGEST_IDENTIFIER
from streams.vocabulary import Vocabulary

Tell = Callable[[str, Mapping[str, Any]], None]
"""Takes the short name of a record that the core writes, and the record."""

_STEPS_KEPT = 20_000
"""After so many touchpoints customers go back to their bytes: memory holds no more of what might be undone."""


_UNMEASURED = bytes(LONGEST_IDENTIFIER + 1)
"""Stands for the bytes of a touchpoint that came without: so long that its identifiers are measured."""


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
    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


_made: Callable[[type[_Record], tuple[int, int, bytes, None, tuple[()]]], _Record] = tuple.__new__


class _Read(Codec):
    """Hands the core what was read already.

    Attributes:
        next: the short name and the record.
    """

    def __init__(self) -> None:
        self.next: tuple[str, Mapping[str, Any]] = ("", {})

    def decode(self, data: bytes | None, *expected: str) -> tuple[str, dict[str, Any]]:
        return self.next  # type: ignore[return-value]


class _Telling(OutputWriter):
    """Takes what the core would write; nobody needs its bytes, its headers, or ids of events."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def emotion(self, emotion: Emotion) -> Output:
        self._tell("Emotion", emotion)
        return _NOT_WRITTEN

    def verdict(self, verdict: Verdict, now: int) -> Output:
        self._tell("Verdict", verdict)
        return _NOT_WRITTEN

    def dead_letter(self, letter: DeadLetter, due: int = 0) -> Output:
        self._tell("DeadLetter", letter)
        return _NOT_WRITTEN

    def _record(
        self, topic: str, name: str, record: Mapping[str, Any], customer_id: str, event_id: str, time_ms: int
    ) -> Output:
        self._tell(name, record)
        return _NOT_WRITTEN


_NOT_WRITTEN = Output("", 0, None, None, [])


class _Core(Partition):
    """The worker's, but for what it writes."""

    def __init__(self, codec: Codec, definitions: Definitions, tell: Tell) -> None:
        super().__init__(0, 1, codec, vocabulary=_AnyTouchpoint(), definitions=definitions)
        self._writer = _Telling(tell)

    def close(self) -> None:
        """Nothing is undone any more: what is noted for that refers to itself, and stays until garbage is sought."""
        self._journal.clear()


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
        self._codec = _Read()
        self._partition = _Core(self._codec, definitions, tell)
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
        self._process("Control", control, appended_at)
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

    def take(self, touchpoint: Touchpoint, appended_at: int, data: bytes | None = None) -> None:
        """A touchpoint, at its place in the log; ``data``: its bytes, where it has any."""
        moves_to = appended_at if self.is_live else touchpoint["occurred_at"]
        if self._passed > moves_to and self._passed > self._partition.clock.now:
            self._tick(self._passed)
        self._process("Touchpoint", touchpoint, appended_at, _UNMEASURED if data is None else data)
        self._steps += 1
        if self._steps % _STEPS_KEPT == 0:
            for _ in self._partition.take_changes():
                pass

    def end(self, until: int) -> None:
        """Fire what is due before ``until``, ms UTC, each at its time. Nothing can be taken in afterwards."""
        while (due := self._partition.next_deadline()) is not None and due < until:
            self._tick(due)
        self._partition.close()

    def _tick(self, at: int) -> None:
        self._process("Control", tick_control(at), at)

    def _process(self, name: str, body: Mapping[str, Any], appended_at: int, data: bytes = b"") -> None:
        self._codec.next = (name, body)
        record = _made(_Record, (self._offset, appended_at, data, None, ()))
        self._offset += 1
        partition = self._partition
        while not partition.process(record):
            pass
        partition.take_outputs()
        self._next_due = partition.next_deadline()
