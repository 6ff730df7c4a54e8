"""What came of a partition's records, counted by kind and reason; part of the partition record."""

from __future__ import annotations

from schemas import Cancellation, Decision, Moment

MOST_TALLIES = 500
"""Most keys kept; whatever comes beyond is counted under its kind and ``other``."""

OTHER = "other"


class Tallies(dict[str, int]):
    """Counts by ``moment:RULE``, ``resolved:RULE``, ``decision:STATUS:REASON``, ``cancellation:REASON`` and
    ``dead_letter:REASON``.

    They are written in the transaction that writes what they count, so they hold across kills.
    """

    def moment(self, moment: Moment) -> None:
        """A moment was detected or resolved."""
        self._count("moment" if moment["phase"] == "detected" else "resolved", moment["rule"])

    def decision(self, decision: Decision) -> None:
        """A decision was made."""
        self._count("decision", f"{decision['status']}:{decision['reason']}")

    def cancellation(self, cancellation: Cancellation) -> None:
        """A trigger was taken back."""
        self._count("cancellation", cancellation["reason"])

    def dead_letter(self, reason: str) -> None:
        """A dead letter was written."""
        self._count("dead_letter", reason)

    def _count(self, kind: str, name: str) -> None:
        key = f"{kind}:{name}"
        if key not in self and len(self) >= MOST_TALLIES:
            key = f"{kind}:{OTHER}"
        self[key] = self.get(key, 0) + 1
