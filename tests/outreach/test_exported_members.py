"""What others may use of outreach."""

from __future__ import annotations

import streams.outreach


def test_the_door_of_outreach_is_exactly_this() -> None:
    assert streams.outreach.__all__ == [
        "CONSENT_TYPES",
        "NO_POLICY",
        "Action",
        "OpenMoment",
        "OutreachState",
        "Policy",
        "PolicyFileError",
        "decide",
        "parse_policy",
    ]


def test_every_name_at_the_door_is_there() -> None:
    assert [name for name in streams.outreach.__all__ if not hasattr(streams.outreach, name)] == []
