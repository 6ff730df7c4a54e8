"""docs/touchpoints.md is what the command writes."""

from __future__ import annotations

import re
from pathlib import Path

from streams.customer.profile import LONGEST_NAME, LONGEST_TEXT, MOST_FACTS
from streams.vocabulary import KINDS, shipped_vocabulary, vocabulary_page
from streams.vocabulary.counting import LONGEST_SOURCE, SOURCES

PAGE = Path(__file__).parents[2] / "docs" / "touchpoints.md"
SHIPPED = shipped_vocabulary()


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == vocabulary_page(SHIPPED), (
        "run `momentous touchpoints --markdown > docs/touchpoints.md`"
    )


def test_every_type_and_property_has_one_row() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|", vocabulary_page(SHIPPED), re.MULTILINE)
    assert sorted(rows) == sorted([*SHIPPED.types, *SHIPPED.properties])


def test_no_cell_breaks_its_table() -> None:
    texts = [known.description for known in SHIPPED.types.values()]
    texts += [f"{known.meaning}{known.example}{known.unit}" for known in SHIPPED.properties.values()]
    assert [text for text in texts if "|" in text or "\n" in text] == []


def test_the_page_tells_every_kind_of_violation_and_the_bounds_of_the_code() -> None:
    page = vocabulary_page(SHIPPED)
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
    assert f"counts {SOURCES} sources by name" in page
    assert f"names of more than {LONGEST_SOURCE} characters" in page
    assert f"at most {MOST_FACTS} such fields, with names of at most {LONGEST_NAME}" in page
    assert f"texts of at most {LONGEST_TEXT} characters" in page
