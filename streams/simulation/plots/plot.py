"""A planted story: what it tells, and of which moments its truth is certain."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulation.stage import Story


class Plot(NamedTuple):
    """One planted story.

    Attributes:
        name: a sentence for people.
        rules: the moments that it causes, or only just does not.
        story: writes it.
        spoilt: whether lateness spoils it; left out of a city without late touchpoints.
        lonely: whether its customer does nothing else, since its visits arrive out of order.
    """

    name: str
    rules: tuple[str, ...]
    story: Story
    spoilt: bool = False
    lonely: bool = False
