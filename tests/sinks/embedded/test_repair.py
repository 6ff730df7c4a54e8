"""What a kill leaves in a deduplication log, and how it is mended."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest

from sinks.embedded.repair import forget_lost_parts
from tests.sinks.service import Service


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table's directory inside an engine's, with the part ``all_1_4_2``."""
    folder = tmp_path / "store" / "abc" / "abc123"
    (folder / "deduplication_logs").mkdir(parents=True)
    for name in ("all_1_4_2", "202601_1_1_0", "detached", "tmp_insert_all_9_9_0"):
        (folder / name).mkdir()
    (folder / "format_version.txt").write_text("1")
    return folder


def mended(table: Path, text: str) -> tuple[int, str]:
    log = table / "deduplication_logs" / "deduplication_log_1.txt"
    log.write_text(text)
    return forget_lost_parts(table.parents[2]), log.read_text()


def test_entries_whose_part_is_there_or_was_merged_stay(table: Path) -> None:
    text = "1\tall_1_4_2\tx\n1\tall_2_2_0\ty\n1\t202601_1_1_0\tz\n1\tall_3_3_0_7\tw\n"
    assert mended(table, text) == (0, text)


@pytest.mark.parametrize("part", ["all_5_5_0", "202601_2_2_0", "202602_1_1_0", "all_4_5_1", "all_9_9_0"])
def test_an_entry_whose_part_is_nowhere_goes(table: Path, part: str) -> None:
    assert mended(table, f"1\tall_1_4_2\tx\n1\t{part}\ty\n") == (1, "1\tall_1_4_2\tx\n")


def test_an_entry_that_was_taken_back_later_stays_with_what_took_it_back(table: Path) -> None:
    text = "1\tall_7_7_0\tx\n2\tall_7_7_0\tx\n"
    assert mended(table, text) == (0, text)


@pytest.mark.parametrize("torn", ["1", "1\tall_1_4", "1\tall_1_4_2\tx"])
def test_a_torn_last_line_goes(table: Path, torn: str) -> None:
    assert mended(table, f"1\tall_1_4_2\tx\n{torn}") == (1, "1\tall_1_4_2\tx\n")


@pytest.mark.parametrize("text", ["", "1\tall_1_4_2\tx\n"])
def test_a_log_that_is_right_is_not_written(table: Path, text: str) -> None:
    log = table / "deduplication_logs" / "deduplication_log_1.txt"
    log.write_text(text)
    before = log.stat().st_ino
    assert (forget_lost_parts(table.parents[2]), log.stat().st_ino) == (0, before)


def test_a_directory_that_is_not_there_yet_has_nothing_to_mend(tmp_path: Path) -> None:
    assert forget_lost_parts(tmp_path / "clickhouse") == 0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "data")
    yield made
    made.kill()


def test_a_block_that_was_noted_but_never_stored_is_taken_when_it_comes_again(service: Service) -> None:
    def insert(token: str) -> list[int]:
        with clickhouse_connect.get_client(host="127.0.0.1", port=service.port) as client:
            client.command(
                "CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = MergeTree ORDER BY a"
                " SETTINGS non_replicated_deduplication_window = 100"
            )
            settings = {"insert_deduplication_token": token}
            client.insert("t", [[int(token)]], column_names=["a"], column_oriented=True, settings=settings)
            return [row[0] for row in client.query("SELECT a FROM t ORDER BY a").result_rows]

    service.start()
    insert("1")
    assert insert("2") == [1, 2]
    service.kill()
    # As if killed between the note in the log and the part's last rename:
    (part,) = service.data_dir.glob("clickhouse/store/*/*/all_2_2_0")
    shutil.rmtree(part)
    service.start()
    assert "blocks that a kill cut off are forgotten" in service.log.read_text()
    assert insert("1") == [1]
    assert insert("2") == [1, 2]
