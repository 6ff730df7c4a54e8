"""What others may use of the vocabulary."""

from __future__ import annotations

import streams.vocabulary


def test_the_door_of_the_vocabulary_is_exactly_this() -> None:
    assert streams.vocabulary.__all__ == [
        "CHANNELS",
        "KINDS",
        "Property",
        "TouchpointType",
        "Violation",
        "ViolationCounting",
        "Vocabulary",
        "VocabularyFileError",
        "bounds_text",
        "parse_vocabulary",
        "read_violation_counter",
        "requirements",
        "shipped_vocabulary",
        "unheard_types",
        "violation_counter",
        "vocabulary_page",
    ]


def test_every_name_at_the_door_is_there() -> None:
    assert [name for name in streams.vocabulary.__all__ if not hasattr(streams.vocabulary, name)] == []
