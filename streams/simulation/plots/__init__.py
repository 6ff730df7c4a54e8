"""Planted stories, family by family: moments that must fire, and near misses that must not."""

from streams.simulation.plan import CityPlan
from streams.simulation.plots import contact, flow, queue
from streams.simulation.plots.plot import Plot

__all__ = ["PLOTS", "Plot", "plots_for"]

PLOTS: tuple[Plot, ...] = (*flow.PLOTS, *contact.PLOTS, *queue.PLOTS)
"""All of them; a city plants them in turn."""


def plots_for(plan: CityPlan) -> tuple[Plot, ...]:
    """Those that a city plants."""
    return tuple(plot for plot in PLOTS if plan.disorder.plants_lateness or not plot.spoilt)
