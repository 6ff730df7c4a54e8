"""Drafts are good rules as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.authoring import RuleFile, lint, shipped_policy_text
from streams.authoring.draft import KINDS, drafted, write_draft
from streams.detection import EMOTIONS, parse_rule, run_rule_tests
from streams.outreach import parse_policy
from streams.vocabulary import shipped_vocabulary


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_passes_its_own_tests(kind: str) -> None:
    rule, tests = drafted("tea.cold", "anxious", kind)
    assert all(result.passed for result in run_rule_tests(rule, tests))


@pytest.mark.parametrize("kind", KINDS)
def test_lint_misses_nothing_in_a_draft_but_an_action(kind: str) -> None:
    rule, tests = drafted("tea.cold", "anxious", kind)
    policy = parse_policy(shipped_policy_text(), "policy.yaml")
    file = RuleFile("tea.cold.yaml", rule, "tea.cold.test.yaml", tests)
    found = lint([file], shipped_vocabulary(), policy)
    assert [one.remedy for one in found] == ["name it in the 'moments' of an action"]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_draft_has_the_name_and_emotion_asked_for(emotion: str) -> None:
    rule = parse_rule(drafted("tea.cold_again", emotion, "event")[0], "tea.cold_again.yaml")
    assert (rule.id, rule.title, rule.emotion) == ("tea.cold_again", "Tea cold again", emotion)


def test_neither_file_is_written_where_one_is_there(tmp_path: Path) -> None:
    (tmp_path / "tea.cold.yaml").write_text("mine")
    with pytest.raises(FileExistsError):
        write_draft(tmp_path, "tea.cold", "anxious", "event")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("tea.cold.yaml", "mine")]
