"""A city taken in by the pure core: every shipped rule, one partition, no Kafka."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from schemas import Codec, Control, Touchpoint
from streams.controls import history_clock, tick
from streams.customer import Output, Partition
from streams.definition_files import shipped_definitions
from streams.simulation import City, CityPlan, Expected, Found, Truth
from streams.simulation.plan import DAY_MS
from streams.topics import MOMENTS
from tests.customer.log import Logged

START = 1_767_571_200_000
"""2026-01-05 00:00 UTC, in ms."""

_CHANGES_EVERY = 500


class Outcome(NamedTuple):
    """What was found, what should have been, and the partition's counters."""

    truth: Truth
    found: list[Found]
    counters: dict[str, int]


class Core:
    """One partition with the shipped definitions, on the city's clock; ``hear`` is told of every output."""

    def __init__(self, plan: CityPlan, hear: Callable[[Output], None] = lambda output: None) -> None:
        self._hear = hear
        self._codec = Codec()
        self._partition = Partition(0, 1, self._codec)
        self._offset = 0
        self.found: list[Found] = []
        for definition in shipped_definitions():
            self.control(definition.control)
        self.control(history_clock(plan.start, plan.end + 400 * DAY_MS))

    def control(self, control: Control) -> None:
        """Take in a control."""
        self._take_in(self._codec.encode("Control", control), None)

    def touchpoint(self, touchpoint: Touchpoint) -> None:
        """Take in a touchpoint."""
        self._take_in(self._codec.encode("Touchpoint", touchpoint), touchpoint["customer_id"].encode())

    @property
    def counters(self) -> dict[str, int]:
        """The counters that are not 0."""
        return {name: count for name, count in self._partition.counters.items() if count}

    def _take_in(self, value: bytes, key: bytes | None) -> None:
        record = Logged(self._offset, START, key, value, ())
        self._offset += 1
        while not self._partition.process(record):
            pass
        for output in self._partition.take_outputs():
            self._hear(output)
            if output.topic == MOMENTS:
                moment = self._codec.decode(output.value or b"")[1]
                if moment["phase"] == "detected":
                    opening = moment["evidence"][0]["event_id"]
                    self.found.append(Found(moment["rule"], moment["customer_id"], opening, moment["detected_at"]))
        if self._offset % _CHANGES_EVERY == 0:
            for _ in self._partition.take_changes():  # as a lane would, once a transaction
                pass


def detect(plan: CityPlan) -> Outcome:
    """Play a city through the core up to the closing tick."""
    told: list[Expected] = []
    city = City(plan, told.append)
    core = Core(plan)
    touchpoints = 0
    for touchpoint in city.touchpoints():
        core.touchpoint(touchpoint)
        touchpoints += 1
    core.control(tick(max(city.last, *(one.until for one in told)) + 7 * DAY_MS))
    return Outcome(Truth(city.heading(), told, touchpoints), core.found, core.counters)


class ToCore:
    """An outlet that feeds the core."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def begin(self, city: City) -> None:
        """The core has set its clock."""

    def send(self, touchpoint: Touchpoint) -> None:
        """Taken in at once."""
        self._core.touchpoint(touchpoint)

    def end(self, until: int) -> None:
        """The closing tick."""
        self._core.control(tick(until))
