"""What the operators beyond window and sequence remember, one struct each.

Encoded they are arrays that begin with their tag. A field may be added at the end, with a default;
nothing else may change, since what an older version wrote must be read.
"""

from __future__ import annotations

import msgspec

FOREVER = 2**62
"""``until`` of what counts as long as the customer is known (ms UTC, beyond every clock)."""
UNKNOWN_MS = 30 * 86_400_000
"""How long that is kept of a customer who is known by a stand-in id only, ms."""
MAX_OPEN_PROMISES = 32
"""Most open promises of one rule; the oldest leaves first."""
MAX_PROMISE_RESULTS = 100
"""Most promises of the levels looked for that one rule counts; the oldest leave first."""

MAX_ATTEMPTS = 100
"""Most live partial matches of one pattern; the oldest leaves first."""
MAX_TAKEN = 60
"""Most touchpoints that a partial match of a pattern keeps; of a long loop the oldest leave first."""
MAX_SPENT = 100
"""Most correlations of which a pattern remembers that they had their only attempt."""
MAX_BROKEN = 100
"""Most correlations of which a pattern remembers when an absence was last broken."""

MAX_SERIES_ENTRIES = 200
"""Most touchpoints in one rule's series of values; the oldest leave first."""
MAX_MARKS = 100
"""Most correlations of which a window remembers what ended its count."""
MAX_VISITS = 21
"""Most visits by which a customer's own rhythm is known; the oldest leave first."""
MAX_HABIT_DAYS = 60
"""Most days on which a habit is known; the oldest leave first."""
MAX_SCORES = 50
"""Most correlations with a score of one rule; the one not added to for longest leaves first."""
MAX_SCORE_EVIDENCE = 20
"""Most touchpoints that a score shows; the newest stay."""


MAX_LEVEL_EVIDENCE = 20
"""Most causes that a level shows; the newest stay."""
MAX_ASKS = 50
"""Most asks of which a ratio is worked out; the oldest leave first."""
MAX_USES = 100
"""Most uses that a ratio counts; the oldest leave first."""


def lasting(is_known: bool, now: int) -> int:
    """``until`` of what counts as long as the customer is known; ``now`` in ms UTC."""
    return FOREVER if is_known else now + UNKNOWN_MS


class PromiseEntry(msgspec.Struct, array_like=True, gc=False):
    """One promise, or what arrived of it so far. Times in ms UTC."""

    key: tuple[str | None, ...]
    refs: list[int]
    """Evidence: what made it, then the last change; of one that ended before it was made, its end."""
    made_at: int | None = None
    """None as long as only its change or end has arrived."""
    set_at: int = 0
    """When the due time and quantity were last set, by occurred_at."""
    due: int | None = None
    quantity: int | float | None = None
    ended_at: int | None = None
    """When it was kept or cancelled; only of one that has not been made yet."""
    delivered: int | float | None = None
    is_cancelled: bool = False
    fires_at: int | None = None
    """When it counts as broken, by the clock."""


class PromiseResult(msgspec.Struct, array_like=True, gc=False):
    """A promise that came to a level looked for."""

    at: int
    refs: list[int]


class PromiseState(msgspec.Struct, array_like=True, tag=3, gc=False):
    """Open promises in the order in which they were first heard of, and results by time."""

    entries: list[PromiseEntry]
    results: list[PromiseResult] = []

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        refs = [ref for entry in self.entries for ref in entry.refs]
        return refs + [ref for result in self.results for ref in result.refs]


class Attempt(msgspec.Struct, array_like=True, gc=False):
    """A partial match of a pattern. Times in ms UTC."""

    key: tuple[str | None, ...]
    state: int
    """Where in the automaton it stands."""
    refs: list[int]
    """Evidence in the order in which it was taken; the first is the opening."""
    parts: list[int]
    """Which part of the pattern took each."""
    due: int | None = None
    """When an absence is complete, or time is up, by the clock; None where nothing waits for that."""
    fired: int = 0
    """How often its absence was reported."""


class PatternState(msgspec.Struct, array_like=True, tag=4, gc=False):
    """Partial matches in the order in which they began, and what a pattern must know before one begins."""

    attempts: list[Attempt]
    since: int | None = None
    """Only with an absence before the start: since when it is known what happened."""
    broken: dict[str, int] = {}
    """Only with an absence before the start: when it was last broken, by correlation."""
    spent: list[str] = []
    """Only with ``every: once``: correlations that had their attempt."""
    is_known: bool = True
    """Whether the customer was identified when ``since`` or ``spent`` last changed."""

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return [ref for attempt in self.attempts for ref in attempt.refs]


class SeriesState(msgspec.Struct, array_like=True, tag=5, gc=False):
    """Touchpoints with values, by occurred_at, equal times in the order of arrival."""

    refs: list[int]
    keys: list[tuple[str | None, ...]]
    """Correlation of each entry; empty where the rule has no ``by``."""
    values: list[tuple[int | float | str | None, ...]]
    """What the operator looks at."""

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return self.refs


class RhythmState(msgspec.Struct, array_like=True, tag=7, gc=False):
    """A customer's visits. Times in ms UTC."""

    visits: list[int]
    """When the last visits began, oldest first."""
    last_at: int
    """When the newest touchpoint occurred."""
    refs: list[int]
    """The newest touchpoint."""
    due: int | None = None
    gap: int | None = None
    """The usual gap between visits, ms; None as long as too few are known."""
    is_known: bool = True
    """Whether the customer was identified by the newest touchpoint."""

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return self.refs


class HabitState(msgspec.Struct, array_like=True, tag=8, gc=False):
    """Days of a habit."""

    days: list[int]
    """Days since 1970 (UTC), oldest first."""
    last_at: int
    """When the newest touchpoint occurred, ms UTC."""
    refs: list[int]
    """The newest touchpoint."""
    is_held: bool = False
    """Whether the habit was there and has not been reported as stopped or resumed since."""
    due: int | None = None
    is_known: bool = True
    """Whether the customer was identified by the newest touchpoint."""

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return self.refs


class ScoreEntry(msgspec.Struct, array_like=True, gc=False):
    """One correlation's score."""

    key: tuple[str | None, ...]
    at: int
    """As of when, ms UTC."""
    value: float
    refs: list[int]
    """Its newest touchpoints, by occurred_at."""
    is_over: bool = False
    """Whether it crossed its threshold and has not come down since."""


class ScoreState(msgspec.Struct, array_like=True, tag=9, gc=False):
    """Scores, the one added to last at the end."""

    entries: list[ScoreEntry]

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return [ref for entry in self.entries for ref in entry.refs]


class LevelState(msgspec.Struct, array_like=True, tag=10, gc=False):
    """What raised the levels that a rule watches."""

    refs: list[int]
    """The newest causes, by occurred_at."""
    is_over: bool = False
    """Whether the threshold was crossed and the levels have not come down since."""

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return self.refs


class RatioState(msgspec.Struct, array_like=True, tag=11, gc=False):
    """Asks and uses, by occurred_at (ms UTC)."""

    asks: list[int]
    refs: list[int]
    """Evidence of each ask."""
    uses: list[int]

    def references(self) -> list[int]:
        """Every reference that it holds, one for each holder."""
        return self.refs
