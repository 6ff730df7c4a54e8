"""``momentous policy``: test, lint, show."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.authoring.policies import shipped_policy_file
from streams.cli.root import app
from tests.authoring.policies.small_policy import CASES, QUEUE, small
from tests.cli.conftest import Ended, Run


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """As ``momentous``, without a process of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ended:
        code = app(list(arguments), prog_name="momentous", standalone_mode=False)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


def write(folder: Path, tests: str | None = CASES, **parts: str) -> None:
    file = small(tests=tests, **parts)
    (folder / "small.yaml").write_text(file.text)
    if tests is not None:
        (folder / "small.test.yaml").write_text(tests)


def test_the_tests_of_the_shipped_policy_pass(momentous: Run) -> None:
    told = momentous("policy", "test", "-q")
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith(" passed, 0 failed\n")


def test_a_policys_cases_are_told_by_name(inside: Run, tmp_path: Path) -> None:
    write(tmp_path)
    told = inside("policy", "test", "small.yaml")
    assert (told.code, told.out) == (0, "small.yaml  (small.test.yaml)\n  PASS  yes\n  PASS  no\n2 passed, 0 failed\n")


def test_the_test_file_stands_for_its_policy(inside: Run, tmp_path: Path) -> None:
    write(tmp_path)
    assert inside("policy", "test", "-q", "small.test.yaml").out == "2 passed, 0 failed\n"


def test_a_case_that_fails_ends_with_code_1(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, CASES.replace("reason: consent_none", "reason: paused"))
    told = inside("policy", "test", "-q", "small.yaml")
    assert told.code == 1
    assert "        expected  0s: a refused, reason paused\n" in told.out
    assert told.out.endswith("1 passed, 1 failed\n")


def test_a_policy_without_tests_ends_with_code_1(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, None)
    told = inside("policy", "test", "small.yaml")
    assert (told.code, told.out) == (
        1,
        "small.yaml\n  no tests; write small.test.yaml\n0 passed, 0 failed, 1 policy without tests\n",
    )


def test_mistakes_in_either_file_end_with_code_2(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, "policy: other\ncases: []\n")
    told = inside("policy", "test", "small.yaml")
    assert (told.code, told.out) == (2, "0 passed, 0 failed\n")
    assert told.err.splitlines() == [
        "small.test.yaml:1:9: the tests are for 'other'; the policy is 'small'",
        "small.test.yaml:2:8: 'cases' is a list; write a list of 1 to 500 cases",
        "error: 2 mistakes in files that were not run; mend what is named above",
    ]


def test_a_file_that_is_not_there_is_one_line_and_code_2(momentous: Run) -> None:
    told = momentous("policy", "test", "nothing.yaml")
    assert (told.code, told.err) == (
        2,
        "error: nothing.yaml: No such file or directory; check the path and its rights\n",
    )


def test_rules_of_ones_own_stand_in_for_the_shipped_ones(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, CASES.replace("status: triggered", "status: triggered, expires_at: 3h"))
    (tmp_path / "queue.abandoned.yaml").write_text(QUEUE.replace("1d", "3h"))
    assert inside("policy", "test", "small.yaml").code == 1
    assert inside("policy", "test", "small.yaml", "--rules", "queue.abandoned.yaml").code == 0


def test_lint_finds_nothing_in_what_is_shipped(inside: Run) -> None:
    told = inside("policy", "lint", "--strict")
    assert (told.code, told.out, told.err) == (0, "1 policy: 0 errors, 0 warnings\n", "")


def test_a_warning_is_an_error_when_it_is_meant_to_be(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, more="limits: {}\n")
    told = inside("policy", "lint", "small.yaml")
    assert told.code == 0
    assert told.out.splitlines()[-1].startswith("1 policy: 0 errors, ")
    assert inside("policy", "lint", "small.yaml", "--strict").code == 1


def test_a_policy_that_cannot_be_read_is_all_errors(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, more="limit: {}\nholdout: 5\n")
    told = inside("policy", "lint", "small.yaml")
    assert (told.code, told.out) == (
        1,
        "small.yaml:19:1: error: unknown key 'limit' in a policy; did you mean 'limits'?\n"
        "small.yaml:20:10: error: 'holdout' is 5; write holdout: {percent: 5%}\n"
        "1 policy: 2 errors, 0 warnings\n",
    )


def test_the_shipped_policy_is_told_in_sentences(inside: Run) -> None:
    told = inside("policy", "show")
    assert (told.code, told.err) == (0, "")
    assert "Who is on list 'deceased' gets nothing." in told.out


def test_a_policy_with_mistakes_is_not_told(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(shipped_policy_file().text.replace("version: 8", "version: eight"))
    told = inside("policy", "show", "bad.yaml")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("bad.yaml:")
    assert "'version' is the text 'eight'; write a whole number from 1 to 1000000" in told.err
