import gzip
from pathlib import Path

from schemas import Codec
from streams.settings import Settings
from tests.cli.conftest import ROOT, Run
from tests.kafka.reader import read

CALLS = ROOT / "samples" / "bank-january-1999.tsv.gz"
CONSENTS = ROOT / "samples" / "bank-consents.csv"
LAST_TOUCHPOINT = 917_819_585_000
DAY = 86_400_000


def first_rows(folder: Path, count: int) -> str:
    with gzip.open(CALLS, "rb") as calls:
        (folder / "calls.tsv").write_bytes(b"".join(calls.readline() for _ in range(count + 1)))
    return "calls.tsv"


def test_january_is_published_whole_between_its_clock_and_its_closing_ticks(momentous: Run, topics: Settings) -> None:
    told = momentous("import", "bank", str(CALLS), "--consents", str(CONSENTS), settings=topics)
    assert told.out.splitlines() == [
        f"{CALLS}: 31599 rows, 137823 touchpoints, 240 rows left out",
        f"{CONSENTS}: 3143 touchpoints; customers: granted 2357, none 1178, withdrawn 393",
        "published 140966 touchpoints",
    ]
    assert told.err == (
        "left out: 240 x PHANTOM: a virtual call, which the log's documentation says to ignore (row 65, 228, 331, …)\n"
    )
    assert told.code == 0
    codec = Codec()
    touchpoints = 0
    for partition in range(4):
        records = [codec.decode(record.value) for record in read(topics, "touchpoints", partition)]
        assert records[0][1]["clock"]["mode"] == "event"
        assert records[-1][1]["at"] == LAST_TOUCHPOINT + 7 * DAY
        assert {name for name, _ in records[1:-1]} == {"Touchpoint"}
        times = [touchpoint["occurred_at"] for _, touchpoint in records[1:-1]]
        assert times == sorted(times)
        touchpoints += len(times)
    assert touchpoints == 140_966


def test_a_second_import_is_refused_with_code_4(momentous: Run, topics: Settings, tmp_path: Path) -> None:
    calls = first_rows(tmp_path, 50)
    assert momentous("import", "bank", calls, settings=topics).code == 0
    told = momentous("import", "bank", calls, settings=topics)
    assert told.code == 4
    assert (
        "holds touchpoints already, and a clock cannot go back to a history; play it into topics of its own" in told.err
    )


def test_a_row_that_cannot_be_read_is_named_and_the_code_is_1(momentous: Run, tmp_path: Path) -> None:
    calls = first_rows(tmp_path, 3)
    with (tmp_path / calls).open("ab") as file:
        file.write(b"a row of nonsense\r\n")
    told = momentous("import", "bank", calls, "--dry-run")
    assert told.err == "left out: 1 x 1 columns, expected 17 (row 5)\n"
    assert (told.code, told.out.splitlines()[-1]) == (1, "would publish 12 touchpoints")


def test_a_file_of_another_kind_is_one_line_and_code_2(momentous: Run) -> None:
    told = momentous("import", "bank", str(CONSENTS), "--dry-run")
    assert told.code == 2
    assert told.err.startswith(
        f"error: {CONSENTS}: the first line is not the header of a bank call log; expected 17 col"
    )
