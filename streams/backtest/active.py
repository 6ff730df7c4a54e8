"""What runs according to the log, as definitions to run beside the rule under test."""

from __future__ import annotations

from streams.controls import ACTIVATE, SHADOW, activation
from streams.customer.definitions import Definitions
from streams.definition_files import Definition

_KINDS = ("rule", "policy", "time", "emotions")


def active_definitions(definitions: Definitions) -> list[Definition]:
    """All that runs, by kind and id; rules in shadow stay so. Pauses are left out, as in all backtests."""
    found = []
    for (kind, name), standing in sorted(definitions.standings.items()):
        if kind in _KINDS and standing.runs:
            change = SHADOW if standing.change == SHADOW else ACTIVATE
            control = activation(kind, name, standing.version, standing.text, change)
            found.append(Definition(kind, name, standing.version, f"{name} v{standing.version} (active)", control))
    return found
