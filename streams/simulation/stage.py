"""What a story finds in the city: chance, a call centre, the books, and a later."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from streams.simulation.call_centre import CallCentre
from streams.simulation.contact_book import ContactBook
from streams.simulation.plan import CityPlan
from streams.simulation.promise_book import PromiseBook
from streams.simulation.script import Script

Later = Callable[[int, Script, Callable[[int], None]], None]
"""``later(at, script, scene)``: at that time ``scene(at)`` writes on into the script."""


class Stage(NamedTuple):
    """Handed to every story."""

    plan: CityPlan
    dice: Random
    centre: CallCentre
    contacts: ContactBook
    promises: PromiseBook
    later: Later


Story = Callable[[Stage, Script, int], None]
"""Writes an episode that begins at a time, ms UTC."""
