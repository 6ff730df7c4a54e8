"""What rules hear of moments: touchpoints of types that nobody publishes.

Rules stand in three strata. The first hears the customer's touchpoints; the second names a moment
type and hears the first's moments too; the third hears the customer's emotional levels, which the
moments of both move. Nothing hears its own stratum or a later one, so no moment can cause itself.
"""

from __future__ import annotations

MOMENT_DETECTED = "moment.detected"
MOMENT_TYPES = frozenset({MOMENT_DETECTED})
"""Types of the touchpoints that stand for moments; a published touchpoint of such a type is heard by no rule
that names it."""

MOMENT_PROPERTIES = frozenset({"emotion", "intensity", "rule", "rule_version"})
"""Properties of every moment that is heard, beside its context."""

MOMENT_FAMILY = "moment."
LEVEL_TYPE = "\0level"
"""Stands for the type of whatever moves levels; no touchpoint has it."""

UNPUBLISHED = MOMENT_TYPES | {LEVEL_TYPE}
"""Types that only the core itself makes."""

MOMENT_SOURCE = "momentous"
