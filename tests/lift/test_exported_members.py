"""What ``streams.lift`` offers to others."""

from __future__ import annotations

from streams import lift


def test_these_names_and_no_others_are_for_others() -> None:
    assert lift.__all__ == [
        "ALL_RULES",
        "MINIMUM",
        "RESOLVED",
        "Z95",
        "Assignment",
        "Difference",
        "Group",
        "Histories",
        "Interval",
        "Lift",
        "Outcome",
        "UnseenOutcome",
        "assignments",
        "measure",
        "newcombe",
        "wilson",
    ]


def test_each_of_them_exists() -> None:
    assert [name for name in lift.__all__ if not hasattr(lift, name)] == []
