"""One reading of a history: every touchpoint glanced at, those that matter taken through the core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from schemas import Codec, DecodeError, Touchpoint
from streams import interrupts
from streams.backtest.glance import Elsewhere, Glance, Item, Turn, Unreadable
from streams.backtest.source import EVENT, Source, Wanted
from streams.backtest.world import Tell, World
from streams.customer.clock import AHEAD_MS
from streams.customer.definitions import Definitions
from streams.customer.partition import ALLOWED_LATENESS_MS

READ, TAKEN, PASSED_OVER = "read", "taken", "passed_over"
BEFORE, AFTER, LATE, IMPOSSIBLE, UNREADABLE = "before", "after", "late", "impossible", "unreadable"
UNMET, CONTROL = "unmet", "control"
FATES = (TAKEN, UNMET, PASSED_OVER, BEFORE, AFTER, LATE, IMPOSSIBLE, UNREADABLE, CONTROL)
"""What becomes of a record at a reading; they add up to ``read``."""

OUTCOMES = ("accepted", "duplicate", "late", "dead")
"""What becomes of a touchpoint that is taken in."""

_HEARD = "heard"
"""No fate yet: it is taken in if it turns out to be what the rule asks for."""

_TOLD_EVERY = 2_000

_NEVER, _EVER = -(2**63), 2**63

Watch = Callable[[Touchpoint], None]
"""Sees each touchpoint just before the core does."""


class Reading:
    """Takes a source through worlds.

    Args:
        codec: reads touchpoints of which there are only bytes.
        sides: for each world, its definitions and who is told.
        wanted: what is taken in; the others are passed over.
        watch: sees what is taken in.
        told: called with a number of records, again and again.

    Attributes:
        fates: what became of the records.
        outcomes: what the first world made of those taken in: accepted, duplicate, late and so on.
        customers: how many different ones there were, where everybody's were wanted.
    """

    def __init__(
        self,
        codec: Codec,
        sides: Sequence[tuple[Definitions, Tell]],
        wanted: Wanted,
        watch: Watch | None = None,
        told: Callable[[int], None] = lambda count: None,
    ) -> None:
        self.fates: Counter[str] = Counter(dict.fromkeys((READ, *FATES), 0))
        self.outcomes: Counter[str] = Counter()
        self.customers = 0
        self._codec = codec
        self._sides = sides
        self._wanted = wanted
        self._watch = watch
        self._told = told

    def read(self, source: Source) -> None:
        """All lanes of it."""
        for items in source.lanes(self._wanted):
            worlds = [World(definitions, tell) for definitions, tell in self._sides]
            if source.clock == EVENT:
                for world in worlds:
                    world.begin_history(self._wanted.until)
            self._lane(items, worlds, believes=source.clock == EVENT)
            for world in worlds:
                world.end(self._wanted.until)
            counters = worlds[0].counters
            self.outcomes.update({outcome: counters[outcome] for outcome in OUTCOMES})

    def _lane(self, items: Iterable[Item], worlds: Sequence[World], believes: bool) -> None:
        newest: dict[str, int] = {}
        fates, watch = self.fates, self._watch
        meets, until = self._wanted.meets or _all_do, self._wanted.until
        first = worlds[0]
        doubts = None if believes else first
        judge = self._by_type if self._wanted.customers is None else self._by_customer
        is_live, believed = first.is_live, _believed(doubts)
        read = passed_over = 0
        # In a history the clock is looked at by what is taken in only, so it goes there in one step; live
        # every append time counts, because what it fires is judged by that time.
        passed = _NEVER
        for item in items:
            read += 1
            if read % _TOLD_EVERY == 0:
                self._told(_TOLD_EVERY)
                interrupts.check()
            if type(item) is Elsewhere:
                fate = PASSED_OVER if item.occurred_at < until else AFTER
            elif type(item) is Glance:
                fate = judge(item, newest, doubts)
            else:
                _pass_over(worlds, passed)
                self._other(item, worlds)
                is_live, believed = first.is_live, _believed(doubts)
                continue
            if fate is PASSED_OVER:
                passed_over += 1
                if is_live:
                    _pass_over(worlds, item.appended_at)
                elif passed < item.occurred_at <= believed:
                    passed = item.occurred_at
                continue
            if type(item) is Glance and (fate is TAKEN or fate is _HEARD):
                touchpoint = self._whole(item)
                if touchpoint is None:
                    fate = UNREADABLE
                elif fate is _HEARD and not meets(touchpoint):
                    fate = UNMET
                    if is_live:
                        _pass_over(worlds, item.appended_at)
                    elif item.occurred_at > passed:
                        passed = item.occurred_at
                else:
                    fate = TAKEN
                    _pass_over(worlds, passed)
                    if watch is not None:
                        watch(touchpoint)
                    data = item.whole if isinstance(item.whole, bytes) else None
                    for world in worlds:
                        world.take(touchpoint, item.appended_at, data)
            fates[fate] += 1
        _pass_over(worlds, passed)
        fates[PASSED_OVER] += passed_over
        fates[READ] += read
        self.customers += len(newest)
        self._told(read % _TOLD_EVERY)

    def _by_customer(self, item: Glance, newest: dict[str, int], doubts: World | None) -> str:
        """What becomes of it where only some customers' are wanted, and all of theirs."""
        wanted, at = self._wanted, item.occurred_at
        if at >= wanted.until:
            return AFTER
        if wanted.customers is not None and item.customer_id not in wanted.customers:
            return PASSED_OVER
        if wanted.since is not None and at < wanted.since and not wanted.is_standing(item.type):
            return BEFORE
        return IMPOSSIBLE if _is_impossible(item, doubts) else TAKEN

    def _by_type(self, item: Glance, newest: dict[str, int], doubts: World | None) -> str:
        """What becomes of it. ``newest``: of each customer the newest time, its lowest bit: identified?"""
        wanted = self._wanted
        customer_id, identified, kind, at, _, _ = item
        if at >= wanted.until:
            return AFTER
        since = wanted.since
        if since is not None and at < since and not wanted.is_standing(kind):
            return BEFORE
        if doubts is not None and _is_impossible(item, doubts):
            return IMPOSSIBLE
        heard = wanted.hears if identified or wanted.hears_anonymous is None else wanted.hears_anonymous
        said = at << 1 | identified
        known = newest.get(customer_id)
        if known is None:
            newest[customer_id] = said
            return _HEARD if heard(kind) else PASSED_OVER
        last = known >> 1
        newest[customer_id] = said if at > last else last << 1 | identified
        # Who is identified now and was not before: what is waiting for the customer must know.
        turned = (known & 1) != identified
        if not turned and not heard(kind):
            return PASSED_OVER
        if at < last - ALLOWED_LATENESS_MS:
            return LATE
        return TAKEN if turned else _HEARD

    def _whole(self, item: Glance) -> Touchpoint | None:
        if not isinstance(item.whole, bytes):
            return item.whole
        try:
            return cast(Touchpoint, self._codec.decode(item.whole, "Touchpoint")[1])
        except DecodeError:
            return None

    def _other(self, item: Item, worlds: Sequence[World]) -> None:
        if isinstance(item, Unreadable):
            self.fates[UNREADABLE] += 1
            return
        self.fates[CONTROL] += 1
        if isinstance(item, Turn) and item.control["kind"] != "activation":
            for world in worlds:
                world.control(item.control, item.appended_at)


def _pass_over(worlds: Sequence[World], at: int) -> None:
    for world in worlds:
        world.pass_over(at)


def _all_do(touchpoint: Touchpoint) -> bool:
    return True


def _believed(doubts: World | None) -> int:
    """The last time, ms UTC, by which a touchpoint moves the clock of a history; live none does."""
    return _EVER if doubts is None or doubts.latest is None else doubts.latest


def _is_impossible(item: Glance, doubts: World | None) -> bool:
    """Whether the worker would not believe its time; asked for every touchpoint, so first by a comparison."""
    if doubts is None:
        return False
    latest = doubts.latest
    if item.occurred_at <= (latest if latest is not None else item.appended_at + AHEAD_MS):
        return False
    return doubts.is_impossible(item.occurred_at, item.appended_at)
