from __future__ import annotations

from typing import Any

import pytest

from schemas import Codec, RegistryUnavailable
from sinks.rows import BESIDE, EARLIEST_MS, LARGEST_TOUCHPOINT_BYTES, LATEST_MS, TABLES, Record, Rows, rows_of
from streams.customer import partition as worker
from streams.topics import MOMENTS, TOUCHPOINTS, TRIGGERS
from tests.sinks.samples import CODEC, at, cancellation, kafka_records, moment, touchpoint, trigger


def rows(topic: str, records: list[Record], codec: Codec = CODEC) -> Rows:
    return rows_of(TABLES[topic], f"x.{topic}", 3, records, codec)


def column(topic: str, result: Rows, name: str) -> Any:
    return result.columns[TABLES[topic].column_names.index(name)]


def test_a_row_says_where_its_record_lies_and_when_it_was_appended() -> None:
    result = rows(TOUCHPOINTS, [Record(7, 1234, b"c1", CODEC.encode("Touchpoint", touchpoint()))])
    assert [column(TOUCHPOINTS, result, name) for name in ("topic", "partition", "offset", "appended_at")] == [
        ["x.touchpoints"],
        [3],
        [7],
        [1234],
    ]


def test_properties_become_texts_and_missing_ones_stay_away() -> None:
    properties = {"a": True, "b": False, "n": 7, "x": 2.5, "t": "true", "none": None}
    result = rows(TOUCHPOINTS, kafka_records("Touchpoint", [touchpoint(**properties)]))
    assert column(TOUCHPOINTS, result, "properties") == [{"a": "true", "b": "false", "n": "7", "x": "2.5", "t": "true"}]


@pytest.mark.parametrize(
    ("occurred_at", "stored"),
    [(0, 0), (-(10**15), EARLIEST_MS), (10**15, LATEST_MS), (EARLIEST_MS, EARLIEST_MS), (LATEST_MS, LATEST_MS)],
)
def test_a_time_that_clickhouse_cannot_hold_is_put_on_the_nearer_end(occurred_at: int, stored: int) -> None:
    body = {**touchpoint(), "occurred_at": occurred_at}
    result = rows(TOUCHPOINTS, kafka_records("Touchpoint", [body]))
    assert column(TOUCHPOINTS, result, "occurred_at") == [stored]


def test_evidence_becomes_one_array_a_field() -> None:
    result = rows(MOMENTS, kafka_records("Moment", [moment()]))
    assert column(MOMENTS, result, "evidence.type") == [["queue.abandoned"]]
    assert column(MOMENTS, result, "evidence.occurred_at") == [[0]]
    assert column(MOMENTS, result, "detected_at") == [at("1999-01-04 10:00:00")]


def test_controls_are_not_loaded() -> None:
    tick = CODEC.encode("Control", {"kind": "tick", "at": 5, "clock": None, "activation": None})
    result = rows(TOUCHPOINTS, [Record(0, 0, None, tick), *kafka_records("Touchpoint", [touchpoint()], 1)])
    assert (column(TOUCHPOINTS, result, "offset"), result.skipped) == ([1], {"control": 1})


def test_a_readable_touchpoint_is_loaded_whatever_its_key() -> None:
    value = CODEC.encode("Touchpoint", touchpoint())
    result = rows(TOUCHPOINTS, [Record(0, 0, None, value), Record(1, 0, b"\xff", value)])
    assert (len(result), result.skipped) == (2, {})


def test_bytes_that_are_no_touchpoint_are_counted_by_reason_and_skipped() -> None:
    good = CODEC.encode("Touchpoint", touchpoint())
    values = {
        "cut_short": good[:-3],
        "wrong_magic_byte": b"\x01" + good[1:],
        "unknown_schema_id": b"\x00\x00\x00\x27\x0f" + good[5:],
        "wrong_type": CODEC.encode("Moment", moment()),
        "malformed": good + b"more",
        "oversize": CODEC.encode("Touchpoint", touchpoint(text="x" * LARGEST_TOUCHPOINT_BYTES)),
    }
    records = [Record(offset, 0, None, value) for offset, value in enumerate([*values.values(), good, None])]
    result = rows(TOUCHPOINTS, records)
    assert column(TOUCHPOINTS, result, "offset") == [6]
    assert result.skipped == {**dict.fromkeys(values, 1), "cut_short": 2}


def test_a_control_in_another_topic_is_of_the_wrong_type() -> None:
    tick = CODEC.encode("Control", {"kind": "tick", "at": 5, "clock": None, "activation": None})
    assert rows(MOMENTS, [Record(0, 0, None, tick)]).skipped == {"wrong_type": 1}


def test_triggers_and_their_cancellations_lie_in_one_topic_and_go_into_two_tables() -> None:
    values = [CODEC.encode("Trigger", trigger()), CODEC.encode("Cancellation", cancellation())]
    records = [Record(offset, 0, None, value) for offset, value in enumerate([*values, b""])]
    for table, offset in ((TABLES[TRIGGERS], 0), (BESIDE[TRIGGERS], 1)):
        result = rows_of(table, TRIGGERS, 0, records, CODEC)
        assert (result.columns[table.column_names.index("offset")], result.skipped) == ([offset], {"cut_short": 1})


def test_a_batch_that_gives_no_row_has_none() -> None:
    assert len(rows(TOUCHPOINTS, [Record(0, 0, None, b"")])) == 0


class SilentRegistry:
    def text_of(self, schema_id: int) -> str:
        raise RegistryUnavailable("http://registry", TimeoutError())

    def id_of(self, name: str) -> int:
        raise RegistryUnavailable("http://registry", TimeoutError())


def test_a_registry_that_does_not_answer_skips_nothing() -> None:
    with pytest.raises(RegistryUnavailable):
        rows(TOUCHPOINTS, kafka_records("Touchpoint", [touchpoint()]), Codec(SilentRegistry()))


def test_loader_and_worker_agree_on_the_largest_touchpoint() -> None:
    assert LARGEST_TOUCHPOINT_BYTES == worker.LARGEST_BYTES
