"""Which kind of definition a file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.definition_files import BadDefinitions, read_definitions, shipped_definitions
from streams.detection import shipped_emotions_text


def test_a_file_with_an_order_wait_is_the_timing(tmp_path: Path) -> None:
    (tmp_path / "time.yaml").write_text("id: time\nversion: 4\norder_wait: 2s\n")
    assert [(one.kind, one.id, one.version) for one in read_definitions([tmp_path])] == [("time", "time", 4)]


def test_a_mistake_in_the_timing_is_named_like_one_in_a_rule(tmp_path: Path) -> None:
    file = tmp_path / "time.yaml"
    file.write_text("id: time\nversion: 4\norder_wait: 2\n")
    with pytest.raises(BadDefinitions) as error:
        read_definitions([file])
    assert error.value.lines == (f"{file}:3:13: 'order_wait' is 2; write a number with its unit, like 30m, 4h or 7d",)


def test_what_is_shipped_are_rules_one_policy_and_the_emotions() -> None:
    assert {one.kind for one in shipped_definitions()} == {"rule", "policy", "emotions"}


def test_a_rule_that_names_a_moment_of_a_rule_that_hears_moments_is_refused_with_its_place(tmp_path: Path) -> None:
    head = "id: {}\nversion: 1\ntitle: t\ndescription: d\nemotion: joyful\n"
    (tmp_path / "first.yaml").write_text(
        head.format("glad.twice") + "detect: {count: {type: moment.detected}, at_least: 2, within: 1d}\n"
    )
    (tmp_path / "second.yaml").write_text(
        head.format("glad.more") + "detect:\n  event: {type: moment.detected, rule: [queue.abandoned, glad.twice]}\n"
    )
    with pytest.raises(BadDefinitions) as refused:
        read_definitions([tmp_path])
    assert refused.value.lines == (
        f"{tmp_path}/second.yaml:7:58: glad.more cannot hear glad.twice, which hears moments itself; "
        "name rules that hear touchpoints only",
    )


def test_a_file_with_half_lives_is_the_emotions(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(shipped_emotions_text())
    assert [(one.kind, one.id) for one in read_definitions([tmp_path])] == [("emotions", "emotions")]
