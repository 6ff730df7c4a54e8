import pytest

from sinks.embedded.failure import QueryFailed
from sinks.embedded.statement import parse


@pytest.mark.parametrize(
    ("sql", "kind", "result_format"),
    [
        (b"SELECT 1", "SELECT", None),
        (b" -- why\n/* and ; how */ # aside\nselect 'a;b' Format JSON ;", "SELECT", "JSON"),
        (b"SELECT 1 FORMAT TSV SETTINGS max_threads = 1", "SELECT", "TSV"),
        (b"SELECT format FROM t", "SELECT", None),
        (b'SELECT `;` FROM "a;b" WHERE x = $tag$;$tag$', "SELECT", None),
        (b"SELECT (SELECT 1 FORMAT JSON)", "SELECT", None),
        (b"(SELECT 1)", "(", None),
        (b"WITH 1 AS x SELECT x", "WITH", None),
        (b"SHOW TABLES", "SHOW", None),
    ],
)
def test_a_statement_with_rows_is_known_by_its_first_word(sql: bytes, kind: str, result_format: str | None) -> None:
    statement = parse(sql)
    assert (statement.kind, statement.format, statement.has_result) == (kind, result_format, True)


@pytest.mark.parametrize("sql", [b"CREATE TABLE t (a Int8)", b"SET a = 1", b"USE x", b"INSERT INTO t SELECT 1"])
def test_a_statement_without_rows_has_no_result(sql: bytes) -> None:
    assert parse(sql).has_result is False


def test_a_closing_semicolon_is_not_part_of_the_statement() -> None:
    assert parse(b"SELECT 1 ;\n -- end").text == b"SELECT 1 "


@pytest.mark.parametrize(
    ("sql", "data"),
    [
        (b"INSERT INTO t (a) FORMAT Native\n\x00;'\n", b"\x00;'\n"),
        (b"INSERT INTO t FORMAT RowBinary\n\n\n", b"\n\n"),
        (b'insert into `a b`.`t` (`x`, y) format JSONEachRow {"x":1}', b'{"x":1}'),
        (b"INSERT INTO t FORMAT CSV \r\n1,2", b"1,2"),
        (b"INSERT INTO t FORMAT CSV;\n1,2", b"1,2"),
        (b"INSERT INTO t VALUES (1, 'x;y')", b"(1, 'x;y')"),
        (b"INSERT INTO t(a)VALUES(1)", b"(1)"),
        (b"INSERT INTO format FORMAT TSV\n1", b"1"),
        (b"INSERT INTO values VALUES (1)", b"(1)"),
        (b"INSERT INTO TABLE FUNCTION null('a Int8') VALUES (1)", b"(1)"),
    ],
)
def test_the_data_of_an_insert_begins_after_its_format(sql: bytes, data: bytes) -> None:
    statement = parse(sql)
    assert statement.data_at is not None
    assert sql[statement.data_at :] == data


def test_an_insert_reads_its_data_from_a_file_before_its_settings() -> None:
    statement = parse(b"INSERT INTO t (a) SETTINGS x = 1 FORMAT Native\n\x01")
    assert statement.reading("/a'b") == b"INSERT INTO t (a)  FROM INFILE '/a\\'b' SETTINGS x = 1  FORMAT Native"


@pytest.mark.parametrize(
    "sql",
    [
        b"INSERT INTO t SELECT 1",
        b"INSERT INTO t (a) SELECT 1 FORMAT Null",
        b"INSERT INTO t (SELECT 1)",
        b"INSERT INTO t WITH 1 AS x SELECT x",
        b"INSERT INTO db.values (a) (SELECT 2)",
    ],
)
def test_an_insert_from_a_select_has_no_data(sql: bytes) -> None:
    assert parse(sql).data_at is None


@pytest.mark.parametrize(
    ("sql", "code", "text"),
    [
        (b"", 62, "Empty query"),
        (b" -- nothing\n", 62, "Empty query"),
        (b"SELECT 1; SELECT 2", 62, "Multi-statements are not allowed"),
        (b"INSERT INTO t", 62, "INSERT without VALUES, SELECT or FORMAT"),
        (b"SELECT 1 INTO OUTFILE 'x'", 344, "OUTFILE is not served over HTTP"),
        (b"SELECT 1 INTO -- hm\n OUTFILE 'x'", 344, "OUTFILE is not served over HTTP"),
        ("SELECT ‘'’ INTO OUTFILE 'x'".encode(), 344, "OUTFILE is not served over HTTP"),
        (b"INSERT INTO t FROM INFILE 'x' FORMAT CSV", 344, "INSERT FROM INFILE is not served over HTTP"),
        (b"INSERT INTO t SELECT 1 INTO OUTFILE 'x'", 344, "OUTFILE is not served over HTTP"),
    ],
)
def test_what_is_not_served_is_refused_with_clickhouses_code(sql: bytes, code: int, text: str) -> None:
    with pytest.raises(QueryFailed) as refused:
        parse(sql)
    assert (refused.value.code, refused.value.text) == (code, text)
