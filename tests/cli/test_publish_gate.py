"""What lint and the tests beside a file keep out of the log."""

from __future__ import annotations

from pathlib import Path

from tests.authoring.policies.small_policy import CASES, HELP, small
from tests.cli.conftest import Run
from tests.cli.test_rule_tests import RULE, written

NEVER = RULE.replace("type: queue.abandoned", "type: queue.abandoned, wait_seconds|gt: 300, wait_seconds|lt: 100")


def test_a_rule_that_can_never_fire_is_not_published(inside: Run, tmp_path: Path) -> None:
    written(tmp_path, NEVER)
    told = inside("rules", "publish", "queue.twice.yaml", "--dry-run")
    assert (told.code, told.out) == (1, "")
    assert told.err.splitlines()[-2:] == [
        "queue.twice.yaml:7:10: error: it can never fire: this condition can never hold; its tests exclude each "
        "other; take one away, or write any: [...]",
        "error: 1 error; nothing was published; mend what is named above",
    ]


def test_what_only_looks_wrong_is_told_and_published(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "queue.twice.yaml").write_text(RULE)
    told = inside("rules", "publish", "queue.twice.yaml", "--dry-run")
    assert (told.code, told.out) == (0, "valid: 1 rule, 0 policies\n")
    assert told.err.splitlines() == [
        "queue.twice.yaml:1:5: warning: it has no tests; write queue.twice.test.yaml",
        "queue.twice.yaml:1:5: warning: no action of policy 'outreach' answers it, so its stressed customers hear "
        "nothing; name it in the 'moments' of an action",
    ]


def test_a_policy_among_the_rules_is_held_to_its_tests_too(inside: Run, tmp_path: Path) -> None:
    file = small("suppressions: [{list: no, classes: [service, promotional]}]\n", HELP, CASES)
    (tmp_path / "small.yaml").write_text(file.text)
    (tmp_path / "small.test.yaml").write_text(CASES.replace("reason: consent_none", "reason: paused"))
    told = inside("rules", "publish", "small.yaml", "--dry-run")
    assert (told.code, told.out) == (1, "")
    assert told.err.splitlines()[-1] == "error: 1 test failed; nothing was published; mend what is named above"


def test_a_policy_that_would_silence_everybody_is_published_by_neither_command(inside: Run, tmp_path: Path) -> None:
    always = 'limits: {quiet_hours: {windows: [{from: "00:00", to: "24:00"}], zones: [Europe/Vienna]}}\n'
    (tmp_path / "small.yaml").write_text(small(always, HELP, None).text)
    for group in ("rules", "policy"):
        told = inside(group, "publish", "small.yaml", "--dry-run")
        assert (told.code, told.out) == (1, "")
        assert "error: the windows cover the whole week: everybody can never be contacted" in told.err
        assert told.err.splitlines()[-1] == "error: 1 error; nothing was published; mend what is named above"
