"""What others may use of the simulation."""

from __future__ import annotations

import streams.simulation


def test_the_public_door_lists_exactly_these_names_sorted() -> None:
    assert streams.simulation.__all__ == [
        "TIDY",
        "BadTruth",
        "City",
        "CityPlan",
        "Disorder",
        "Expected",
        "Found",
        "Heading",
        "RuleScore",
        "Truth",
        "end_line",
        "heading_line",
        "moment_line",
        "plan_city",
        "read_truth",
        "score",
    ]


def test_every_listed_name_is_there() -> None:
    assert [name for name in streams.simulation.__all__ if not hasattr(streams.simulation, name)] == []
