"""Vocabulary files with mistakes: each says what is wrong, where, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection import Mistake, RuleFileError
from streams.vocabulary import VocabularyFileError, parse_vocabulary

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
GOOD = """\
properties:
  score: {type: number, unit: "1", min: 0, meaning: A score., example: 3}
  agent: {type: text, values: [ann, ben], meaning: Who., example: ann}
anywhere: [agent]
types:
  survey.answered: {description: Answered., channels: [survey], required: [score], needs: [session_id]}
"""
PIECES = ["", "{", "]", ": ", "- ", "\n", "\t", "~", "1e999", "&a ", "*a", "!!x ", "'", "|", "[1]", "true"]


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_exactly_the_message_beside_it(file: Path) -> None:
    with pytest.raises(VocabularyFileError) as refusal:
        parse_vocabulary(file.read_text(encoding="utf-8"), file.name)
    assert str(refusal.value) + "\n" == file.with_suffix(".expected").read_text(encoding="utf-8")


def test_a_good_file_is_read() -> None:
    vocabulary = parse_vocabulary(GOOD, "good.yaml")
    assert (list(vocabulary.types), list(vocabulary.properties), vocabulary.anywhere) == (
        ["survey.answered"],
        ["score", "agent"],
        ("agent",),
    )


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_good_file_with_a_piece_changed_is_read_or_refused(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(begin, min(begin + 30, len(GOOD))))
    text = GOOD[:begin] + data.draw(st.sampled_from(PIECES)) + GOOD[end:]
    assert refusal(text) != ()


def refusal(text: str) -> tuple[Mistake, ...] | None:
    """The mistakes, None where the file is read. Any other exception is the test's failure."""
    try:
        parse_vocabulary(text, "f.yaml")
    except RuleFileError as error:
        return error.mistakes
    return None
