"""Mappings with mistakes: each says what is wrong, where, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.importers import MappingFileError, parse_mapping

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_exactly_the_message_beside_it(file: Path) -> None:
    with pytest.raises(MappingFileError) as error:
        parse_mapping(file.read_text(encoding="utf-8"), file.name)
    assert str(error.value) == file.with_suffix(".expected").read_text(encoding="utf-8").rstrip("\n")


def test_every_message_is_a_place_what_is_wrong_and_what_would_be_right() -> None:
    lines = [line for file in BAD for line in file.with_suffix(".expected").read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line.count(":") < 3 or "; " not in line] == []
