"""The city: many customers' days in the order of time, one touchpoint after the other.

1. What begins, begins in the order of time: people at their hours, planted stories, what was put
   off till later.
2. Each episode is written when its time comes; its touchpoints wait for theirs.
3. Disorder decides when each is published, and which twice.
4. They leave in the order of publication.

Pure: no clock, no files; chance comes from the seed alone. What is remembered does not grow with
the length of the run, and people who do nothing just now take no room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappop, heappush
from random import Random

from schemas import Touchpoint
from streams.simulation.call_centre import CallCentre
from streams.simulation.contact_book import ContactBook
from streams.simulation.everyday import (
    ACTIVITIES_A_DAY,
    CALLS_A_DAY,
    LIVES,
    MOMENTS,
    QUIET_LIFE,
    load_reports,
    settle_in,
)
from streams.simulation.person import person
from streams.simulation.plan import DAY_MS, CityPlan
from streams.simulation.plots import Plot, plots_for
from streams.simulation.promise_book import PromiseBook
from streams.simulation.rhythm import HOUR_MS, MEAN_CHANCE, chance, waking
from streams.simulation.script import Script
from streams.simulation.stage import Stage, Story
from streams.simulation.truth import Expected, Heading
from streams.simulation.visit_book import VisitBook

_SETTLING_SHARE = 0.1
"""Everybody is introduced (consents, profile) within this share of the run."""

_LATE_MS = (60_000, 2 * DAY_MS)
_OUT_OF_ORDER_MS = (1_000, 90_000)
_AGAIN_MS = (1_000, DAY_MS)

_Scene = Callable[[int], None]


class City:
    """One run of a city.

    Args:
        plan: its size and its seed.
        tell: takes every moment of its truth as it becomes certain, in no particular order.
    """

    def __init__(self, plan: CityPlan, tell: Callable[[Expected], None]) -> None:
        self.plan = plan
        self.planted = 0
        self._tell = tell
        self._dice = Random(plan.seed)
        self._disorder = Random(~plan.seed)
        self._plots = plots_for(plan)
        self._stride = plan.customers // plan.planted if plan.planted else plan.customers + 1
        calls_an_hour = plan.customers * CALLS_A_DAY / 24
        books = ContactBook(tell), PromiseBook(tell)
        self._stage = Stage(plan, self._dice, CallCentre(calls_an_hour), *books, self._later)
        self._visits = VisitBook(tell)
        self._scenes: list[tuple[int, int, Script, _Scene]] = []
        self._outbox: list[tuple[int, int, Touchpoint]] = []
        self._episodes = 0
        self._sequence = 0
        self._made = 0
        self.last = plan.start
        """When the last touchpoint so far was published, ms UTC."""

    def heading(self, slack_ms: int = 0) -> Heading:
        """The first line of its truth."""
        rules = sorted({*MOMENTS, *(rule for plot in self._plots for rule in plot.rules)})
        return Heading(self.plan.seed, self.plan.customers, self.plan.start, rules, {}, slack_ms)

    def touchpoints(self) -> Iterator[Touchpoint]:
        """All of them, in the order of publication; once."""
        outbox, scenes = self._outbox, self._scenes
        begins = self._beginnings()
        following = next(begins, None)
        while following is not None or scenes:
            if following is None or (scenes and scenes[0][0] <= following[0]):
                at, _, script, scene = heappop(scenes)
                begin = None
            else:
                at, begin = following
            while outbox and outbox[0][0] <= at:
                yield self._publish()
            if begin is None:
                scene(at)
                self._take(script)
            else:
                begin(at)
                # Asked only now: how much was made decides whether anything more begins.
                following = next(begins, None)
        while outbox:
            yield self._publish()
        self.close()

    def close(self) -> None:
        """Nobody does anything any more: tell what follows from that. For who stops before the end."""
        self._stage.contacts.close()
        self._visits.close()

    # -- what begins ----------------------------------------------------------------------------

    def _beginnings(self) -> Iterator[tuple[int, _Scene]]:
        """Everything that begins, by time: settling in, planted stories, everyday life, hourly reports."""
        sources = [self._settling(), self._planting(), self._living(), self._reporting()]
        heads: list[tuple[int, int, _Scene]] = []
        for number, source in enumerate(sources):
            if (head := next(source, None)) is not None:
                heappush(heads, (head[0], number, head[1]))
        while heads and not self._is_full:
            at, number, scene = heappop(heads)
            yield at, scene
            if (head := next(sources[number], None)) is not None:
                heappush(heads, (head[0], number, head[1]))

    @property
    def _is_full(self) -> bool:
        return self.plan.touchpoints is not None and self._made >= self.plan.touchpoints

    def _settling(self) -> Iterator[tuple[int, _Scene]]:
        plan = self.plan
        step = (plan.end - plan.start) * _SETTLING_SHARE / plan.customers
        for number in range(plan.customers):
            yield plan.start + round(number * step), partial(self._play, settle_in, number)

    def _planting(self) -> Iterator[tuple[int, _Scene]]:
        plan = self.plan
        for number in range(plan.planted):
            plot = self._plots[number % len(self._plots)]
            at = plan.start + round((number + 0.5) * (plan.end - plan.start) / plan.planted)
            yield at, partial(self._plant, plot, number * self._stride)

    def _living(self) -> Iterator[tuple[int, _Scene]]:
        """Chances to do something, as many as in everybody's busiest hour; most hours fewer are taken."""
        plan, dice = self.plan, self._dice
        mean_ms = DAY_MS * MEAN_CHANCE / (plan.customers * ACTIVITIES_A_DAY)
        at = float(plan.start)
        while True:
            at += dice.expovariate(1.0) * mean_ms
            if at >= plan.end and plan.touchpoints is None:
                return
            yield int(at), self._live

    def _reporting(self) -> Iterator[tuple[int, _Scene]]:
        at = self.plan.start
        while True:
            at += HOUR_MS
            if at >= self.plan.end and self.plan.touchpoints is None:
                return
            yield at, self._report

    # -- scenes ---------------------------------------------------------------------------------

    def _live(self, at: int) -> None:
        dice = self._dice
        number = dice.randrange(self.plan.customers)
        who = person(self.plan.seed, number)
        if dice.random() >= chance(who, at):
            return
        is_planted = self._is_planted(number)
        if is_planted and self._plots[number // self._stride % len(self._plots)].lonely:
            return
        story = QUIET_LIFE if is_planted else LIVES[int(dice.random() * len(LIVES))]
        self._play(story, number, at)

    def _report(self, at: int) -> None:
        for script in load_reports(self._stage.centre, at, self._number):
            self._take(script)

    def _plant(self, plot: Plot, number: int, at: int) -> None:
        who = person(self.plan.seed, number)
        script = Script(who, self._number(), True)
        self.planted += 1
        self._later(waking(who, at), script, lambda at: plot.story(self._stage, script, at))

    def _play(self, story: Story, number: int, at: int) -> None:
        script = Script(person(self.plan.seed, number), self._number(), False)
        story(self._stage, script, at)
        self._take(script)

    def _is_planted(self, number: int) -> bool:
        return number % self._stride == 0 and number // self._stride < self.plan.planted

    def _number(self) -> int:
        self._episodes += 1
        return self._episodes

    def _later(self, at: int, script: Script, scene: _Scene) -> None:
        self._sequence += 1
        heappush(self._scenes, (at, self._sequence, script, scene))

    # -- publication ----------------------------------------------------------------------------

    def _publish(self) -> Touchpoint:
        """The next touchpoint in the order of publication."""
        self.last, _, touchpoint = heappop(self._outbox)
        if touchpoint["occurred_at"] == self.last:
            self._visits.see(touchpoint)
        return touchpoint

    def _take(self, script: Script) -> None:
        """Put what the script holds on its way."""
        disorder, dice, outbox = self.plan.disorder, self._disorder, self._outbox
        late, shuffled = disorder.late, disorder.late + disorder.out_of_order
        duplicates = disorder.duplicates
        for touchpoint, delay_ms, loose in script.lines:
            at = touchpoint["occurred_at"] + delay_ms
            if loose and shuffled:
                roll = dice.random()
                if roll < late:
                    at += _between(dice, _LATE_MS)
                elif roll < shuffled:
                    at += _between(dice, _OUT_OF_ORDER_MS)
            self._sequence += 1
            heappush(outbox, (at, self._sequence, touchpoint))
            self._made += 1
            if duplicates and dice.random() < duplicates:
                self._sequence += 1
                heappush(outbox, (at + _between(dice, _AGAIN_MS), self._sequence, touchpoint))
                self._made += 1
        script.lines.clear()
        for moment in script.moments:
            self._tell(moment)
        script.moments.clear()


def _between(dice: Random, bounds: tuple[int, int]) -> int:
    """From least to most, the small ones far more often."""
    least, most = bounds
    return int(least * (most / least) ** dice.random())
