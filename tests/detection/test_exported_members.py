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
        "Draining",
        "Emotion",
        "Emotions",
        "Evidence",
        "Feelings",
        "Firing",
        "Levels",
        "Mistake",
        "Mode",
        "Rule",
        "RuleFailure",
        "RuleFileError",
        "Stir",
        "dominant",
        "moment_id",
        "parse_emotions",
        "parse_rule",
        "run_rule_tests",
        "shipped_emotions",
        "shipped_emotions_text",
    ]


def test_every_listed_name_is_there() -> None:
    missing = [name for name in streams.detection.__all__ if not hasattr(streams.detection, name)]
    assert missing == []
