"""The counts in these tests are of the published file; the importer knows none of them."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.importers import BankLog, FileProblem, Refusal, read_bank
from streams.importers.bank import COLUMNS

SAMPLE = Path(__file__).parents[2] / "samples" / "bank-january-1999.tsv.gz"
SERVED = "AA0101 33133 24290983 2 PS 990101 10:48:44 10:48:49 5 10:48:49 10:49:17 28 AGENT 10:49:17 11:01:22 725 BASCH"


@pytest.fixture(scope="module")
def january() -> BankLog:
    return read_bank(SAMPLE)


def log(tmp_path: Path, *rows: str) -> BankLog:
    """A file of rows whose columns are written with spaces."""
    path = tmp_path / "calls.tsv"
    path.write_bytes(
        b"".join(line.encode() + b"\r\n" for line in ("\t".join(COLUMNS), *(r.replace(" ", "\t") for r in rows)))
    )
    return read_bank(path)


def story(read: BankLog) -> list[tuple[str, str]]:
    """Type and UTC time of each touchpoint."""
    return [
        (t["type"], datetime.fromtimestamp(t["occurred_at"] / 1000, UTC).strftime("%d %H:%M:%S"))
        for t in read.touchpoints
    ]


class TestJanuary:
    def test_has_137_823_touchpoints_of_31_359_calls(self, january: BankLog) -> None:
        assert (january.rows, len(january.touchpoints)) == (31_599, 137_823)
        assert Counter(t["type"] for t in january.touchpoints) == {
            "ivr.entered": 31_359,
            "ivr.exited": 31_359,
            "ivr.abandoned": 1_198,
            "queue.entered": 16_686,
            "queue.abandoned": 3_101,
            "agent.connected": 27_060,
            "agent.ended": 27_060,
        }

    def test_refuses_the_240_phantoms_and_nothing_else(self, january: BankLog) -> None:
        assert Counter(refusal.reason for refusal in january.refusals) == {
            "PHANTOM: a virtual call, which the log's documentation says to ignore": 240
        }

    def test_identifies_3_928_customers_in_13_224_calls(self, january: BankLog) -> None:
        calls = [t["customer_id"] for t in january.touchpoints if t["identified"] and t["type"] == "ivr.entered"]
        assert (len(calls), len(set(calls))) == (13_224, 3_928)

    def test_has_191_waits_over_five_minutes(self, january: BankLog) -> None:
        waits = [t for t in january.touchpoints if (t["properties"].get("wait_seconds") or 0) > 300]  # type: ignore[operator]
        assert (len(waits), sum(t["identified"] for t in waits)) == (191, 123)

    def test_is_in_the_order_of_time_with_no_event_twice(self, january: BankLog) -> None:
        times = [t["occurred_at"] for t in january.touchpoints]
        assert times == sorted(times)
        assert len({t["event_id"] for t in january.touchpoints}) == 137_823

    def test_keeps_opaque_customer_ids_as_they_are_written(self, january: BankLog) -> None:
        assert {"3.27E+11", "6.02E+11"} <= {t["customer_id"] for t in january.touchpoints}


class TestCall:
    def test_that_was_served_becomes_five_touchpoints_in_utc(self, tmp_path: Path) -> None:
        assert story(log(tmp_path, SERVED)) == [
            ("ivr.entered", "01 08:48:44"),
            ("ivr.exited", "01 08:48:49"),
            ("queue.entered", "01 08:48:49"),
            ("agent.connected", "01 08:49:17"),
            ("agent.ended", "01 09:01:22"),
        ]

    def test_carries_agent_wait_skill_and_priority(self, tmp_path: Path) -> None:
        assert log(tmp_path, SERVED).touchpoints[3] == {
            "event_id": "990101-AA0101-33133-4",
            "source": "bank-call-centre",
            "customer_id": "24290983",
            "identified": True,
            "channel": "voice",
            "type": "agent.connected",
            "occurred_at": 915180557000,
            "correlation_id": "990101-AA0101-33133",
            "session_id": None,
            "identities": {},
            "properties": {"agent": "BASCH", "priority": 2, "skill": "PS", "wait_seconds": 28},
        }

    def test_of_nobody_known_stands_under_its_own_id(self, tmp_path: Path) -> None:
        first = log(tmp_path, SERVED.replace("24290983", "0")).touchpoints[0]
        assert (first["customer_id"], first["identified"]) == ("anon:990101-AA0101-33133", False)

    def test_hung_up_in_the_queue_is_abandoned_at_the_end_of_the_wait(self, tmp_path: Path) -> None:
        row = "AA0101 33116 9664491 2 PS 990101 0:00:31 0:00:36 5 0:00:36 0:03:09 153 HANG 0:00:00 0:00:00 0 NO_SERVER"
        read = log(tmp_path, row)
        assert story(read)[2:] == [("queue.entered", "31 22:00:36"), ("queue.abandoned", "31 22:03:09")]
        assert read.touchpoints[3]["properties"] == {"priority": 2, "skill": "PS", "wait_seconds": 153}

    def test_hung_up_in_the_menu_is_abandoned_at_its_exit(self, tmp_path: Path) -> None:
        row = "AA0101 33117 0 0 PS 990101 0:34:12 0:34:23 11 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"
        assert story(log(tmp_path, row)) == [
            ("ivr.entered", "31 22:34:12"),
            ("ivr.exited", "31 22:34:23"),
            ("ivr.abandoned", "31 22:34:23"),
        ]

    def test_over_midnight_goes_on_on_the_next_day(self, tmp_path: Path) -> None:
        row = "AA0101 1 7 2 PS 990101 23:59:50 23:59:55 5 23:59:55 0:00:10 15 AGENT 0:00:09 0:02:00 111 AVI"
        read = log(tmp_path, row)
        assert story(read) == [
            ("ivr.entered", "01 21:59:50"),
            ("ivr.exited", "01 21:59:55"),
            ("queue.entered", "01 21:59:55"),
            ("agent.connected", "01 22:00:09"),
            ("agent.ended", "01 22:02:00"),
        ]
        assert read.touchpoints[3]["properties"]["wait_seconds"] == 15

    def test_with_clocks_up_to_twelve_hours_back_stays_on_its_day(self, tmp_path: Path) -> None:
        row = "AA0101 1 7 2 PS 990101 12:00:00 12:00:00 0 0:00:00 0:00:00 0 AGENT 0:00:00 0:00:00 0 AVI"
        assert story(log(tmp_path, row))[:2] == [("agent.connected", "31 22:00:00"), ("agent.ended", "31 22:00:00")]

    def test_in_summer_is_three_hours_ahead_of_utc(self, tmp_path: Path) -> None:
        assert story(log(tmp_path, SERVED.replace("990101", "990701")))[0] == ("ivr.entered", "01 07:48:44")


class TestRow:
    @pytest.mark.parametrize(
        ("found", "instead", "reason"),
        [
            ("10:48:49", "10:61:49", "vru_exit '10:61:49' is no time of a day, expected h:mm:ss"),
            ("990101", "990230", "date '990230' is no day, expected yymmdd"),
            (" 2 PS", " two PS", "priority 'two' is no whole number"),
            ("AGENT", "ROBOT", "outcome 'ROBOT', expected AGENT, HANG or PHANTOM"),
            (" BASCH", "", "16 columns, expected 17"),
            (" BASCH", " BASCH more", "18 columns, expected 17"),
        ],
    )
    def test_that_cannot_be_read_is_refused_with_its_line_and_reason(
        self, tmp_path: Path, found: str, instead: str, reason: str
    ) -> None:
        read = log(tmp_path, SERVED, SERVED.replace(found, instead, 1).replace("33133", "2"))
        assert read.refusals == [Refusal(3, reason)]
        assert len(read.touchpoints) == 5

    def test_without_a_customer_is_refused(self, tmp_path: Path) -> None:
        assert log(tmp_path, SERVED.replace("24290983", "")).refusals == [
            Refusal(2, "vru+line, call_id or customer_id is empty")
        ]

    def test_with_bytes_that_are_no_text_costs_only_that_row(self, tmp_path: Path) -> None:
        path = tmp_path / "calls.tsv"
        good = SERVED.replace(" ", "\t").encode()
        path.write_bytes(b"\n".join(["\t".join(COLUMNS).encode(), good.replace(b"10:48:44", b"\xff\xfe"), good]))
        read = read_bank(path)
        assert [refusal.row for refusal in read.refusals] == [2]
        assert len(read.touchpoints) == 5


class TestFile:
    def test_that_is_missing_is_named(self) -> None:
        with pytest.raises(
            FileProblem, match=r"^nowhere.tsv: cannot be read \(No such file or directory\); check the path"
        ):
            read_bank(Path("nowhere.tsv"))

    def test_that_is_something_else_is_refused_with_the_columns_expected(self, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_text("a,b\n1,2\n")
        with pytest.raises(
            FileProblem, match=r"not the header of a bank call log; expected 17 columns .*: vru\+line, call"
        ):
            read_bank(tmp_path / "x.csv")

    def test_that_is_cut_short_inside_its_compression_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "half.gz").write_bytes(SAMPLE.read_bytes()[:100_000])
        with pytest.raises(FileProblem, match=r"half.gz: the gzip data is damaged .*; fetch the file again"):
            read_bank(tmp_path / "half.gz")

    def test_with_nothing_but_its_header_is_empty(self, tmp_path: Path) -> None:
        assert log(tmp_path) == BankLog([], [], 0)
