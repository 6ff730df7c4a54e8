import runpy
from pathlib import Path

import pytest

from streams.importers import FileProblem, Refusal, read_bank, read_consents

SAMPLES = Path(__file__).parents[2] / "samples"
HEADER = "customer_id,status,purpose,channel,occurred_at\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "consents.csv"
    path.write_text(text)
    return path


def test_a_granted_consent_is_given_at_its_time(tmp_path: Path) -> None:
    read = read_consents(written(tmp_path, HEADER + "7,granted,care,sms,1998-12-01T09:00:00Z\n"))
    assert read.touchpoints == [
        {
            "event_id": "7-care-sms-given",
            "source": "consents:consents.csv",
            "customer_id": "7",
            "identified": True,
            "channel": "sms",
            "type": "consent.given",
            "occurred_at": 912502800000,
            "correlation_id": None,
            "session_id": None,
            "identities": {},
            "properties": {"channel": "sms", "purpose": "care"},
        }
    ]


def test_a_withdrawn_consent_had_been_given_a_week_before(tmp_path: Path) -> None:
    read = read_consents(written(tmp_path, HEADER + "7,withdrawn,care,sms,1998-12-08T09:00:00Z\n"))
    assert [(t["type"], t["occurred_at"]) for t in read.touchpoints] == [
        ("consent.given", 912502800000),
        ("consent.withdrawn", 913107600000),
    ]


def test_none_is_counted_and_publishes_nothing(tmp_path: Path) -> None:
    read = read_consents(written(tmp_path, "# a remark\n" + HEADER + "7,none,care,sms,\n"))
    assert (read.touchpoints, read.customers) == ([], {"none": 1})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,maybe,care,sms,1998-12-08T09:00:00Z", "status 'maybe', expected granted, withdrawn or none"),
        (",granted,care,sms,1998-12-08T09:00:00Z", "customer_id is empty"),
        ("7,granted,care,sms", "4 columns, expected 5"),
        ("7,granted,care,sms,yesterday", "occurred_at 'yesterday' is no ISO 8601 time"),
        ("7,granted,care,sms,1998-12-08T09:00:00", "occurred_at '1998-12-08T09:00:00' has no zone; write 1998-12-01T"),
        (
            "7,granted,care,pigeon,1998-12-08T09:00:00Z",
            "purpose 'care', channel 'pigeon': expected a word, and one of we",
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    (refusal,) = read_consents(written(tmp_path, "# a remark\n" + HEADER + row + "\n")).refusals
    assert refusal == Refusal(3, refusal.reason)
    assert refusal.reason.startswith(reason)


def test_a_file_without_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="not a list of consents; the first line must be customer_id,status,purpose"):
        read_consents(written(tmp_path, "# only a remark\n"))


def test_the_sample_calls_itself_synthetic_in_its_first_line() -> None:
    assert (SAMPLES / "bank-consents.csv").read_text().startswith("# SYNTHETIC")


def test_the_sample_has_every_identified_customer_once_in_the_promised_shares() -> None:
    read = read_consents(SAMPLES / "bank-consents.csv")
    customers = {
        t["customer_id"] for t in read_bank(SAMPLES / "bank-january-1999.tsv.gz").touchpoints if t["identified"]
    }
    rows = [line.split(",")[0] for line in (SAMPLES / "bank-consents.csv").read_text().splitlines()[4:]]
    assert sorted(rows) == sorted(customers)
    assert read.customers == {"granted": 2357, "withdrawn": 393, "none": 1178}  # 60, 10 and 30 % of 3,928


def test_the_sample_lies_before_the_first_call() -> None:
    first_call = 915141602000
    assert max(t["occurred_at"] for t in read_consents(SAMPLES / "bank-consents.csv").touchpoints) < first_call


def test_the_sample_is_what_its_script_makes() -> None:
    make = runpy.run_path(str(SAMPLES / "make_consents.py"))["consents"]
    rows = [line.split(",") for line in (SAMPLES / "bank-consents.csv").read_text().splitlines()[4:]]
    assert [(customer_id, status, at) for customer_id, status, _, _, at in rows] == make(row[0] for row in rows)
