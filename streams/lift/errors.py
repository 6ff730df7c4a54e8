"""Errors of measuring lift.

MomentousError
└── UnseenOutcome    what was asked for cannot be compared between the two groups
"""

from __future__ import annotations

from streams.errors import MomentousError


class UnseenOutcome(MomentousError):
    """An outcome that treated and held-out customers could not both have."""
