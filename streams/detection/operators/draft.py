"""Partial matches on their way through one step of a sequence."""

from __future__ import annotations

from streams.detection.evidence import Table
from streams.detection.operators.operator import Match, Outcome
from streams.detection.state import MAX_PARTIAL_MATCHES, MAX_PROGRESS, Partial, SequenceState


class Timing:
    """When partial matches end."""

    __slots__ = ("_edge", "_for_ms", "_within_ms")

    def __init__(self, within_ms: int | None, for_ms: int | None, inclusive: bool) -> None:
        self._within_ms = within_ms or 0
        self._for_ms = for_ms
        self._edge = 1 if inclusive else 0

    def end(self, partial: Partial, table: Table) -> int:
        """From this time on touchpoints are out, ms UTC of occurred_at."""
        if partial.due is not None:
            return self.absent_until(partial, table)
        return table[partial.refs[0]].occurred_at + self._within_ms + self._edge

    def absent_until(self, partial: Partial, table: Table) -> int:
        """The end of the absence, ms UTC of occurred_at."""
        if self._for_ms is None:
            return table[partial.refs[0]].occurred_at + self._within_ms + self._edge
        return table[partial.refs[-1]].occurred_at + self._for_ms + self._edge


class Draft:
    """An outcome in the making."""

    __slots__ = ("changed", "done", "held", "live", "overflow", "released")

    def __init__(self) -> None:
        self.live: list[Partial] = []
        self.done: list[Partial] = []
        self.held: list[int] = []
        self.released: list[int] = []
        self.overflow = 0
        self.changed = False

    def go_on(self, partial: Partial, ref: int) -> None:
        """It has taken in the touchpoint at ``ref``."""
        self.live.append(partial)
        self.held.append(ref)
        self.changed = True
        if len(partial.progress) > MAX_PROGRESS:
            self.released.append(partial.progress.pop(0))
            self.overflow += 1

    def end(self, partial: Partial) -> None:
        """It is over, and lets go of its evidence."""
        self.released += partial.refs
        self.released += partial.progress
        self.changed = True

    def complete(self, partial: Partial) -> None:
        """It is a match, unless one of this step that began before it covers it."""
        self.done.append(partial)

    def outcome(self, timing: Timing, table: Table) -> Outcome:
        """The outcome, after skipping what a match covers and what is over the cap."""
        live = self.live
        if len(self.done) > 1:
            candidates, self.done = sorted(self.done, key=lambda one: table[one.refs[0]].occurred_at), []
            for partial in candidates:
                if not self._covers(partial, table):
                    self.done.append(partial)
        if self.done:
            for partial in [partial for partial in live if self._covers(partial, table)]:
                live.remove(partial)
                self.end(partial)
        while len(live) > MAX_PARTIAL_MATCHES:
            self.end(live.pop(0))
            self.overflow += 1
        matches = [_match(partial, table) for partial in self.done]
        if not live:
            return Outcome(None, 0, None, self.held, self.released, matches, self.overflow)
        due: int | None = None
        until = timing.end(live[0], table)
        for partial in live:
            until = max(until, timing.end(partial, table))
            if partial.due is not None and (due is None or partial.due < due):
                due = partial.due
        return Outcome(SequenceState(live), until, due, self.held, self.released, matches, self.overflow)

    def _covers(self, partial: Partial, table: Table) -> bool:
        """Whether it began no later than the end of a match of the same correlation."""
        return any(
            partial.key == match.key and table[partial.refs[0]].occurred_at <= last_at(match, table)
            for match in self.done
        )


def last_at(partial: Partial, table: Table) -> int:
    """The newest evidence's occurred_at, ms UTC."""
    return max([table[ref].occurred_at for ref in (*partial.refs, *partial.progress)])


def _match(partial: Partial, table: Table) -> Match:
    refs = [*partial.refs, *partial.progress]
    return Match(partial.key, lambda: (sorted(refs, key=lambda ref: table[ref].occurred_at), {}))
