"""A simulated city whose truth is known: touchpoints from a seed, and the moments that they cause. Pure."""

from streams.simulation.city import City
from streams.simulation.plan import TIDY, CityPlan, Disorder, plan_city
from streams.simulation.score import Found, RuleScore, score
from streams.simulation.truth import (
    BadTruth,
    Expected,
    Heading,
    Truth,
    end_line,
    heading_line,
    moment_line,
    read_truth,
)

__all__ = [
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
