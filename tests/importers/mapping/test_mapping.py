"""What each key of a mapping does."""

from pathlib import Path

import pytest

from streams.importers import FileProblem, MappingFileError
from tests.importers.mapping.files import AT, AT_MS, ORDERS, changed, read


def test_the_least_mapping(tmp_path: Path) -> None:
    found = read(ORDERS, f"id,customer,at\n1,ann,{AT}\n", tmp_path)
    assert found.touchpoints == [
        {
            "event_id": "1",
            "source": "shop",
            "customer_id": "ann",
            "identified": True,
            "channel": "web",
            "type": "order.completed",
            "occurred_at": AT_MS,
            "correlation_id": None,
            "session_id": None,
            "identities": {},
            "properties": {},
        }
    ]


def test_touchpoints_come_in_the_order_of_time_then_of_the_file(tmp_path: Path) -> None:
    rows = "id,customer,at\n1,ann,2026-11-23T09:00:01Z\n2,ann,2026-11-23T09:00:00Z\n3,ann,2026-11-23T09:00:00Z\n"
    assert read(ORDERS, rows, tmp_path).all("event_id") == ["2", "3", "1"]


class TestCustomers:
    def test_who_is_not_known_is_stood_in_for_by_the_correlation(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, correlation_id='"{order}"')
        found = read(mapping, f"id,customer,at,order\n1,,{AT},o-7\n", tmp_path)
        assert (found.all("customer_id"), found.all("identified")) == (["anon:o-7"], [False])

    def test_anonymous_goes_before_the_correlation(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, correlation_id='"{order}"', anonymous='"{device}"')
        found = read(mapping, f"id,customer,at,order,device\n1,,{AT},o-7,d-1\n2,,{AT},o-8,\n", tmp_path)
        assert found.all("customer_id") == ["anon:d-1", "anon:o-8"]

    def test_without_anything_that_stands_in_the_row_is_refused(self, tmp_path: Path) -> None:
        reason = "neither a customer_id nor anything to stand in for it (anonymous, correlation_id)"
        assert read(ORDERS, f"id,customer,at\n1,,{AT}\n", tmp_path).refused == [(2, reason)]

    def test_ids_that_are_no_customers_are_said_to_be_none(self, tmp_path: Path) -> None:
        found = read(changed(ORDERS, identified="false"), f"id,customer,at\n1,dev-4,{AT}\n", tmp_path)
        assert (found.all("customer_id"), found.all("identified")) == (["anon:dev-4"], [False])

    def test_or_by_a_condition(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, identified="{when: {login: [yes, ja]}}")
        found = read(mapping, f"id,customer,at,login\n1,a,{AT},ja\n2,b,{AT},no\n", tmp_path)
        assert found.all("customer_id") == ["a", "anon:b"]


class TestEventIds:
    def test_the_hash_of_a_row_depends_on_all_of_it(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, event_id="{hash: row}")
        rows = f"customer,at,note\nann,{AT},a\nann,{AT},b\nann,{AT},a\n"
        one, other, again = read(mapping, rows, tmp_path).all("event_id")
        assert (len(one), one == other, one == again) == (32, False, True)

    def test_the_hash_of_columns_depends_on_these_only(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, event_id="{hash: [customer, at]}")
        one, other = read(mapping, f"customer,at,note\nann,{AT},a\nann,{AT},b\n", tmp_path).all("event_id")
        assert one == other

    def test_the_hash_of_a_json_line_does_not_depend_on_the_order_of_its_keys(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, event_id="{hash: row}", format="json_lines")
        lines = f'{{"customer": "a", "at": "{AT}", "n": 1}}\n{{"n": 1, "at": "{AT}", "customer": "a"}}\n'
        one, other = read(mapping, lines, tmp_path).all("event_id")
        assert one == other

    def test_the_row_and_the_file_are_columns_too(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, event_id='"{@file}:{@row}"')
        assert read(mapping, f"customer,at\n\nann,{AT}\n", tmp_path).all("event_id") == ["data.csv:3"]

    def test_an_empty_one_is_refused(self, tmp_path: Path) -> None:
        assert read(ORDERS, f"id,customer,at\n,ann,{AT}\n", tmp_path).refused == [(2, "event_id is empty")]


class TestChoices:
    LOOKUP = '{from: "{what}", values: {buy: order.completed, undo: order.cancelled, test: refuse}}'

    def test_a_value_is_looked_up(self, tmp_path: Path) -> None:
        found = read(changed(ORDERS, type=self.LOOKUP), f"id,customer,at,what\n1,a,{AT},undo\n", tmp_path)
        assert found.all("type") == ["order.cancelled"]

    @pytest.mark.parametrize("what", ["sell", "test"])
    def test_what_is_not_there_and_what_is_to_be_refused_is_refused(self, tmp_path: Path, what: str) -> None:
        found = read(changed(ORDERS, type=self.LOOKUP), f"id,customer,at,what\n1,a,{AT},{what}\n", tmp_path)
        assert found.refused == [(2, f"type cannot be looked up: '{what}' is not in its values")]

    def test_otherwise_takes_what_is_not_there(self, tmp_path: Path) -> None:
        lookup = '{from: "{what}", values: {buy: order.completed}, otherwise: "x.{what}"}'
        found = read(changed(ORDERS, type=lookup), f"id,customer,at,what\n1,a,{AT},sell\n", tmp_path)
        assert found.all("type") == ["x.sell"]

    def test_the_first_case_that_holds_decides(self, tmp_path: Path) -> None:
        cases = (
            "{cases: [{when: {n|gte: 10}, value: order.placed}, {when: {n|gte: 5}, value: order.changed}, "
            "{when: {n|lt: 0}, value: refuse}], otherwise: order.completed}"
        )
        rows = f"id,customer,at,n\n1,a,{AT},10\n2,a,{AT},9.5\n3,a,{AT},many\n4,a,{AT},-1\n"
        found = read(changed(ORDERS, type=cases), rows, tmp_path)
        assert found.all("type") == ["order.placed", "order.changed", "order.completed"]
        assert found.refused == [(5, "type: the row is in a case that is refused")]

    def test_without_otherwise_a_row_in_no_case_is_refused(self, tmp_path: Path) -> None:
        cases = "{cases: [{when: {n: x}, value: order.placed}]}"
        found = read(changed(ORDERS, type=cases), f"id,customer,at,n\n1,a,{AT},y\n", tmp_path)
        assert found.refused == [(2, "type: the row is in none of the cases")]

    def test_a_pattern_cuts_its_group_out_and_refuses_what_does_not_match(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, customer_id=r"""{from: "{customer}", pattern: 'C-(\d+)'}""")
        found = read(mapping, f"id,customer,at\n1,C-17,{AT}\n2,17,{AT}\n", tmp_path)
        assert found.all("customer_id") == ["17"]
        assert found.refused == [(3, r"customer_id '17' does not match C-(\d+)")]

    def test_a_channel_outside_the_contract_is_refused(self, tmp_path: Path) -> None:
        found = read(changed(ORDERS, channel='"{c}"'), f"id,customer,at,c\n1,a,{AT},fax\n", tmp_path)
        assert found.refused[0][1].startswith("channel 'fax', expected one of web, app, email,")


class TestProperties:
    def test_each_has_its_type(self, tmp_path: Path) -> None:
        mapping = ORDERS + (
            "properties:\n"
            '  product_id: "{a}"\n'
            '  items: {from: "{b}", type: long}\n'
            '  value: {from: "{c}", type: double}\n'
            '  x_gift: {from: "{d}", type: boolean}\n'
            '  x_due: {from: "{e}", type: time, format: "%d.%m.%Y", zone: Europe/Vienna}\n'
        )
        found = read(mapping, f"id,customer,at,a,b,c,d,e\n1,ann,{AT},07,6.0,2.50,Yes,1.7.2026\n", tmp_path)
        assert found.properties == [
            {"items": 6, "product_id": "07", "value": 2.5, "x_due": 1_782_856_800_000, "x_gift": True}
        ]

    def test_an_empty_one_is_left_out(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, empty="[n/a]") + 'properties: {items: {from: "{n}", type: long}, method: "{m}"}\n'
        assert read(mapping, f"id,customer,at,n,m\n1,ann,{AT},,n/a\n", tmp_path).properties == [{}]

    def test_json_keeps_its_own_types(self, tmp_path: Path) -> None:
        mapping = changed(ORDERS, format="json_lines") + 'properties: {a: "{a}", b: "{b}", c: "{c.d.0}", e: "{e}"}\n'
        line = f'{{"id": 1, "customer": "x", "at": "{AT}", "a": 5, "b": false, "c": {{"d": [2.5]}}, "e": null}}\n'
        found = read(mapping, line, tmp_path)
        assert (found.all("event_id"), found.properties) == (["1"], [{"a": 5, "b": False, "c": 2.5}])

    @pytest.mark.parametrize(
        ("spec", "value", "reason"),
        [
            ("type: long", "6.5", "p: 6.5 is no whole number"),
            ("type: long", "six", "p: 'six' is no number"),
            ("type: boolean", "ja", "p: 'ja' is neither true nor false, which are true, 1, yes, false, 0, no here"),
            (
                'type: boolean, "true": J, "false": [N, n]',
                "j",
                "p: 'j' is neither true nor false, which are J, N, n here",
            ),
            ("type: time", "soon", "p: 'soon' is no ISO 8601 time"),
        ],
    )
    def test_what_is_not_of_its_type_is_refused(self, tmp_path: Path, spec: str, value: str, reason: str) -> None:
        mapping = f'{ORDERS}properties: {{p: {{from: "{{v}}", {spec}}}}}\n'
        assert read(mapping, f"id,customer,at,v\n1,ann,{AT},{value}\n", tmp_path).refused == [(2, reason)]

    def test_identities_are_texts_and_the_empty_ones_are_left_out(self, tmp_path: Path) -> None:
        mapping = ORDERS + 'identities: {phone: "{tel}", email: "{mail}"}\n'
        assert read(mapping, f"id,customer,at,tel,mail\n1,ann,{AT},0123,\n", tmp_path).all("identities") == [
            {"phone": "0123"}
        ]


class TestGroups:
    LINES = changed(ORDERS, group_by='"{id}"') + (
        "properties:\n"
        "  value: {sum: [n, price]}\n"
        "  items: {sum: [n], type: long}\n"
        "  lines: {count: rows}\n"
        '  method: "{method}"\n'
    )

    def test_rows_that_belong_together_need_not_stand_together(self, tmp_path: Path) -> None:
        rows = (
            "id,customer,at,n,price,method\n"
            "1,ann,2026-11-23T09:00:05Z,3,0.1,\n"
            "2,bob,2026-11-23T09:00:01Z,1,10,cash\n"
            "1,ann,2026-11-23T09:00:00Z,1,0.7,card\n"
        )
        found = read(self.LINES, rows, tmp_path)
        assert found.all("event_id") == ["1", "2"]
        assert found.all("occurred_at") == [AT_MS, AT_MS + 1_000]
        assert found.properties == [
            {"items": 4, "lines": 2, "method": "card", "value": 1.0},
            {"items": 1, "lines": 1, "method": "cash", "value": 10.0},
        ]

    def test_a_bad_row_costs_all_that_belong_to_it(self, tmp_path: Path) -> None:
        rows = f"id,customer,at,n,price,method\n1,a,{AT},1,2,\n2,a,{AT},1,2,\n1,a,{AT},1,dear,\n"
        found = read(self.LINES, rows, tmp_path)
        reason = "value: 'dear' is no number (rows 2, 4 are one)"
        assert (found.all("event_id"), found.refused) == (["2"], [(2, reason), (4, reason)])

    def test_so_do_two_customers_in_one(self, tmp_path: Path) -> None:
        rows = f"id,customer,at,n,price,method\n1,a,{AT},1,2,\n1,b,{AT},1,2,\n"
        reason = "rows that make one touchpoint name different customers (rows 2, 3 are one)"
        assert read(self.LINES, rows, tmp_path).refused == [(2, reason), (3, reason)]

    def test_an_empty_factor_is_not_taken_for_nought(self, tmp_path: Path) -> None:
        rows = f"id,customer,at,n,price,method\n1,a,{AT},1,,\n"
        assert read(self.LINES, rows, tmp_path).refused == [(2, "value: price is empty, and it is summed up")]

    def test_a_row_of_no_group_is_refused(self, tmp_path: Path) -> None:
        rows = f"id,customer,at,n,price,method\n,a,{AT},1,1,\n"
        assert read(self.LINES, rows, tmp_path).refused == [(2, "group_by is empty")]


class TestJoins:
    JOINED = changed(ORDERS, join="{file: people.csv.gz, on: customer}") + 'properties: {country: "{country}"}\n'

    def test_columns_of_the_second_file_are_added(self, tmp_path: Path) -> None:
        (tmp_path / "people.csv").write_text("name,customer,country\nAnn,a,AT\n")
        found = read(self.JOINED, f"id,customer,at\n1,a,{AT}\n2,b,{AT}\n", tmp_path)
        assert found.properties == [{"country": "AT"}, {}]

    @pytest.mark.parametrize(
        ("people", "problem"),
        [
            ("name,country\nAnn,AT\n", "people.csv: has 0 columns 'customer' to be joined on; it needs one"),
            ("customer,country\na,AT\na,DE\n", "people.csv:3: customer 'a' is there twice; keep one of them"),
            ("customer,country\na\n", "people.csv:2: 1 columns, expected 2; mend that row"),
        ],
    )
    def test_a_second_file_that_cannot_be_joined_ends_the_import(
        self, tmp_path: Path, people: str, problem: str
    ) -> None:
        (tmp_path / "people.csv").write_text(people)
        with pytest.raises(FileProblem) as error:
            read(self.JOINED, f"id,customer,at\n1,a,{AT}\n", tmp_path)
        assert str(error.value).endswith(problem)

    def test_so_does_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileProblem, match=r"people\.csv\.gz: cannot be read \(No such file or directory\)"):
            read(self.JOINED, f"id,customer,at\n1,a,{AT}\n", tmp_path)


def test_rows_may_be_skipped_with_a_reason_and_are_not_refused(tmp_path: Path) -> None:
    mapping = ORDERS + (
        "skip:\n"
        "  - {when: {state: [test, draft]}, reason: not real}\n"
        "  - {when: {customer|exists: false, id|matches: 'T\\d+'}, reason: nobody}\n"
    )
    rows = f"id,customer,at,state\n1,a,{AT},test\n2,a,{AT},paid\nT3,,{AT},paid\n4,a,{AT},draft\n"
    found = read(mapping, rows, tmp_path)
    assert (found.all("event_id"), found.refused) == (["2"], [])
    assert found.skipped == {"not real": 2, "nobody": 1}


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ("{v: [a, ab]}", ["a"]),
        ("{v|ne: a}", ["abc", "7"]),
        ("{v|contains: b}", ["abc"]),
        ("{v|startswith: [a, x]}", ["a", "abc"]),
        ("{v|endswith: c}", ["abc"]),
        ("{v|matches: '[a-c]+'}", ["a", "abc"]),
        ("{v|gt: 7}", []),
        ("{v|gte: 7}", ["7"]),
        ("{v|lt: 7.5}", ["7"]),
        ("{v|lte: 6}", []),
        ("{v|exists: true}", ["a", "abc", "7"]),
        ("{v|exists: false}", [None]),
        ("{v|startswith: a, v|endswith: c}", ["abc"]),
    ],
)
def test_conditions_on_a_row(tmp_path: Path, test: str, kept: list[str]) -> None:
    mapping = changed(ORDERS, type=f"{{cases: [{{when: {test}, value: x.yes}}], otherwise: x.no}}")
    mapping += 'properties: {v: "{v}"}\n'
    found = read(mapping, f"id,customer,at,v\n1,a,{AT},a\n2,a,{AT},abc\n3,a,{AT},7\n4,a,{AT},\n", tmp_path)
    assert [t["properties"].get("v") for t in found.touchpoints if t["type"] == "x.yes"] == kept


def test_what_does_not_fit_the_vocabulary_is_noted_and_imported(tmp_path: Path) -> None:
    mapping = changed(ORDERS, type="order.completd") + 'properties: {colour: "{colour}"}\n'
    found = read(mapping, f"id,customer,at,colour\n1,a,{AT},red\n", tmp_path)
    assert (len(found.touchpoints), found.violations) == (1, {"type order.completd is not in the vocabulary": 1})


def test_a_column_that_the_file_does_not_have_is_a_mistake_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingFileError) as error:
        read(ORDERS, f"id,custommer,at\n1,a,{AT}\n", tmp_path)
    assert str(error.value) == "mapping.yaml:5:14: data.csv has no column 'customer'; did you mean 'custommer'?"


def test_a_path_that_no_json_line_has_is_told(tmp_path: Path) -> None:
    mapping = changed(ORDERS, format="json_lines") + 'properties: {v: "{order.valu}", w: "{order.value}"}\n'
    found = read(mapping, f'{{"id": "1", "customer": "a", "at": "{AT}", "order": {{"value": 1}}}}\n', tmp_path)
    assert found.unseen == ["order.valu"]


def test_what_would_not_fit_into_a_record_is_refused(tmp_path: Path) -> None:
    mapping = ORDERS + 'properties: {x_a: "{a}"}\n'
    mapping = changed(mapping, format="json_lines")
    line = f'{{"id": "%s", "customer": "a", "at": "{AT}", "a": "%s"}}\n'
    found = read(mapping, line % (1, "x" * 899_000) + line % (2, "x" * 1_000_000), tmp_path)
    assert (found.all("event_id"), [row for row, _ in found.refused]) == (["1"], [2])
    assert found.refused[0][1].endswith(" bytes, more than a record may have")
