"""No Kafka and no ClickHouse there: every command says so in the same line, at once, before long work."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.settings import Settings
from tests.cli.conftest import ROOT, Run

NOWHERE = Settings(kafka_bootstrap="127.0.0.1:1", clickhouse_url="http://127.0.0.1:1")
NO_KAFKA = (
    "error: Kafka at 127.0.0.1:1 does not answer; start it or set MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and "
    "kafka_ssl settings)\n"
)
NO_CLICKHOUSE = (
    "error: ClickHouse at http://127.0.0.1:1 does not answer (Connection refused); start it (embedded: `momentous "
    "clickhouse-embedded`) or check MOMENTOUS_CLICKHOUSE_URL\n"
)
PERIOD = "--from 2026-01-01 --to 2026-01-02"
DELIVER = """\
endpoints:
  - name: centre
    kind: webhook
    url: https://centre.example.com/calls
    secrets: [CENTRE_SECRET]
"""
CONSENTS = "customer_id,status,purpose,channel,occurred_at\n"
MAPPING = """\
id: visits
format: csv
source: shop
event_id: "{id}"
customer_id: "{customer}"
channel: web
type: product.viewed
occurred_at: {from: "{at}", format: epoch_s}
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One look, however short: a second one, or one by other means, would show as another line or as time."""
    monkeypatch.setattr("streams.publishing.CONNECT_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr("streams.topic_admin.TIMEOUT_SECONDS", 0.05)


@pytest.fixture(autouse=True)
def a_folder(tmp_path: Path, played: bytes) -> None:
    """What the commands read."""
    (tmp_path / "t.jsonl").write_text("{}\n")
    (tmp_path / "truth.jsonl").write_bytes(played)
    (tmp_path / "deliver.yaml").write_text(DELIVER)
    (tmp_path / "consents.csv").write_text(CONSENTS)
    (tmp_path / "visits.yaml").write_text(MAPPING)
    (tmp_path / "grouped.yaml").write_text(MAPPING + 'group_by: "{id}"\n')
    (tmp_path / "visits.csv").write_text("id,customer,at\n1,ann,1795428000\n2,bob,soon\n")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The truth of a small city."""
    from streams.cli.root import app

    folder = tmp_path_factory.mktemp("city")
    where = ["--out", str(folder / "played.jsonl"), "--truth", str(folder / "truth.jsonl")]
    app(["simulate", "--customers", "1", "--days", "1", *where], standalone_mode=False)
    return (folder / "truth.jsonl").read_bytes()


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "command",
    [
        "topics create",
        "status",
        "rules list",
        "rules versions contact.third",
        "rules status",
        "rules activate contact.third 1",
        "rules retire contact.third",
        "rules publish",
        "policy publish",
        "policy activate outreach 1",
        "outreach pause",
        "outreach pause call.back",
        "outreach resume",
        "outreach status",
        "publish t.jsonl",
        "simulate --customers 1 --days 1",
        "score truth.jsonl",
        f"backtest contact.third {PERIOD}",
        f"backtest contact.third {PERIOD} --shipped",
        "deliver status",
        "deliver enable centre",
        f"import bank {ROOT}/samples/bank-january-1999.tsv.gz --consents consents.csv",
        f"import bank {ROOT}/samples/bank-january-1999.tsv.gz --append",
        f"import otto {ROOT}/samples/otto-events.csv",
        "import --mapping visits.yaml visits.csv",
        "import --mapping grouped.yaml visits.csv",
    ],
)
def test_without_kafka_it_is_one_line_code_3_and_nothing_is_done_first(inside: Run, command: str) -> None:
    told = inside(*command.split(), settings=NOWHERE)
    assert (told.code, told.out, told.err) == (3, "", NO_KAFKA)


@pytest.mark.parametrize(
    "command",
    [
        "query moments-by-rule",
        "explain ann",
        "trace e1",
        "lift",
        "score truth.jsonl --from clickhouse",
        f"backtest contact.third {PERIOD} --source clickhouse",
    ],
)
def test_without_clickhouse_it_is_one_line_and_code_3(inside: Run, command: str) -> None:
    told = inside(*command.split(), settings=NOWHERE)
    assert (told.code, told.out, told.err) == (3, "", NO_CLICKHOUSE)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("import bank none.tsv", "none.tsv: cannot be read (No such file or directory); check the path and its rights"),
        (f"import bank {ROOT}/samples/bank-january-1999.tsv.gz --consents none.csv",
         "none.csv: cannot be read (No such file or directory); check the path and its rights"),
        ("import otto none.csv", "none.csv: cannot be read (No such file or directory); check the path and its rights"),
        ("import online_retail .", ".: cannot be read (Is a directory); check the path and its rights"),
        ("import --mapping visits.yaml none.csv",
         "none.csv: cannot be read (No such file or directory); check the path and its rights"),
        ("outreach pause Call-Back",
         "Invalid value: 'Call-Back' is no action's name; they are lower-case words joined by dots; see "
         "`momentous outreach pause --help`"),
        ("publish none.jsonl", "none.jsonl: No such file or directory; check the path and its rights"),
        ("deliver enable center", "there is no endpoint 'center'; there are centre"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_command_itself_is_told_without_asking_kafka(
    inside: Run, command: str, line: str
) -> None:
    told = inside(*command.split(), settings=NOWHERE)
    assert (told.code, told.out, told.err) == (2, "", f"error: {line}\n")
