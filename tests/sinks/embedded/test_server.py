"""The service as a process: one per directory, ended in good order, or killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from sinks import EmbeddedError, serve_embedded
from tests.sinks.service import SERVE, Service, free_port


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "data")
    yield made
    made.kill()


def refusal(data_dir: Path, host: str = "127.0.0.1", port: int = 0) -> str:
    command = [sys.executable, "-c", SERVE, str(data_dir), host, str(port), ""]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    return done.stderr.strip().splitlines()[-1]


def test_a_second_process_on_the_same_directory_is_told_who_has_it(service: Service) -> None:
    service.start()
    assert refusal(service.data_dir) == (
        f"sinks.errors.EmbeddedError: {service.data_dir} is served by another process already (pid {service.pid});"
        " stop that one, or choose another data directory"
    )


def test_a_port_in_use_is_named(service: Service, tmp_path: Path) -> None:
    service.start()
    assert refusal(tmp_path / "other", port=service.port) == (
        f"sinks.errors.EmbeddedError: 127.0.0.1:{service.port} cannot be listened on (Address already in use);"
        " stop what uses that port, or set another one in MOMENTOUS_CLICKHOUSE_URL"
    )


def test_others_are_not_let_in_without_a_password(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="no password is set; set MOMENTOUS_CLICKHOUSE_PASSWORD"):
        serve_embedded(tmp_path, "0.0.0.0", free_port())


def test_a_directory_that_is_no_database_is_reported_not_opened(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "clickhouse").write_text("not a directory")
    assert "the data cannot be opened" in refusal(tmp_path / "data")


def test_with_a_password_only_those_who_know_it_are_served(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", password="secret")
    service.start()
    try:
        with clickhouse_connect.get_client(host="127.0.0.1", port=service.port, password="secret") as client:
            assert client.command("SELECT 1") == 1
        with pytest.raises(DatabaseError) as refused:
            clickhouse_connect.get_client(host="127.0.0.1", port=service.port, password="wrong")
        assert refused.value.code == 516
    finally:
        service.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(service: Service, number: signal.Signals) -> None:
    service.start()
    assert service.stop(number) == 0
    assert "embedded ClickHouse has closed its data" in service.log.read_text()


def test_what_was_answered_is_there_after_a_kill(service: Service) -> None:
    service.start()
    stored = 0
    for round_number in range(3):
        with clickhouse_connect.get_client(host="127.0.0.1", port=service.port) as client:
            client.command("CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = MergeTree ORDER BY a")
            for batch in range(5):
                numbers = range(1000 * (5 * round_number + batch), 1000 * (5 * round_number + batch + 1))
                client.insert("t", [numbers], column_names=["a"], column_oriented=True)
                stored += 1000
        service.kill()
        (service.data_dir / "incoming" / "left behind").write_bytes(b"half a body")
        service.start()
        with clickhouse_connect.get_client(host="127.0.0.1", port=service.port) as client:
            assert client.query("SELECT count(), uniqExact(a) FROM t").result_rows == [(stored, stored)]
        assert list((service.data_dir / "incoming").iterdir()) == []
