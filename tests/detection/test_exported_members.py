"""What others may use of detection."""

from __future__ import annotations

import streams.detection


def test_the_public_door_lists_exactly_these_names_sorted() -> None:
    assert streams.detection.__all__ == [
        "EMOTIONS",
        "LATE_GRACE_MS",
        "CaseResult",
        "DetectionState",
        "Detector",
        "Emotion",
        "Evidence",
        "Firing",
        "Mistake",
        "Mode",
        "Rule",
        "RuleFailure",
        "RuleFileError",
        "moment_id",
        "parse_rule",
        "run_rule_tests",
    ]


def test_every_listed_name_is_there() -> None:
    missing = [name for name in streams.detection.__all__ if not hasattr(streams.detection, name)]
    assert missing == []
