"""Plays a simulated city: to Kafka or into a file, at a pace, with its truth on a side file.

To Kafka as a history (the default): every partition's clock is set to the city's, the touchpoints
follow in the order of publication, and a tick a partition carries the clock past everything that
the city's truth waits for. Live, the clock is the broker's and the city begins now; there is no
closing tick, since time goes on by itself.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import msgspec

from schemas import Touchpoint
from streams import interrupts
from streams.controls import history_clock, live_clock, tick
from streams.publishing import Publisher
from streams.simulation import City, Expected, Heading, end_line, heading_line, moment_line
from streams.simulation.plan import DAY_MS

LIVE_SLACK_MS = 60_000
"""How much later than the city's own time a live broker and worker may detect a moment."""

HORIZON_MS = 7 * DAY_MS
"""How far past the last touchpoint the closing ticks carry the clock at least."""

_LONGEST_TAIL_MS = 400 * DAY_MS
"""No touchpoint of a city lies further past the end of its plan."""

_NAP_SECONDS = 0.2


class Played(NamedTuple):
    """What a run came to.

    Attributes:
        touchpoints: published, duplicates included.
        planted: stories told for their moments.
        moments: real ones, by rule.
        seconds: how long it took.
    """

    touchpoints: int
    planted: int
    moments: Counter[str]
    seconds: float


class Outlet(Protocol):
    """Where a city is played to."""

    def begin(self, city: City) -> None:
        """Before the first touchpoint."""

    def send(self, touchpoint: Touchpoint) -> None:
        """The next touchpoint."""

    def end(self, until: int) -> None:
        """After the last; everything that was to be noticed is due by ``until``, ms UTC."""


class ToFile:
    """JSON lines, as ``momentous publish`` reads them."""

    def __init__(self, file: BinaryIO) -> None:
        self._write = file.write
        self._encode = msgspec.json.Encoder().encode

    def begin(self, city: City) -> None:
        """Nothing stands before the touchpoints."""

    def send(self, touchpoint: Touchpoint) -> None:
        """A line."""
        self._write(self._encode(touchpoint) + b"\n")

    def end(self, until: int) -> None:
        """Nothing stands behind them."""


class ToKafka:
    """The touchpoints topic; as a history, or ``live``."""

    def __init__(self, publisher: Publisher, *, live: bool = False, before_each: Callable[[], None] | None = None):
        self._publisher = publisher
        self._live = live
        self._before_each = before_each

    def begin(self, city: City) -> None:
        """Set every partition's clock."""
        start, end = city.plan.start, city.plan.end + _LONGEST_TAIL_MS
        self._publisher.publish_control_everywhere(live_clock() if self._live else history_clock(start, end))

    def send(self, touchpoint: Touchpoint) -> None:
        """Publish it."""
        if self._before_each is not None:
            self._before_each()
        self._publisher.publish(touchpoint)

    def end(self, until: int) -> None:
        """The closing ticks of a history; returns when all is acknowledged."""
        if not self._live:
            self._publisher.publish_control_everywhere(tick(until))
        self._publisher.flush()


class Pace:
    """Lets a city's time pass ``speed`` times as fast as ours; 0: as fast as it goes.

    Args:
        speed: city seconds a second.
        start: the city's first moment, ms UTC; it is now.
        clock, sleep: for tests.
    """

    def __init__(
        self,
        speed: float,
        start: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._speed = speed
        self._start = start
        self._clock = clock
        self._sleep = sleep
        self._began = clock()

    def wait(self, at: int) -> None:
        """Return when the city has come to ``at``, ms UTC; at once where it is late already."""
        if not self._speed:
            return
        due = self._began + (at - self._start) / 1000 / self._speed
        while (left := due - self._clock()) > 0:
            interrupts.check()
            self._sleep(min(left, _NAP_SECONDS))


class TruthFile:
    """Writes a truth; under another name until it is whole, so that no half one is taken for it."""

    def __init__(self, path: Path | None, until: int | None = None) -> None:
        self._path = path
        self._until = until
        self._file: BinaryIO | None = None
        self.moments: Counter[str] = Counter()
        self.due = 0
        """When the last moment is to be detected, ms UTC."""
        self._lines = 0

    @contextmanager
    def whole(self, heading: Heading) -> Iterator[None]:
        """Open with the heading; at the end, unless something failed, the file gets its name."""
        if self._path is None:
            yield
            return
        part = self._path.with_name(self._path.name + ".part")
        try:
            with part.open("wb") as self._file:
                self._file.write(heading_line(heading))
                yield
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)

    def tell(self, expected: Expected) -> None:
        """One moment; none that lies behind the end of a run that is cut short."""
        if self._until is not None and expected.until > self._until:
            return
        self._lines += 1
        self.due = max(self.due, expected.until)
        if expected.is_moment:
            self.moments[expected.rule] += 1
        if self._file is not None:
            self._file.write(moment_line(expected))

    def end(self, touchpoints: int) -> None:
        """It is whole."""
        if self._file is not None:
            self._file.write(end_line(touchpoints, self._lines))


def play_city(
    city_of: Callable[[Callable[[Expected], None]], City],
    outlet: Outlet,
    pace: Pace,
    truth: Path | None = None,
    *,
    slack_ms: int = 0,
    until: int | None = None,
    told: Callable[[], None] = lambda: None,
) -> Played:
    """Play a city to its end, or up to a time.

    Args:
        city_of: makes the city, given who takes its truth.
        outlet: where it goes.
        pace: how fast.
        truth: file for its truth.
        slack_ms: how much later than expected a moment may be detected; for the truth's heading.
        until: nothing is published after that, ms UTC, and the truth ends there; None: what has
            begun is brought to its end.
        told: called after each touchpoint.
    """
    began = time.monotonic()
    file = TruthFile(truth, until)
    city = city_of(file.tell)
    touchpoints = 0
    with ExitStack() as stack:
        stack.enter_context(file.whole(city.heading(slack_ms)))
        outlet.begin(city)
        for touchpoint in city.touchpoints():
            if until is not None and city.last > until:
                city.close()
                break
            pace.wait(city.last)
            outlet.send(touchpoint)
            touchpoints += 1
            told()
        outlet.end(max(city.last + HORIZON_MS, file.due + 1) if until is None else until)
        file.end(touchpoints)
    return Played(touchpoints, city.planted, file.moments, time.monotonic() - began)
