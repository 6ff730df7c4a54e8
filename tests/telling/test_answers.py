from datetime import UTC, datetime

from rich.console import Console

from streams.telling import answer_table


def printed(columns: list[str], *rows: list[object]) -> list[str]:
    console = Console(record=True, width=80)
    console.print(answer_table(columns, rows, "A question"))
    return [line.rstrip() for line in console.export_text().splitlines() if line.strip()]


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    assert printed(["skill", "long_waits"], ["PS", 96], ["NW", 5]) == [
        "A question",
        " skill  long waits",
        " ──────────────────",
        " PS             96",
        " NW              5",
    ]


def test_times_are_as_short_as_they_are_exact() -> None:
    hour = datetime(1999, 1, 4, 5, tzinfo=UTC).replace(tzinfo=None)
    lines = printed(["at"], [hour], [hour.replace(second=7)], [hour.replace(microsecond=250_000)])
    assert lines[3:] == [" 1999-01-04 05:00", " 1999-01-04 05:00:07", " 1999-01-04 05:00:00.250"]


def test_nothing_is_shown_as_nothing() -> None:
    assert printed(["rate"], [None]) == ["A question", " rate", " ─────"]
