"""Planted stories, family by family: moments that must fire, and near misses that must not."""

from streams.simulation.plan import CityPlan
from streams.simulation.plots import (
    cases,
    contact,
    feedback,
    flow,
    habit,
    ivr,
    joy,
    learning,
    money,
    outreach,
    overload,
    promise,
    queue,
    shop,
    travel,
    web,
)
from streams.simulation.plots.plot import Plot

__all__ = ["PLOTS", "Plot", "plots_for"]

_FAMILIES = (
    flow,
    contact,
    queue,
    ivr,
    money,
    travel,
    shop,
    cases,
    web,
    feedback,
    joy,
    learning,
    outreach,
    promise,
    habit,
    overload,
)

_REGULAR_ROUNDS = 4

PLOTS: tuple[Plot, ...] = tuple(plot for family in _FAMILIES for plot in family.PLOTS)
"""All of them; a city plants them in turn."""


def plots_for(plan: CityPlan) -> tuple[Plot, ...]:
    """Those that a city plants, in turn; what lateness spoils is one in four rounds."""
    regular = tuple(plot for plot in PLOTS if not plot.spoilt)
    if not plan.disorder.plants_lateness:
        return regular
    spoilt = tuple(plot for plot in PLOTS if plot.spoilt)
    return regular + spoilt + regular * (_REGULAR_ROUNDS - 1)
