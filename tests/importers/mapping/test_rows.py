"""How files are read: quoting, encodings, headers, bad bytes; and that no row gets lost."""

import gzip
from pathlib import Path

import pytest

from streams.importers import EventLog, FileProblem, parse_mapping
from tests.importers.mapping.files import AT, ORDERS, changed, read

NOTED = ORDERS + 'properties: {x_note: "{note}"}\n'
HEAD = "id,customer,at,note\n"


def notes(data: str | bytes, folder: Path, **lines: str) -> list[object]:
    return [found.get("x_note") for found in read(changed(NOTED, **lines), data, folder).properties]


class TestCsv:
    def test_quoted_fields_may_hold_delimiters_quotes_and_line_ends(self, tmp_path: Path) -> None:
        assert notes(f'{HEAD}1,a,{AT},"x, ""y""\nz"\n', tmp_path) == ['x, "y"\nz']

    def test_row_numbers_are_the_lines_on_which_rows_begin(self, tmp_path: Path) -> None:
        found = read(NOTED, f'{HEAD}1,a,{AT},"two\nlines"\n\n2,a,bad,\n', tmp_path)
        assert found.refused == [(5, "occurred_at: 'bad' is no ISO 8601 time")]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_lines_may_end_any_way(self, tmp_path: Path, end: str) -> None:
        assert notes(f"{HEAD}1,a,{AT},x\n2,a,{AT},y\n".replace("\n", end), tmp_path) == ["x", "y"]

    def test_the_last_line_may_have_no_end(self, tmp_path: Path) -> None:
        assert notes(f"{HEAD}1,a,{AT},x", tmp_path) == ["x"]

    def test_a_byte_order_mark_is_no_part_of_the_header(self, tmp_path: Path) -> None:
        assert notes(f"\ufeff{HEAD}1,a,{AT},x\n", tmp_path) == ["x"]

    def test_a_file_may_be_packed(self, tmp_path: Path) -> None:
        assert notes(gzip.compress(f"{HEAD}1,a,{AT},x\n".encode()), tmp_path) == ["x"]

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "iso-8859-15"])
    def test_the_encoding_can_be_said(self, tmp_path: Path, encoding: str) -> None:
        data = f"{HEAD}1,a,{AT},Störung\n".encode(encoding)
        assert notes(data, tmp_path, csv=f"{{encoding: {encoding}}}") == ["Störung"]

    def test_tabs_and_no_quotes(self, tmp_path: Path) -> None:
        data = f'{HEAD}1,a,{AT},5"\n'.replace(",", "\t")
        assert notes(data, tmp_path, csv="{delimiter: tab, quote: none}") == ['5"']

    def test_a_file_without_a_header_has_its_columns_named(self, tmp_path: Path) -> None:
        csv = "{header: false, columns: [id, customer, at, note]}"
        assert notes(f"1,a,{AT},x\n2,a,{AT},y\n", tmp_path, csv=csv) == ["x", "y"]

    def test_lines_before_the_header_are_skipped(self, tmp_path: Path) -> None:
        found = read(changed(NOTED, csv="{skip_lines: 2}"), f"Export\n\n{HEAD}1,a,bad,x\n", tmp_path)
        assert found.refused == [(4, "occurred_at: 'bad' is no ISO 8601 time")]

    def test_blanks_around_a_value_go_unless_they_are_to_stay(self, tmp_path: Path) -> None:
        data = f"{HEAD}1,a,{AT}, x \n"
        assert notes(data, tmp_path) == ["x"]
        assert notes(data, tmp_path, csv="{trim: false}") == [" x "]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (f"2,a,{AT}", "3 columns, expected 4"),
            (f"2,a,{AT},x,y", "5 columns, expected 4"),
            (f'2,a,{AT},"x"y', "not CSV: ',' expected after '\"'"),
        ],
    )
    def test_a_row_that_does_not_fit_is_refused_and_the_next_is_read(
        self, tmp_path: Path, row: str, reason: str
    ) -> None:
        found = read(NOTED, f"{HEAD}1,a,{AT},x\n{row}\n3,a,{AT},z\n", tmp_path)
        assert (found.all("event_id"), found.refused) == (["1", "3"], [(3, reason)])

    def test_a_quote_that_is_never_closed_is_refused_with_what_it_swallowed(self, tmp_path: Path) -> None:
        found = read(NOTED, f'{HEAD}1,a,{AT},x\n2,a,{AT},"open\n3,a,{AT},z\n', tmp_path)
        assert (found.all("event_id"), found.refused) == (["1"], [(3, "not CSV: unexpected end of data")])

    def test_bytes_of_another_encoding_cost_their_row_only(self, tmp_path: Path) -> None:
        data = f"{HEAD}1,a,{AT},Störung\n".encode("cp1252") + f"2,a,{AT},ü\n".encode()
        found = read(NOTED, data, tmp_path)
        assert (found.all("event_id"), found.refused) == (["2"], [(2, "bytes that are not utf-8")])

    def test_a_column_that_is_there_twice_and_wanted_ends_the_import(self, tmp_path: Path) -> None:
        with pytest.raises(FileProblem, match="2 columns are called 'id'; rename all but one"):
            read(ORDERS, f"id,id,customer,at\n1,1,a,{AT}\n", tmp_path)

    @pytest.mark.parametrize("data", ["", "\n"])
    def test_an_empty_file_has_no_header(self, tmp_path: Path, data: str) -> None:
        with pytest.raises(FileProblem, match=r"has no header, its first line is empty; look at the file"):
            read(ORDERS, data, tmp_path)

    def test_a_damaged_archive_ends_the_import(self, tmp_path: Path) -> None:
        whole = gzip.compress(f"{HEAD}1,a,{AT},x\n".encode())
        with pytest.raises(FileProblem, match="the gzip data is damaged"):
            read(NOTED, whole[:-9], tmp_path)


class TestJsonLines:
    JSON = changed(NOTED, format="json_lines")

    def line(self, **fields: str) -> str:
        values = {"id": '"1"', "customer": '"a"', "at": f'"{AT}"', **fields}
        return "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}\n"

    def test_a_key_with_a_dot_in_it_goes_before_the_path(self, tmp_path: Path) -> None:
        mapping = changed(self.JSON, customer_id='"{user.id}"')
        line = self.line(**{"user.id": '"flat"', "user": '{"id": "deep"}'})
        assert read(mapping, line, tmp_path).all("customer_id") == ["flat"]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("{", "not JSON: Input data was truncated"),
            ("[1]", "the line is no JSON object"),
            ("[" * 99_999, "not JSON: maximum recursion depth exceeded while deserializing an object"),
            ('{"id": {"nr": 1}}', "'id' is an object; name what is wanted in it, like id.nr"),
            ('{"id": [1]}', "'id' is a list; name what is wanted in it, like id.0"),
        ],
    )
    def test_a_line_that_does_not_fit_is_refused_and_the_next_is_read(
        self, tmp_path: Path, line: str, reason: str
    ) -> None:
        found = read(self.JSON, f"{line}\n\n{self.line()}", tmp_path)
        assert (found.all("event_id"), found.refused) == (["1"], [(1, reason)])

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        ((row, reason),) = read(self.JSON, b'{"id": "\xff"}\n', tmp_path).refused
        assert (row, reason.startswith("not JSON: ")) == (1, True)

    def test_a_whole_number_beyond_64_bits_is_refused(self, tmp_path: Path) -> None:
        found = read(self.JSON, self.line(note=str(2**63)), tmp_path)
        assert found.refused == [(1, "'note' is a whole number beyond 64 bits; write it as a text")]


class TestTotality:
    ROWS = "".join(
        f"{number % 40},c{number % 7},2026-11-23T09:{number % 60:02}:00Z,{'bad' if number % 11 == 0 else number}\n"
        for number in range(200)
    )
    MAPPING = (
        ORDERS
        + "skip: [{when: {customer: c3}, reason: not wanted}]\n"
        + 'properties: {items: {from: "{n}", type: long}}\n'
    )

    def test_every_row_is_a_touchpoint_or_refused_or_skipped(self, tmp_path: Path) -> None:
        found = read(self.MAPPING, "id,customer,at,n\n" + self.ROWS, tmp_path)
        assert len(found.touchpoints) + len(found.refused) + found.skipped["not wanted"] == 200

    @pytest.mark.parametrize("run_items", [1, 7, 64])
    def test_sorting_on_disk_changes_nothing(self, tmp_path: Path, run_items: int) -> None:
        grouped = changed(self.MAPPING, group_by='"{id}-{customer}"', properties="{lines: {count: rows}}")
        for mapping in (self.MAPPING, grouped):
            whole, spilled = (
                read(mapping, "id,customer,at,n\n" + self.ROWS, tmp_path, run_items=items)
                for items in (100_000, run_items)
            )
            assert spilled.touchpoints == whole.touchpoints
            assert spilled.refused == whole.refused
            assert spilled.repeated == whole.repeated


class TestRefusedRows:
    def test_are_copied_as_they_stand_behind_the_header(self, tmp_path: Path) -> None:
        rows = f'Export\r\n{HEAD}1,a,{AT},x\n2,a,bad,"two\nlines"\r\n3,a,{AT}\n4,a,{AT},"\xff'.encode("latin-1")
        (tmp_path / "data.csv").write_bytes(rows)
        with EventLog() as log:
            log.read(parse_mapping(changed(NOTED, csv="{skip_lines: 1}"), "m.yaml"), tmp_path / "data.csv")
            assert log.write_refused(tmp_path / "refused.csv") == 3
        copied = (tmp_path / "refused.csv").read_bytes()
        assert copied == f'Export\r\n{HEAD}2,a,bad,"two\nlines"\r\n3,a,{AT}\n4,a,{AT},"\xff\n'.encode("latin-1")

    def test_of_json_lines_too(self, tmp_path: Path) -> None:
        (tmp_path / "data.jsonl").write_text(f'{{"id": "1", "customer": "a", "at": "{AT}"}}\n{{"id": "2"}}\n{{')
        with EventLog() as log:
            log.read(parse_mapping(changed(NOTED, format="json_lines"), "m.yaml"), tmp_path / "data.jsonl")
            assert log.write_refused(tmp_path / "refused.jsonl") == 2
        assert (tmp_path / "refused.jsonl").read_text() == '{"id": "2"}\n{\n'
