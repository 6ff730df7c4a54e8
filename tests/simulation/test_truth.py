"""A truth on its side file: written, read back, and refused when it is not whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.simulation import BadTruth, Expected, Heading, end_line, heading_line, moment_line, read_truth
from streams.simulation.truth import NOT_YET

HEADING = Heading(seed=4, customers=9, start=5, rules=["a.one"], unknown={"b.two": "new"}, slack_ms=7)
MOMENTS = [
    Expected("a.one", "c1", "e1", 10, 10, False),
    Expected("a.one", "c2", "e2", 10, 30, True, "it is late", is_moment=False),
]
LINES = [heading_line(HEADING), *(moment_line(one) for one in MOMENTS), end_line(12, 2)]


def test_what_was_written_is_read() -> None:
    truth = read_truth(LINES, "t")
    assert (truth.heading, truth.moments, truth.touchpoints) == (HEADING, MOMENTS, 12)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "t: the first line tells no city; give the file that `momentous simulate --truth` wrote"),
        (LINES[1:], "t: the first line tells no city; give the file that `momentous simulate --truth` wrote"),
        (LINES[:-1], "t: it has no end; the run was cut off; simulate again to the end"),
        (
            [LINES[0], LINES[1], LINES[3]],
            "t:3: 1 moments, the end says 2; the run was cut off; simulate again to the end",
        ),
        ([LINES[0], LINES[0]], "t:2: a second city begins; score one truth at a time"),
        (
            [heading_line(Heading(1, 1, 1, [], {}, format=2))],
            "t: format 2, expected 1; make it again with this version",
        ),
    ],
)
def test_a_file_that_is_no_whole_truth_is_refused(lines: list[bytes], message: str) -> None:
    with pytest.raises(BadTruth) as refused:
        read_truth(lines, "t")
    assert str(refused.value) == message


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTruth, match=r"^t:2: JSON is malformed"):
        read_truth([LINES[0], b"{nonsense\n"], "t")


def test_of_a_live_city_only_what_is_due_is_asked_for() -> None:
    truth = read_truth([heading_line(HEADING), moment_line(MOMENTS[0]), end_line(1, 1)], "t")
    asked = {now: [one.excuse for one in truth.up_to(now).moments] for now in (9, 10, 16, 17)}
    assert asked == {9: [], 10: [NOT_YET], 16: [NOT_YET], 17: [""]}
