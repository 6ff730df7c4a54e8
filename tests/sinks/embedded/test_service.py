"""ClickHouse's own Python client, as it is, on the embedded service."""

from __future__ import annotations

import datetime
import json
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import clickhouse_connect
import lz4.frame
import pytest
import urllib3
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sinks.embedded.body import zstd
from streams.settings import Settings
from tests.sinks.service import Service


@pytest.fixture
def table(client: Client) -> Client:
    """A client whose database has a table ``t`` that drops blocks it knows, with a view that does too."""
    window = "SETTINGS non_replicated_deduplication_window = 100"
    client.command(f"CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a {window}")
    client.command(f"CREATE TABLE sums (a UInt64, n Int64) ENGINE = SummingMergeTree ORDER BY a {window}")
    client.command("CREATE MATERIALIZED VIEW v TO sums AS SELECT a % 10 AS a, toInt64(count()) AS n FROM t GROUP BY a")
    return client


def post(
    service: Service, body: bytes = b"", headers: dict[str, str] | None = None, method: str = "POST", **url: str
) -> urllib3.BaseHTTPResponse:
    return urllib3.request(
        method, f"{service.url}/?{urlencode(url)}", body=body, headers=headers, retries=False, timeout=30
    )


# -- reading ------------------------------------------------------------------------------------


def test_the_client_finds_a_server_that_keeps_utc(client: Client) -> None:
    assert client.ping()
    assert client.server_tz == datetime.UTC


def test_types_come_back_as_they_are(client: Client) -> None:
    (row,) = client.query(
        "SELECT toInt64(-1), 2.5, 'café', NULL, [1, 2], map('a', 'b'), true, toLowCardinality('x'),"
        " toDateTime64('1999-01-04 10:00:00.123', 3, 'UTC'), toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')"
    ).result_rows
    assert row[:8] == (-1, 2.5, "café", None, [1, 2], {"a": "b"}, True, "x")
    assert row[8].isoformat() == "1999-01-04T10:00:00.123000"
    assert str(row[9]) == "61f0c404-5cb3-11e7-907b-a6006ad3dba0"


def test_parameters_reach_the_server_whatever_is_in_them(client: Client) -> None:
    text = "it's; -- \\ \n\t\0 {x} café"
    (row,) = client.query("SELECT {x:String}, {n:Array(UInt8)}", parameters={"x": text, "n": [1, 2]}).result_rows
    assert row == (text, [1, 2])


def test_parameters_too_long_for_a_url_reach_the_server(client: Client) -> None:
    numbers = list(range(20_000))
    assert client.query("SELECT length({n:Array(UInt64)})", parameters={"n": numbers}).result_rows == [(20_000,)]


def test_an_answer_of_many_blocks_is_whole(client: Client) -> None:
    result = client.query("SELECT number, toString(number) FROM numbers(300000)")
    assert result.row_count == 300_000
    assert result.result_rows[-1] == (299_999, "299999")


def test_an_answer_can_be_streamed(client: Client) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(200000)") as blocks:
        assert sum(len(block) for block in blocks) == 200_000


def test_a_data_frame_and_an_arrow_table_can_be_asked_for(client: Client) -> None:
    assert client.query_df("SELECT number AS a FROM numbers(3)")["a"].tolist() == [0, 1, 2]
    assert client.query_arrow("SELECT number AS a FROM numbers(3)")["a"].to_pylist() == [0, 1, 2]


def test_a_query_for_columns_alone_gets_their_names(client: Client) -> None:
    assert client.query("SELECT 1 AS a, 'x' AS b LIMIT 0").column_names == ("a", "b")


def test_a_command_gives_a_value_or_a_summary(client: Client) -> None:
    assert client.command("SELECT 17") == 17
    assert client.command("SELECT number FROM numbers(0)") == ""
    assert client.command("CREATE TABLE x (a UInt8) ENGINE = Memory").query_id() != ""


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_an_answer_is_compressed_when_asked(clickhouse: Service, encoding: str) -> None:
    response = urllib3.request(
        "POST",
        f"{clickhouse.url}/?enable_http_compression=1",
        body=b"SELECT repeat('x', 1000)",
        headers={"Accept-Encoding": encoding},
        decode_content=False,
    )
    opened = {
        "lz4": lz4.frame.decompress,
        "zstd": zstd.decompress,
        "gzip": lambda data: zlib.decompress(data, 31),
        "deflate": zlib.decompress,
    }[encoding](response.data)
    assert (response.headers["Content-Encoding"], opened) == (encoding, b"x" * 1000 + b"\n")


def test_an_answer_is_plain_when_compression_is_not_enabled(clickhouse: Service) -> None:
    response = post(clickhouse, b"SELECT 1", {"Accept-Encoding": "gzip"})
    assert ("Content-Encoding" in response.headers, response.data) == (False, b"1\n")


# -- writing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [False, "lz4", "zstd", "gzip"])
def test_an_insert_of_many_blocks_and_frames_arrives_whole(
    ours: Settings, clickhouse: Service, table: Client, compression: str | bool
) -> None:
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=clickhouse.port, database=ours.clickhouse_database, compress=compression
    )
    rows = 200_000
    client.insert("t", [range(rows), [f"text {n}" for n in range(rows)]], column_names=["a", "s"], column_oriented=True)
    sums = client.query("SELECT count(), sum(a), uniqExact(s), countIf(s = concat('text ', toString(a))) FROM t")
    assert sums.result_rows == [(rows, rows * (rows - 1) // 2, rows, rows)]
    client.close()


def test_every_byte_of_a_text_survives(table: Client) -> None:
    data = bytes(range(256)) * 3
    table.insert("t", [[1], [data]], column_names=["a", "s"], column_oriented=True)
    assert table.query("SELECT s FROM t", column_formats={"s": "bytes"}).result_rows == [(data,)]


def test_an_insert_is_one_block_where_the_settings_say_so(table: Client) -> None:
    settings = {"min_insert_block_size_rows": 10_000_000, "min_insert_block_size_bytes": 2_000_000_000}
    rows = 200_000
    texts = [f"{n:080}" for n in range(rows)]
    table.insert("t", [range(rows), texts], column_names=["a", "s"], column_oriented=True, settings=settings)
    parts = table.query(
        "SELECT rows FROM system.parts WHERE database = currentDatabase() AND table = 't' AND level = 0"
    )
    assert parts.result_rows == [(rows,)]


def test_an_insert_with_a_token_that_was_used_changes_nothing_here_nor_in_the_view(table: Client) -> None:
    settings = {"insert_deduplication_token": "one", "async_insert": 0}
    settings["deduplicate_blocks_in_dependent_materialized_views"] = 1
    for _ in range(3):
        table.insert("t", [[1, 2], ["x", "y"]], column_names=["a", "s"], column_oriented=True, settings=settings)
    assert table.command("SELECT count() FROM t") == 2
    assert table.command("SELECT sum(n) FROM sums") == 2


def test_an_insert_with_another_token_is_added_even_when_its_rows_are_the_same(table: Client) -> None:
    for token in ("one", "two"):
        settings = {"insert_deduplication_token": token}
        table.insert("t", [[1], ["x"]], column_names=["a", "s"], column_oriented=True, settings=settings)
    assert table.command("SELECT count() FROM t") == 2


def test_several_blocks_under_one_token_are_dropped_block_by_block(table: Client) -> None:
    settings = {"insert_deduplication_token": "one", "min_insert_block_size_rows": 1, "min_insert_block_size_bytes": 1}
    rows = 100_000
    for _ in range(2):
        columns = [range(rows), [f"{n:080}" for n in range(rows)]]
        table.insert("t", columns, column_names=["a", "s"], column_oriented=True, settings=settings)
    blocks = "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 't' AND level = 0"
    assert table.command(blocks) > 1
    assert table.command("SELECT count() FROM t") == rows
    assert table.command("SELECT sum(n) FROM sums") == rows


def test_rows_as_text_can_be_inserted_too(table: Client) -> None:
    table.raw_insert("t", ["a", "s"], b"7,x\n8,y;z\n", fmt="CSV")
    table.command("INSERT INTO t (a, s) VALUES (9, 'it''s; ok')")
    assert table.query("SELECT * FROM t ORDER BY a").result_rows == [(7, "x"), (8, "y;z"), (9, "it's; ok")]


def test_the_summary_of_an_insert_counts_its_rows(table: Client) -> None:
    summary = table.insert("t", [[1, 2, 3], ["x"] * 3], column_names=["a", "s"], column_oriented=True)
    assert summary.written_rows == 3


def test_a_broken_insert_says_so_and_leaves_no_row_and_no_file(clickhouse: Service, table: Client) -> None:
    with pytest.raises(DatabaseError, match="CANNOT_READ_ALL_DATA"):
        table.raw_insert("t", ["a", "s"], b"\x02\x05\x01a\x06UInt64\x01", fmt="Native")
    assert table.command("SELECT count() FROM t") == 0
    assert list((clickhouse.data_dir / "incoming").iterdir()) == []


# -- settings, sessions, errors -----------------------------------------------------------------


def test_settings_hold_for_their_own_request_only(client: Client) -> None:
    assert client.command("SELECT getSetting('max_threads')", settings={"max_threads": 1}) == 1
    assert client.command("SELECT getSetting('max_threads')", settings={"max_threads": 3}) == 3


def test_set_holds_for_its_session_only(clickhouse: Service, client: Client) -> None:
    with clickhouse_connect.get_client(host="127.0.0.1", port=clickhouse.port, session_id="mine") as mine:
        mine.command("SET max_block_size = 1234")
        assert mine.command("SELECT getSetting('max_block_size')") == 1234
    assert client.command("SELECT getSetting('max_block_size')") != 1234


def test_a_read_only_request_writes_nothing(table: Client) -> None:
    for statement in ("INSERT INTO t VALUES (1, 'x')", "DROP TABLE t", "CREATE TABLE u (a Int8) ENGINE = Memory"):
        with pytest.raises(DatabaseError, match="READONLY"):
            table.command(statement, settings={"readonly": 1})
    assert table.command("SELECT count() FROM t") == 0


def test_a_get_writes_nothing(clickhouse: Service) -> None:
    response = post(clickhouse, method="GET", query="CREATE DATABASE not_by_get")
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (500, "164")


def test_limits_bound_a_request(client: Client) -> None:
    with pytest.raises(DatabaseError, match="TOO_MANY_ROWS_OR_BYTES"):
        client.query("SELECT number FROM numbers(1000)", settings={"max_result_rows": 10})
    with pytest.raises(DatabaseError, match="TIMEOUT_EXCEEDED"):
        client.query(
            "SELECT count() FROM numbers(100000000000) WHERE number % 7 = 8", settings={"max_execution_time": 1}
        )


@pytest.mark.parametrize(
    ("sql", "code", "name"),
    [
        ("SELECT * FROM nowhere.t", 81, "UNKNOWN_DATABASE"),
        ("SELECT nothing", 47, "UNKNOWN_IDENTIFIER"),
        ("SELEC 1", 62, "SYNTAX_ERROR"),
        ("SELECT 1 INTO OUTFILE 'x'", 344, "SUPPORT_IS_DISABLED"),
        ("SELECT throwIf(1, 'mine')", 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
    ],
)
def test_an_error_carries_clickhouses_code_and_name(client: Client, sql: str, code: int, name: str) -> None:
    with pytest.raises(DatabaseError) as error:
        client.query(sql)
    assert (error.value.code, error.value.name) == (code, name)


def test_an_error_has_the_status_the_header_and_the_body_of_a_server(clickhouse: Service) -> None:
    response = post(clickhouse, b"SELECT * FROM nowhere", query_id="mine")
    assert response.status == 404
    assert response.headers["X-ClickHouse-Exception-Code"] == "60"
    assert response.headers["X-ClickHouse-Query-Id"] == "mine"
    assert response.data.startswith(b"Code: 60. DB::Exception: ")
    assert b"(UNKNOWN_TABLE) (version " in response.data


def test_an_answer_has_the_headers_of_a_server(clickhouse: Service) -> None:
    response = post(clickhouse, b"SELECT 1 AS a FORMAT JSONEachRow", query_id="mine")
    assert response.data == b'{"a":1}\n'
    assert response.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert response.headers["X-ClickHouse-Query-Id"] == "mine"
    assert response.headers["X-ClickHouse-Timezone"] == "UTC"
    assert json.loads(response.headers["X-ClickHouse-Summary"])["read_rows"] == "1"


def test_the_format_can_be_named_outside_the_statement(clickhouse: Service) -> None:
    assert post(clickhouse, b"SELECT 1 AS a", default_format="JSONEachRow").data == b'{"a":1}\n'
    assert post(clickhouse, b"SELECT 1 AS a", {"X-ClickHouse-Format": "CSVWithNames"}).data == b'"a"\n1\n'


def test_a_bare_get_says_ok(clickhouse: Service) -> None:
    assert urllib3.request("GET", clickhouse.url).data == b"Ok.\n"
    assert urllib3.request("GET", f"{clickhouse.url}/ping").data == b"Ok.\n"


def test_a_page_in_a_browser_is_refused(clickhouse: Service) -> None:
    page = post(clickhouse, b"SELECT 1", {"Origin": "https://example.org"})
    rebound = post(clickhouse, b"SELECT 1", {"Host": "example.org:8123"})
    assert (page.status, rebound.status) == (403, 403)


def test_clients_work_side_by_side(ours: Settings, clickhouse: Service, table: Client) -> None:
    def insert(number: int) -> None:
        with clickhouse_connect.get_client(
            host="127.0.0.1", port=clickhouse.port, database=ours.clickhouse_database
        ) as mine:
            for batch in range(10):
                settings = {"insert_deduplication_token": f"{number}-{batch}"}
                columns = [[number] * 1000, ["x"] * 1000]
                for _ in range(2):
                    mine.insert("t", columns, column_names=["a", "s"], column_oriented=True, settings=settings)
                mine.query("SELECT count() FROM t")

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [(number, 10_000) for number in range(4)]
    assert table.query("SELECT a, count() FROM t GROUP BY a ORDER BY a").result_rows == expected
    assert table.query("SELECT a, sum(n) FROM sums GROUP BY a ORDER BY a").result_rows == expected


def test_a_long_statement_keeps_nobody_waiting(clickhouse: Service, client: Client) -> None:
    with ThreadPoolExecutor() as threads:
        sleeper = threads.submit(post, clickhouse, b"SELECT sleep(2)")
        assert client.command("SELECT 1") == 1
        assert not sleeper.done()
        assert sleeper.result().data == b"0\n"
