"""What counts as a good end, for treated and held-out customers alike."""

from __future__ import annotations

from dataclasses import dataclass

from streams.lift.errors import UnseenOutcome

RESOLVED = "moment.resolved"
"""Not a touchpoint type: the moment itself was resolved, as its rule's ``resolved_by`` says."""

DAY_MS = 86_400_000

_OF_TREATED_ONLY = ("outreach.",)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A good end: any of ``good`` (when there are any) and none of ``bad``, in time.

    Attributes:
        good: touchpoint types, or :data:`RESOLVED`.
        bad: touchpoint types.
        within: ms after the decision, both ends exclusive.

    Raises:
        UnseenOutcome: a type that held-out customers can never show, or nothing to look for.
    """

    good: tuple[str, ...] = (RESOLVED,)
    bad: tuple[str, ...] = ()
    within: int = 7 * DAY_MS

    def __post_init__(self) -> None:
        for name in (*self.good, *self.bad):
            if name.startswith(_OF_TREATED_ONLY):
                raise UnseenOutcome(
                    f"{name} is only ever seen of customers who were contacted, so it shows no lift",
                    "name what any customer may do, as order.placed, or keep moment.resolved",
                )
        if not self.good and not self.bad:
            raise UnseenOutcome("neither a good nor a bad outcome is named", "give --good or --bad")
        if RESOLVED in self.bad:
            raise UnseenOutcome("a resolved moment is no bad outcome", "name it with --good, or leave it out")
        if self.within <= 0:
            raise UnseenOutcome("a window that is over before it begins", "give --within a length, as 7d")
