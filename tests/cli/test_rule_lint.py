from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.test_rule_tests import RULE, written


def test_the_shipped_rules_are_clean(momentous: Run) -> None:
    told = momentous("rules", "lint", "--strict")
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith(" rules: 0 errors, 0 warnings\n")


def test_warnings_fail_only_where_they_shall(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path)
    told = momentous("rules", "lint", ".")
    assert told.code == 0
    assert told.out.startswith("queue.twice.yaml:1:5: warning: no action of policy 'outreach' answers it")
    assert told.out.endswith("\n1 rule: 0 errors, 1 warning\n")
    assert momentous("rules", "lint", ".", "--strict").code == 1


def test_errors_fail(momentous: Run, tmp_path: Path) -> None:
    written(tmp_path, RULE.replace("within: 1h", "within: 0s"))
    told = momentous("rules", "lint", "queue.twice.yaml")
    assert told.code == 1
    assert told.out.splitlines()[0] == (
        "queue.twice.yaml:9:11: error: 'within' of 0s is out of bounds; write 1ms to 366d"
    )


def test_another_policy_may_answer(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("actions: 3\n")
    told = momentous("rules", "lint", "--policy", "bad.yaml")
    assert told.code == 2
    assert told.err.startswith("bad.yaml:1:")
