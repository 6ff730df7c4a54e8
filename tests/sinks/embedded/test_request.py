import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sinks.embedded.failure import QueryFailed
from sinks.embedded.request import MAX_STATEMENT_BYTES, Request, read


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_the_url_and_the_body_make_one_statement(tmp_path: Path) -> None:
    request = await read({"query": "INSERT INTO t FORMAT CSV"}, {}, chunks(b"1,", b"2"), tmp_path)
    assert request.data is not None
    assert request.data.read_bytes() == b"1,2"


async def test_the_data_of_an_insert_goes_to_a_file_byte_for_byte(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    body = b"INSERT INTO t FORMAT Native\n" + data
    request = await read({}, {}, chunks(*(body[at : at + 65_536] for at in range(0, len(body), 65_536))), tmp_path)
    assert request.data is not None
    assert request.data.read_bytes() == data


def test_a_body_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"INSERT INTO t FORMAT Native\n" + b"x" * MAX_STATEMENT_BYTES
        raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(read({}, {}, broken(), tmp_path))
    assert list(tmp_path.iterdir()) == []


async def test_a_statement_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryFailed, match="QUERY_IS_TOO_LARGE"):
        await read({}, {}, chunks(b"SELECT '", b"x" * MAX_STATEMENT_BYTES), tmp_path)


async def test_settings_and_parameters_are_told_from_what_http_needs(tmp_path: Path) -> None:
    url = {"query": "SELECT 1", "max_threads": "1", "param_x": "y", "query_id": "q", "session_id": "s", "user": "u"}
    request = await read(url, {}, chunks(), tmp_path)
    assert (request.settings, request.params) == ({"max_threads": "1"}, {"x": "y"})


async def test_a_form_carries_statement_and_parameters(tmp_path: Path) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT {x:String}\r\n'
        b'--b\r\nContent-Disposition: form-data; name="param_x"\r\n\r\ncaf\xc3\xa9\r\n--b--\r\n'
    )
    request = await read({}, {"content-type": "multipart/form-data; boundary=b"}, chunks(body), tmp_path)
    assert (request.statement.text, request.params) == (b"SELECT {x:String}", {"x": "café"})


async def test_a_table_sent_along_is_refused(tmp_path: Path) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n1\r\n--b--\r\n'
    with pytest.raises(QueryFailed, match=r"external data \(t\) is not served here"):
        await read({"query": "SELECT 1"}, {"content-type": "multipart/form-data; boundary=b"}, chunks(body), tmp_path)


async def test_clickhouses_own_compression_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryFailed, match="use Content-Encoding"):
        await read({"decompress": "1"}, {}, chunks(b"x"), tmp_path)


async def _request(tmp_path: Path, **settings: str) -> Request:
    return await read({"query": "SELECT 1", **settings}, {}, chunks(), tmp_path)


async def test_readonly_is_set_last_since_it_locks_the_other_settings(tmp_path: Path) -> None:
    request = await _request(tmp_path, readonly="1", max_threads="2", log_comment="it's")
    assert request.setup("a`b", read_only=False) == [
        b"USE `a\\`b`",
        b"SET max_threads = '2', log_comment = 'it\\'s'",
        b"SET readonly = '1'",
    ]


async def test_a_get_may_change_settings_and_nothing_else(tmp_path: Path) -> None:
    assert (await _request(tmp_path)).setup("", read_only=True) == [b"SET readonly = '2'"]
    assert (await _request(tmp_path, readonly="1")).setup("", read_only=True) == [b"SET readonly = '1'"]


async def test_a_setting_whose_name_is_no_name_is_refused(tmp_path: Path) -> None:
    request = await _request(tmp_path, **{"a = 1, b": "2"})
    with pytest.raises(QueryFailed, match="Unknown setting 'a = 1, b'"):
        request.setup("", read_only=False)
