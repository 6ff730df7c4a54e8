"""Violations counted by source, among the counters of a partition."""

from __future__ import annotations

from schemas import Touchpoint
from streams.vocabulary.vocabulary import Vocabulary

PREFIX = "violation"
"""First word of the counters' names: ``violation:<source>:<kind>``."""

SOURCES = 64
"""Most sources counted by name in one partition; the others share :data:`OTHER_SOURCES`."""

LONGEST_SOURCE = 100
"""A source with a longer name is counted among the others: the counters are part of every transaction."""

OTHER_SOURCES = "*"


def violation_counter(source: str, kind: str) -> str:
    """The counter of one source and kind."""
    return f"{PREFIX}:{source}:{kind}"


def read_violation_counter(name: str) -> tuple[str, str] | None:
    """Source and kind of a counter, or None when it counts something else; a source may hold colons."""
    prefix, _, rest = name.partition(":")
    source, _, kind = rest.rpartition(":")
    return (source, kind) if prefix == PREFIX and kind else None


class ViolationCounting:
    """Counts, per source and kind, the touchpoints with at least one violation of that kind.

    The counters live where the partition's others do: they survive restarts, and a replay counts
    the same. A source whose touchpoints fit has none.
    """

    def __init__(self, vocabulary: Vocabulary, counters: dict[str, int]) -> None:
        """
        Args:
            vocabulary: what touchpoints are held against.
            counters: changed in place; filled from the partition record before the first touchpoint.
        """
        self._kinds = vocabulary.kinds
        self._counters = counters
        self._sources: set[str] | None = None

    def take_in(self, touchpoint: Touchpoint) -> None:
        """Hold an accepted touchpoint against the vocabulary."""
        kinds = self._kinds(touchpoint)
        if kinds:
            self._count(touchpoint["source"], kinds)

    def _count(self, source: str, kinds: tuple[str, ...]) -> None:
        counters = self._counters
        if self._sources is None:
            named = (read_violation_counter(name) for name in counters)
            self._sources = {found[0] for found in named if found is not None and found[0] != OTHER_SOURCES}
        sources = self._sources
        if source not in sources:
            if len(sources) >= SOURCES or len(source) > LONGEST_SOURCE or source == OTHER_SOURCES:
                source = OTHER_SOURCES
            else:
                sources.add(source)
        for kind in kinds:
            name = violation_counter(source, kind)
            counters[name] = counters.get(name, 0) + 1
