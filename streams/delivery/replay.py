"""Which of the deliveries that were set aside are to be delivered once more. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from schemas import DeadLetter


@dataclass(frozen=True, slots=True)
class Replay:
    """A choice among what lies in deliveries.dead; as it is made without arguments, all of it.

    Attributes:
        endpoint: only what this endpoint takes by now; empty: any.
        reason: only what was set aside for this reason, as ``HTTP_503``; empty: any.
        since: only what was set aside at or after this, ms UTC.
        limit: at most so many, the oldest of each partition first; None: no limit.
    """

    endpoint: str = ""
    reason: str = ""
    since: int = 0
    limit: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is passed over."""
        return self == Replay()

    def takes(self, letter: DeadLetter, endpoint: str, taken: int) -> bool:
        """Whether a letter is chosen.

        Args:
            letter: as it lies there.
            endpoint: which takes it by now; empty: none, or nobody can read it.
            taken: how many were chosen before it.
        """
        return (
            (not self.endpoint or self.endpoint == endpoint)
            and (not self.reason or self.reason == letter["reason"])
            and letter["failed_at"] >= self.since
            and (self.limit is None or taken < self.limit)
        )
