"""Rule files with mistakes: each says what is wrong, where, and what would be right."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.catalogue import load_catalogue
from streams.detection import RuleFileError, parse_rule
from streams.detection.errors import MAX_MISTAKES

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
HEAD = "id: a.b\nversion: 1\ntitle: t\ndescription: d\nemotion: stressed\n"
READ_OR_REFUSED = re.compile(r"$|f\.yaml:\d+:\d+: .")
PIECES = ["", "{", "]", ": ", "- ", "\n", "\t", "~", "1e999", "&a ", "*a", "!!x ", "'", "|"]
SHIPPED = load_catalogue()


def message(text: str) -> str:
    with pytest.raises(RuleFileError) as refusal:
        parse_rule(text, "f.yaml")
    return str(refusal.value)


def refusal(text: str) -> str:
    """The message; empty where the file is read. Any other exception is the test's failure."""
    try:
        parse_rule(text, "f.yaml")
    except RuleFileError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_exactly_the_message_beside_it(file: Path) -> None:
    with pytest.raises(RuleFileError) as refusal:
        parse_rule(file.read_text(encoding="utf-8"), file.name)
    assert str(refusal.value) + "\n" == file.with_suffix(".expected").read_text(encoding="utf-8")


def test_a_mistake_is_also_there_as_data() -> None:
    with pytest.raises(RuleFileError) as refusal:
        parse_rule(HEAD + "detect: {event: {type: a}}\nmod: live\n", "f.yaml")
    (mistake,) = refusal.value.mistakes
    assert (refusal.value.filename, mistake.line, mistake.column, mistake.what, mistake.remedy) == (
        "f.yaml",
        7,
        1,
        "unknown key 'mod' in a rule",
        "did you mean 'mode'?",
    )


def test_a_hundred_steps_are_refused() -> None:
    steps = "    - start: {type: a}\n" + "    - followed_by: {type: a}\n" * 99
    found = message(HEAD + "detect:\n  within: 1d\n  sequence:\n" + steps)
    assert found == "f.yaml:9:5: 'sequence' has 100 steps; write a list of 2 to 16 steps"


def test_ten_thousand_steps_are_refused() -> None:
    steps = "- start: {type: a}\n" + "- next: {type: a}\n" * 9_999
    found = message(HEAD + "detect:\n  within: 1d\n  sequence:\n" + steps)
    assert found == "f.yaml:1:1: the file has 180095 bytes; at most 65536 are read"


def test_ten_thousand_values_are_refused() -> None:
    found = message("a: [" + "x," * 10_000 + "]")
    assert found == "f.yaml:1:9999: more than 5000 values; split the file"


def test_a_bomb_is_refused_in_no_time() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 60)]
    began = time.process_time()
    found = message("\n".join(lines))
    assert (found.splitlines()[0], time.process_time() - began < 5) == (
        "f.yaml:1:5: anchor '&a0'; write the value out where it is used",
        True,
    )


def test_a_refusal_shows_at_most_a_hundred_mistakes() -> None:
    assert len(message("".join(f"a{n}: 1\n" for n in range(1_000))).splitlines()) == MAX_MISTAKES


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_whatever_a_file_holds_it_is_read_or_refused(text: str) -> None:
    assert READ_OR_REFUSED.match(refusal(text))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SHIPPED), st.data())
def test_a_shipped_rule_with_a_piece_changed_is_read_or_refused(shipped: tuple[str, str], data: st.DataObject) -> None:
    _, text = shipped
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(begin + 30, len(text))))
    piece = data.draw(st.sampled_from(PIECES))
    assert READ_OR_REFUSED.match(refusal(text[:begin] + piece + text[end:]))
