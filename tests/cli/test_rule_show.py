from pathlib import Path

from streams.catalogue import load_catalogue
from tests.cli.conftest import Run


def test_a_shipped_rule_is_shown_by_its_id(momentous: Run) -> None:
    told = momentous("rules", "show", "queue.long_wait")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("queue.long_wait, version 1: ")
    assert "\n  *   queue.long_wait (stressed)" in told.out


def test_a_file_is_shown_too(momentous: Run, tmp_path: Path) -> None:
    text = dict(load_catalogue())["queue.long_wait.yaml"].replace("id: queue.long_wait", "id: queue.mine")
    (tmp_path / "mine.yaml").write_text(text)
    told = momentous("rules", "show", "mine.yaml")
    assert told.out.startswith("queue.mine, version 1: ")
    assert "Nothing: policy 'outreach' has no action for it." in told.out


def test_a_slip_of_the_pen_names_the_nearest_rule(momentous: Run) -> None:
    told = momentous("rules", "show", "queue.long_wate")
    assert (told.code, told.err) == (
        2,
        "error: no rule and no file 'queue.long_wate'; did you mean 'queue.long_wait'?\n",
    )


def test_a_bad_file_shows_its_mistakes(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("id: 7\n")
    told = momentous("rules", "show", "bad.yaml")
    assert told.code == 2
    assert told.err.startswith("bad.yaml:1:1: ")
