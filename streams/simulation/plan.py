"""How large a city is, when it begins and how untidy its publishers are."""

from __future__ import annotations

from dataclasses import dataclass

DAY_MS = 86_400_000

TOUCHPOINTS_A_DAY = 3.6
"""About how many a customer makes on a day; it ties customers, days and touchpoints together."""

MOST_PLANTED = 10_000
"""Most customers who live through a planted story."""

_USUAL_DAYS = 14.0
_USUAL_CUSTOMERS = 1_000


@dataclass(frozen=True, slots=True)
class Disorder:
    """Shares, 0 to 1, of the touchpoints that arrive as they should not.

    Attributes:
        late: of those that no moment hangs on, how many arrive minutes to two days late. With a
            share above 0 some stories are told too late on purpose, and the truth says what that costs.
        out_of_order: of those that no moment hangs on, how many arrive up to 90 s late.
        duplicates: of all touchpoints, how many are published twice.
    """

    late: float = 0.01
    out_of_order: float = 0.02
    duplicates: float = 0.01

    @property
    def plants_lateness(self) -> bool:
        """Whether stories that lateness spoils are told."""
        return self.late > 0


TIDY = Disorder(0.0, 0.0, 0.0)
"""Every touchpoint once, in the order of time."""


@dataclass(frozen=True, slots=True)
class CityPlan:
    """A city; the same plan gives the same touchpoints, byte for byte.

    Attributes:
        start: ms UTC.
        days: for how long new things begin; what has begun is brought to its end.
        touchpoints: nothing new begins once so many are made; None: ``days`` decides.
    """

    customers: int
    days: float
    start: int
    seed: int = 1
    touchpoints: int | None = None
    disorder: Disorder = Disorder()

    @property
    def end(self) -> int:
        """When the last new thing begins, about; ms UTC."""
        return self.start + round(self.days * DAY_MS)

    @property
    def planted(self) -> int:
        """How many customers live through a planted story."""
        return min(self.customers // 3, MOST_PLANTED)


def plan_city(
    start: int,
    *,
    customers: int | None = None,
    days: float | None = None,
    touchpoints: int | None = None,
    seed: int = 1,
    disorder: Disorder | None = None,
) -> CityPlan:
    """A plan from what is given of its size; the rest follows from it.

    Raises:
        ValueError: a size below 1, a share outside 0 to 1, or days and touchpoints at once.
    """
    disorder = disorder if disorder is not None else Disorder()
    sizes = (("customers", customers), ("days", days), ("touchpoints", touchpoints))
    for name, size in sizes:
        if size is not None and size <= 0:
            raise ValueError(f"{name} {size}: a city needs more than that; give a number above 0")
    for name, share in (
        ("late", disorder.late),
        ("out_of_order", disorder.out_of_order),
        ("duplicates", disorder.duplicates),
    ):
        if not 0 <= share <= 1:
            raise ValueError(f"{name} {share}: a share lies between 0 and 1")
    if days is not None and touchpoints is not None:
        raise ValueError("days and touchpoints both say how long the city runs; give one of them")
    if touchpoints is None:
        return CityPlan(customers or _USUAL_CUSTOMERS, days or _USUAL_DAYS, start, seed, None, disorder)
    customers = customers or max(1, round(touchpoints / TOUCHPOINTS_A_DAY / _USUAL_DAYS))
    return CityPlan(customers, touchpoints / customers / TOUCHPOINTS_A_DAY, start, seed, touchpoints, disorder)
