"""Which kind of definition a file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.definition_files import BadDefinitions, read_definitions, shipped_definitions


def test_a_file_with_an_order_wait_is_the_timing(tmp_path: Path) -> None:
    (tmp_path / "time.yaml").write_text("id: time\nversion: 4\norder_wait: 2s\n")
    assert [(one.kind, one.id, one.version) for one in read_definitions([tmp_path])] == [("time", "time", 4)]


def test_a_mistake_in_the_timing_is_named_like_one_in_a_rule(tmp_path: Path) -> None:
    file = tmp_path / "time.yaml"
    file.write_text("id: time\nversion: 4\norder_wait: 2\n")
    with pytest.raises(BadDefinitions) as error:
        read_definitions([file])
    assert error.value.lines == (f"{file}:3:13: 'order_wait' is 2; write a number with its unit, like 30m, 4h or 7d",)


def test_what_is_shipped_are_rules_and_one_policy() -> None:
    assert {one.kind for one in shipped_definitions()} == {"rule", "policy"}
