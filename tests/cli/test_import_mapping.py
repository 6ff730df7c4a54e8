import json
from pathlib import Path

import pytest

from schemas import Codec
from streams.settings import Settings
from tests.cli.conftest import ROOT, Run
from tests.kafka.reader import read

OTTO = ROOT / "samples" / "otto-events.csv"
SAMPLES = ROOT / "samples" / "mappings"
CALLS = (str(SAMPLES / "support-calls.yaml"), str(SAMPLES / "support-calls.csv"))
NOWHERE = {"MOMENTOUS_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
LAST_CLICK = 1_661_723_997_885
DAY = 86_400_000

MAPPING = """\
id: visits
format: csv
source: shop
event_id: "{id}"
customer_id: "{customer}"
channel: web
type: product.viewed
occurred_at: {from: "{at}", format: epoch_s}
properties: {product_id: "{product}"}
"""


def files(folder: Path, rows: str, mapping: str = MAPPING) -> tuple[str, str]:
    (folder / "visits.yaml").write_text(mapping)
    (folder / "visits.csv").write_text("id,customer,at,product\n" + rows)
    return "visits.yaml", "visits.csv"


def test_a_history_is_published_between_its_clock_and_its_closing_ticks(momentous: Run, topics: Settings) -> None:
    told = momentous("import", "otto", str(OTTO), settings=topics)
    assert told.out.splitlines() == [
        f"{OTTO}: 862 rows, 862 touchpoints, 0 rows refused",
        "published 862 touchpoints",
    ]
    assert (told.err, told.code) == ("", 0)
    codec = Codec()
    touchpoints = 0
    for partition in range(4):
        records = [codec.decode(record.value) for record in read(topics, "touchpoints", partition)]
        assert records[0][1]["clock"] == {"mode": "event", "from": 1_659_304_800_025, "to": LAST_CLICK}
        assert records[-1][1]["at"] == LAST_CLICK + 7 * DAY
        times = [touchpoint["occurred_at"] for _, touchpoint in records[1:-1]]
        assert times == sorted(times)
        touchpoints += len(times)
    assert touchpoints == 862
    again = momentous("import", "--mapping", *CALLS, settings=topics)
    assert (again.code, "a clock cannot go back to a history" in again.err) == (4, True)


def test_a_dry_run_shows_the_first_touchpoints_and_the_number_of_each_type(momentous: Run) -> None:
    told = momentous("import", "--mapping", *CALLS, "--dry-run", **NOWHERE)
    lines = told.out.splitlines()
    assert lines[0] == f"{CALLS[1]}: 12 rows, 7 touchpoints, 4 rows refused, 1 skipped"
    assert json.loads("".join(lines[1 : lines.index("}") + 1]))["event_id"] == "7001-1"
    assert lines[-5:] == [
        "        1 agent.connected",
        "        1 agent.ended",
        "        1 queue.abandoned",
        "        4 queue.entered",
        "would publish 7 touchpoints",
    ]
    assert told.err.splitlines() == [
        "skipped: 1 x calls of the service's own testers",
        f"{CALLS[1]}:4: occurred_at: '24.10.2026 18:04:32,5' is no time like %d.%m.%Y %H:%M:%S",
        f"{CALLS[1]}:11: type cannot be looked up: 'weitergeleitet' is not in its values",
        f"{CALLS[1]}:12: x_callback: 'vielleicht' is neither true nor false, which are J, N here",
        f"{CALLS[1]}:13: 5 columns, expected 10",
    ]
    assert told.code == 1


def test_refused_rows_are_named_up_to_a_number_and_all_of_them_written_out(momentous: Run, tmp_path: Path) -> None:
    rows = "".join(f"{number},ann,{'soon' if number % 2 else 1_795_428_000},lamp\n" for number in range(8))
    more = ("--dry-run", "--show", "2", "--refused", "refused.csv")
    told = momentous("import", "--mapping", *files(tmp_path, rows), *more)
    assert told.err.splitlines() == [
        "visits.csv:3: occurred_at: 'soon' is no number",
        "visits.csv:5: occurred_at: 'soon' is no number",
        "… and 2 more refused",
    ]
    assert "refused.csv: 4 refused rows" in told.out.splitlines()
    assert (tmp_path / "refused.csv").read_text().splitlines() == [
        "id,customer,at,product",
        "1,ann,soon,lamp",
        "3,ann,soon,lamp",
        "5,ann,soon,lamp",
        "7,ann,soon,lamp",
    ]


def test_strict_publishes_nothing_when_a_row_is_refused(momentous: Run, topics: Settings, tmp_path: Path) -> None:
    rows = "1,ann,1795428000,lamp\n2,ann,soon,lamp\n"
    told = momentous("import", "--mapping", *files(tmp_path, rows), "--strict", settings=topics)
    assert [read(topics, "touchpoints", partition) for partition in range(4)] == 4 * [[]]
    assert told.code == 1
    assert told.out == "visits.csv: 2 rows, 1 touchpoint, 1 row refused\n"
    assert told.err.splitlines()[-1] == (
        "error: rows were refused, nothing was published; mend them, or leave --strict out"
    )


def test_all_mistakes_of_a_mapping_are_named_with_their_places_and_the_code_is_2(
    momentous: Run, tmp_path: Path
) -> None:
    wrong = MAPPING.replace("epoch_s", "epochs").replace("channel: web", "chanel: web")
    told = momentous("import", "--mapping", *files(tmp_path, "", wrong))
    lines = told.err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "visits.yaml:1:1",
        "visits.yaml:6:1",
        "visits.yaml:8:37",
        "error",
    ]
    assert lines[1] == "visits.yaml:6:1: unknown key 'chanel' in a mapping; did you mean 'channel'?"
    assert lines[-1] == "error: 3 mistakes in the mapping, nothing was published; mend what is named above"
    assert told.code == 2


def test_a_column_that_the_data_does_not_have_is_a_mistake_of_the_mapping(momentous: Run, tmp_path: Path) -> None:
    told = momentous("import", "--mapping", *files(tmp_path, "", MAPPING.replace("{product}", "{prodct}")))
    assert told.err.splitlines()[0] == ("visits.yaml:9:26: visits.csv has no column 'prodct'; did you mean 'product'?")
    assert told.code == 2


def test_types_outside_the_vocabulary_are_noted_and_no_reason_to_refuse(momentous: Run, tmp_path: Path) -> None:
    mapping = MAPPING.replace("product.viewed", "product.seen")
    told = momentous("import", "--mapping", *files(tmp_path, "1,ann,1795428000,lamp\n", mapping), "--dry-run")
    assert told.err == (
        "note: type product.seen is not in the vocabulary (1 touchpoint); docs/touchpoints.md has the vocabulary\n"
    )
    assert told.code == 0


def test_event_ids_that_are_there_twice_are_noted(momentous: Run, tmp_path: Path) -> None:
    rows = "7,ann,1795428000,lamp\n8,ann,1795428000,lamp\n7,ann,1795428001,vase\n7,ann,1795428002,rug\n"
    told = momentous("import", "--mapping", *files(tmp_path, rows), "--dry-run")
    assert told.err == (
        "note: 2 touchpoints repeat an event id, the first is '7'; "
        "a repetition within seven days counts as a duplicate\n"
    )
    assert told.code == 0


def test_refused_rows_are_never_written_over_the_data(momentous: Run, tmp_path: Path) -> None:
    mapping, data = files(tmp_path, "1,ann,soon,lamp\n")
    told = momentous("import", "--mapping", mapping, data, "--refused", f"../{tmp_path.name}/{data}")
    assert told.err.splitlines()[-1].endswith(
        "visits.csv: is the data itself; write the refused rows to a file of their own"
    )
    assert (told.code, (tmp_path / data).read_text().splitlines()[1]) == (2, "1,ann,soon,lamp")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--mapping", "none.yaml", "none.csv"), "error: none.yaml: No such file or directory; check the path"),
        (("completejourney", "."), "error: .: has no campaigns.csv, nor campaigns.csv.gz; name the folder"),
        (("none.csv",), "error: No such command 'none.csv'"),
    ],
)
def test_what_is_not_there_is_one_line_and_code_2(momentous: Run, arguments: tuple[str, ...], complaint: str) -> None:
    told = momentous("import", *arguments)
    assert told.err.startswith(complaint)
    assert (told.err.count("\n"), told.code) == (1, 2)


def test_a_file_without_a_usable_row_publishes_nothing_and_needs_no_broker(momentous: Run, tmp_path: Path) -> None:
    told = momentous("import", "--mapping", *files(tmp_path, ""), **NOWHERE)
    assert (told.out.splitlines()[-1], told.code) == ("published 0 touchpoints", 0)
