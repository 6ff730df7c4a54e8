"""What others may use of outreach."""

from __future__ import annotations

import streams.outreach


def test_the_door_of_outreach_is_exactly_this() -> None:
    assert streams.outreach.__all__ == [
        "ALL",
        "CONSENT_TYPES",
        "HEARD",
        "LONGEST_REASON",
        "NO_FACTS",
        "NO_PAUSES",
        "NO_POLICY",
        "PERMISSION_TYPES",
        "REASONS",
        "Action",
        "BadPause",
        "Decided",
        "History",
        "OpenMoment",
        "OutreachState",
        "Pause",
        "Pauses",
        "Policy",
        "PolicyFileError",
        "Situation",
        "Waiting",
        "cancel_open",
        "cancel_waiting",
        "decide",
        "decide_all",
        "hear",
        "parse_pause",
        "parse_policy",
    ]


def test_every_name_at_the_door_is_there() -> None:
    assert [name for name in streams.outreach.__all__ if not hasattr(streams.outreach, name)] == []
