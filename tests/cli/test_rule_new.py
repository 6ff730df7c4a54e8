from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_new_rule_passes_its_tests_as_it_is_written(momentous: Run) -> None:
    assert momentous("rules", "new", "tea.cold", "--emotion", "anxious", "--kind", "absence").code == 0
    tested = momentous("rules", "test", "rules")
    assert (tested.code, tested.err) == (0, "")
    assert tested.out.endswith("\n2 passed, 0 failed\n")


def test_it_says_what_it_wrote_and_what_comes_next(momentous: Run, tmp_path: Path) -> None:
    told = momentous("rules", "new", "tea.cold", "--emotion", "neglected", "--kind", "absence", "--folder", "mine")
    assert told.out == (
        "wrote mine/tea.cold.yaml\n"
        "wrote mine/tea.cold.test.yaml\n"
        "next: change them, then `momentous rules test mine` and `momentous rules lint mine`\n"
    )
    assert "emotion: neglected\n" in (tmp_path / "mine" / "tea.cold.yaml").read_text()


def test_nothing_is_ever_overwritten(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "tea.cold.test.yaml").write_text("mine")
    told = momentous("rules", "new", "tea.cold", "--emotion", "neglected", "--folder", ".")
    assert (told.code, told.err) == (
        2,
        "error: tea.cold.test.yaml: is there already and is not overwritten; check the path and its rights\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["tea.cold.test.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tea.cold", "--emotion", "sad"), "error: there is no emotion 'sad'; known are vulnerable, anxious, "),
        (
            ("tea.cold", "--emotion", "joyful", "--kind", "cuont"),
            "error: there is no kind 'cuont'; did you mean 'count'?",
        ),
        (("../Tea", "--emotion", "joyful"), "error: '../Tea' is no id of a rule; write lower case words with a dot"),
    ],
)
def test_wrong_words_are_refused_with_what_would_be_right(
    momentous: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    told = momentous("rules", "new", *arguments)
    assert (told.code, list(tmp_path.iterdir())) == (2, [])
    assert told.err.startswith(said)
