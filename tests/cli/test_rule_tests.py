from pathlib import Path

from streams.catalogue import load_catalogue_tests
from streams.detection.case_reader import parse_cases
from tests.cli.conftest import Run

RULE = """\
id: queue.twice
version: 1
title: Twice
description: Two abandoned queues within an hour.
emotion: stressed
detect:
  count: {type: queue.abandoned}
  at_least: 2
  within: 1h
"""
TESTS = """\
rule: queue.twice
defaults: {channel: voice, type: queue.abandoned}
cases:
  - name: Twice in an hour
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1h-1ms, id: b}
    moments:
      - {at: 1h-1ms, evidence: [a, b]}

  - name: At exactly an hour it is over
    touchpoints:
      - {at: 0s, id: a}
      - {at: 1h, id: b}
    until: 2h
    moments: []
"""


def written(folder: Path, rule: str = RULE, tests: str | None = TESTS) -> None:
    (folder / "queue.twice.yaml").write_text(rule)
    if tests is not None:
        (folder / "queue.twice.test.yaml").write_text(tests)


def test_cases_are_named_under_their_files_and_counted(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path)
    told = momentous("rules", "test", "queue.twice.yaml")
    assert told.out == (
        "queue.twice.yaml  (queue.twice.test.yaml)\n"
        "  PASS  Twice in an hour\n"
        "  PASS  At exactly an hour it is over\n"
        "2 passed, 0 failed\n"
    )
    assert (told.code, told.err) == (0, "")


def test_a_failed_case_shows_its_time_line_and_what_it_expected_and_found(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path, RULE + "  inclusive: true\n")
    told = momentous("rules", "test", "queue.twice.yaml")
    assert told.out.splitlines()[2:] == [
        "  FAIL  At exactly an hour it is over  (queue.twice.test.yaml:11)",
        "        from 2026-01-05T09:00:00Z: a queue.abandoned at 0s, b queue.abandoned at 1h, until 2h",
        "        expected  no moment",
        "        found     1h: a, b {count: 2}",
        "1 passed, 1 failed",
    ]
    assert told.code == 1


def test_a_moment_that_is_missing_is_shown_with_evidence_and_time(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path, RULE.replace("at_least: 2", "at_least: 3"))
    told = momentous("rules", "test", "queue.twice.yaml", "--quiet")
    assert told.out.splitlines()[3:] == [
        "        expected  1h-1ms: a, b",
        "        found     no moment",
        "1 passed, 1 failed",
    ]


def test_a_test_file_stands_for_its_rule_and_is_run_once(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path)
    told = momentous("rules", "test", "queue.twice.test.yaml", "queue.twice.yaml", ".")
    assert told.out.splitlines()[-1] == "2 passed, 0 failed"


def test_a_rule_that_is_off_is_tested_as_if_it_were_live(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path, RULE + "mode: 'off'\n")
    assert momentous("rules", "test", ".").code == 0


def test_without_any_test_there_is_nothing_to_praise(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path, tests=None)
    told = momentous("rules", "test", ".")
    assert told.out == (
        "queue.twice.yaml\n  no tests; write queue.twice.test.yaml\n0 passed, 0 failed, 1 rule without tests\n"
    )
    assert told.code == 1


def test_mistakes_of_either_file_are_named_with_line_and_column(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path, RULE.replace("stressed", "annoyed"), TESTS)
    (tmp_path / "other.yaml").write_text(RULE)
    (tmp_path / "other.test.yaml").write_text(TESTS.replace("evidence: [a, b]", "evidence: [a, z]"))
    told = momentous("rules", "test", ".")
    assert [line.split(" ")[0] for line in told.err.splitlines()] == [
        "other.test.yaml:9:32:",
        "queue.twice.yaml:5:10:",
        "error:",
    ]
    assert told.code == 2


def test_tests_without_a_rule_are_named(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "lost.test.yaml").write_text(TESTS)
    told = momentous("rules", "test", ".")
    assert told.err.splitlines()[0] == (
        "lost.test.yaml:1:1: there is no rule lost.yaml beside these tests; name both files alike"
    )
    assert told.code == 2


def test_a_path_that_is_not_there_is_wrong_use(momentous: Run) -> None:
    told = momentous("rules", "test", "nowhere.yaml")
    assert (told.code, told.err) == (
        2,
        "error: nowhere.yaml: No such file or directory; check the path and its rights\n",
    )


def test_the_shipped_rules_pass_all_their_cases(momentous: Run) -> None:
    texts = [(name, text, name.removesuffix(".test.yaml")) for name, text in load_catalogue_tests()]
    cases = sum(len(parse_cases(text, name, rule_id)) for name, text, rule_id in texts)
    told = momentous("rules", "test")
    assert told.out.splitlines()[-1] == f"{cases} passed, 0 failed"


def test_only_one_rule_of_many_is_run_on_demand(momentous: Run) -> None:
    told = momentous("rules", "test", "--only", "queue.long_wait")
    assert told.out.startswith("queue.long_wait.yaml  (queue.long_wait.test.yaml)\n  PASS  ")
    assert told.out.count(".test.yaml") == 1


def test_a_rule_that_is_not_there_cannot_be_the_only_one(momentous: Run) -> None:
    told = momentous("rules", "test", "--only", "queue.long_wate")
    assert (told.code, told.err) == (
        2,
        "error: no rule 'queue.long_wate' among these files; did you mean 'queue.long_wait'?\n",
    )
