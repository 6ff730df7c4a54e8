"""What is put to the test, and what it is compared with."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.backtest import BadChoice, choose
from tests.backtest.small_history import NEW, OTHER


def test_a_file_is_compared_with_the_rule_of_its_id_that_runs_now(folder: Path) -> None:
    choice = choose(str(folder / "new.yaml"), None, [folder / "now"])
    assert choice.present is not None
    assert (choice.candidate.rule.version, choice.present.rule.version) == (2, 1)
    assert [one.id for one in choice.beside] == ["call.lost", "outreach", "emotions"]


def test_a_rule_that_runs_is_named_by_its_id(folder: Path) -> None:
    choice = choose("wait.long", None, [folder / "now"])
    assert (choice.present, choice.why_alone) == (None, "it is the present version itself")


def test_a_new_rule_has_nothing_to_be_compared_with(folder: Path) -> None:
    (folder / "new.yaml").write_text(NEW.replace("wait.long", "wait.endless"))
    assert choose(str(folder / "new.yaml"), None, [folder / "now"]).why_alone == "no rule wait.endless runs at present"


def test_versions_of_different_rules_are_not_compared(folder: Path) -> None:
    (folder / "other.yaml").write_text(OTHER)
    with pytest.raises(BadChoice, match=r"is rule call\.lost, not wait\.long; compare versions of one rule"):
        choose(str(folder / "new.yaml"), str(folder / "other.yaml"), [folder / "now"])


def test_a_name_that_nobody_has_names_the_nearest(folder: Path) -> None:
    with pytest.raises(BadChoice, match=r"no rule and no file 'queue\.long_wat'; did you mean 'queue\.long_wait'"):
        choose("queue.long_wat", None, [])


def test_without_a_policy_of_ones_own_the_shipped_one_decides(folder: Path) -> None:
    (folder / "now" / "policy.yaml").unlink()
    choice = choose(str(folder / "new.yaml"), None, [folder / "now"])
    assert choice.together(choice.candidate).policy.version > 3
