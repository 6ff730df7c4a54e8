"""What ``streams.preferences`` offers to others."""

from __future__ import annotations

from streams import preferences


def test_these_names_and_no_others_are_for_others() -> None:
    assert preferences.__all__ == [
        "PREFERENCES",
        "PREFERENCES_DAYS",
        "UNSUBSCRIBE",
        "BadKeys",
        "BadLink",
        "Grant",
        "KeyRing",
        "Known",
        "Links",
        "NoClickHouse",
        "Offer",
        "PageUnavailable",
        "PreferencesError",
        "Word",
        "new_key",
        "offer_of",
        "read_keys",
    ]


def test_each_of_them_exists() -> None:
    assert [name for name in preferences.__all__ if not hasattr(preferences, name)] == []
