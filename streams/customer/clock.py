"""A partition's clock: what makes deadlines fire. It comes from the log and never goes back."""

from __future__ import annotations

from schemas import Clock

LIVE = "live"
EVENT = "event"
AHEAD_MS = 24 * 3_600_000
"""A touchpoint further ahead of the clock than this is dead-lettered and moves nothing."""

LATEST_MS = 253_402_300_799_999
"""The end of the year 9999: no clock is set beyond it."""


class PartitionClock:
    """The clock of one partition.

    Attributes:
        now: ms UTC; 0 before the first record.
        mode: ``live`` (append time of the record) or ``event`` (max of occurred_at so far).
        until: event mode: where the history ends, ms UTC.
    """

    __slots__ = ("mode", "now", "until")

    def __init__(self, now: int = 0, mode: str = LIVE, until: int | None = None) -> None:
        self.now = now
        self.mode = mode
        self.until = until

    @property
    def is_live(self) -> bool:
        """Whether append times move it."""
        return self.mode == LIVE

    def set(self, clock: Clock) -> None:
        """Switch mode as a ``clock`` control says; an earlier ``from`` does not turn it back."""
        self.mode = EVENT if clock["mode"] == EVENT else LIVE
        self.until = clock["to"] if self.mode == EVENT else None
        if self.mode == EVENT and clock["from"] is not None:
            self.now = max(self.now, clock["from"])

    def is_too_far_ahead(self, occurred_at: int, appended_at: int) -> bool:
        """Whether a touchpoint claims a time that cannot be: more than 24 h ahead.

        Live it is held against the clock as this record's append time moves it; in event mode
        against the end of the history, or of the calendar where none was given.
        """
        if self.mode == LIVE:
            return occurred_at > max(self.now, appended_at) + AHEAD_MS
        end = LATEST_MS if self.until is None else min(self.until + AHEAD_MS, LATEST_MS)
        return occurred_at > end
