"""Policy files with mistakes: each says what is wrong, where, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.catalogue import load_catalogue
from streams.detection import parse_rule
from streams.outreach import PolicyFileError, parse_policy

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_exactly_the_message_beside_it(file: Path) -> None:
    with pytest.raises(PolicyFileError) as error:
        parse_policy(file.read_text(encoding="utf-8"), file.name)
    assert str(error.value) == file.with_suffix(".expected").read_text(encoding="utf-8").rstrip("\n")


def test_every_message_is_a_place_what_is_wrong_and_what_would_be_right() -> None:
    lines = [line for file in BAD for line in file.with_suffix(".expected").read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line.count(":") < 3 or "; " not in line] == []


def test_the_shipped_policy_names_only_rules_of_the_catalogue_and_leaves_none_out() -> None:
    text = (Path(__file__).parents[2] / "streams" / "outreach" / "policy.yaml").read_text(encoding="utf-8")
    policy = parse_policy(text, "policy.yaml")
    rules = {parse_rule(text, name).id for name, text in load_catalogue()}
    assert set(policy.by_moment) == rules


def test_a_single_value_may_stand_for_a_list_of_one() -> None:
    policy = parse_policy(
        "id: outreach\nversion: 1\ndescription: d\nactions:\n  - {id: a, moments: b.c, class: service, "
        "purpose: care, channels: sms, template: t}\n",
        "policy.yaml",
    )
    action = policy.by_moment["b.c"]
    assert (action.moments, action.channels, action.cool_down) == (("b.c",), ("sms",), 0)
