import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

LINE = {
    "event_id": "1",
    "source": "ivr",
    "customer_id": "7",
    "channel": "voice",
    "type": "queue.abandoned",
    "occurred_at": "2026-11-23T09:00:00Z",
    "correlation_id": "call-1",
    "properties": {"wait_seconds": 31},
}


def lines(*changes: dict[str, object]) -> bytes:
    return b"".join(json.dumps({**LINE, **change}).encode() + b"\n" for change in changes)


def test_a_type_is_shown_with_its_properties_and_their_units(momentous: Run) -> None:
    told = momentous("touchpoints", "promise.made", COLUMNS="250")
    assert told.code == 0
    assert told.out.splitlines()[0] == "promise.made: Something was promised: until a time or in a quantity."
    rows = [[cell.strip() for cell in line.split("│")[1:4]] for line in told.out.splitlines() if "│" in line]
    assert rows[:3] == [
        ["promise_id", "required", "text"],
        ["due_at", "one of", "time"],
        ["quantity", "one of", "number"],
    ]


@pytest.mark.parametrize(
    ("search", "shown"),
    [
        ("queue.", ["queue.entered", "queue.position_told", "queue.answered", "queue.abandoned"]),
        ("survey", ["survey.sent", "survey.answered", "survey.declined"]),
    ],
)
def test_a_beginning_or_a_channel_finds_types(momentous: Run, search: str, shown: list[str]) -> None:
    told = momentous("touchpoints", search, COLUMNS="250")
    assert (told.code, [line.split("│")[1].strip() for line in told.out.splitlines() if "│" in line]) == (0, shown)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("queue.abandond", "error: queue.abandond is neither a type nor a channel; did you mean 'queue.abandoned'?\n"),
        ("fax", "error: fax is neither a type nor a channel; `momentous touchpoints` lists all\n"),
        ("f.x", "error: f.x is neither a type nor a channel; `momentous touchpoints` lists all\n"),
    ],
)
def test_what_there_is_not_is_told_with_a_remedy(momentous: Run, word: str, message: str) -> None:
    told = momentous("touchpoints", word)
    assert (told.code, told.out, told.err) == (1, "", message)


def test_the_page_is_printed_as_it_stands_in_docs(momentous: Run) -> None:
    page = Path(__file__).parents[2] / "docs" / "touchpoints.md"
    assert momentous("touchpoints", "--markdown").out == page.read_text(encoding="utf-8")


def test_a_file_that_fits_is_told_so(momentous: Run) -> None:
    told = momentous("touchpoints", "--check", "-", stdin=lines({}, {"event_id": "2"}))
    assert (told.code, told.out, told.err) == (0, "2 touchpoints read, 0 refused; all fit\n", "")


def test_what_does_not_fit_is_told_by_line_and_counted_by_source(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(
        lines({"properties": {"wait": 31}}, {"source": "web", "type": "page.seen"}, {"channel": "fax"}, {})
    )
    told = momentous("touchpoints", "--check", "t.jsonl")
    assert told.code == 1
    assert told.out.splitlines() == [
        "t.jsonl:1: queue.abandoned: property wait_seconds is missing (missing_property)",
        "t.jsonl:1: queue.abandoned: property wait is not one of queue.abandoned (unknown_property)",
        "t.jsonl:2: page.seen: type page.seen is not in the vocabulary (unknown_type)",
        "ivr: missing_property in 1 touchpoint",
        "ivr: unknown_property in 1 touchpoint",
        "web: unknown_type in 1 touchpoint",
        "3 touchpoints read, 1 refused; what does not fit is taken in nevertheless, and counted",
    ]
    assert told.err.startswith("t.jsonl:3: refused: channel 'fax', expected one of web, app, ")


def test_a_file_that_is_not_there_is_told_in_a_line(momentous: Run) -> None:
    told = momentous("touchpoints", "--check", "no.jsonl")
    assert (told.code, told.err) == (2, "error: no.jsonl: No such file or directory; check the path and its rights\n")


def test_a_rule_that_listens_to_an_unheard_type_is_valid_and_gets_a_warning(momentous: Run, tmp_path: Path) -> None:
    rule = "id: a.b\nversion: 1\ntitle: t\ndescription: d\nemotion: stressed\ndetect: {event: {type: queue.abandond}}\n"
    (tmp_path / "a.b.yaml").write_text(rule)
    told = momentous("rules", "publish", "a.b.yaml", "--dry-run")
    assert (told.code, told.out) == (0, "valid: 1 rule, 0 policies\n")
    assert told.err.splitlines()[-1] == (
        "a.b.yaml:6:24: warning: type 'queue.abandond' is not in the vocabulary; did you mean 'queue.abandoned'?"
    )
