"""What the publishing samples put on ``touchpoints``."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from schemas import Codec, headers
from schemas.catalog import schema_files
from streams.customer.partitioner import partition_of
from streams.settings import Settings
from streams.topics import TOUCHPOINTS, TRIGGERS
from tests.kafka.reader import Record, read
from tests.reliability.oracle import partition_records
from tests.samples import story
from tests.samples.conftest import Told
from tests.samples.registry import serving
from tests.samples.sample import publisher

pytestmark = pytest.mark.timeout(900)


def published(told: Told, language: str) -> list[Record]:
    prefix = language.encode()
    return [record for record in read(told.settings, TOUCHPOINTS) if (record.key or b"").startswith(prefix)]


def test_a_record_is_byte_for_byte_what_our_codec_writes(worked: Told, language: str) -> None:
    codec = Codec()
    assert Counter(record.value for record in published(worked, language)) == Counter(
        codec.encode("Touchpoint", touchpoint) for touchpoint in worked.given[language]
    )


def test_headers_are_cloudevents(worked: Told, language: str) -> None:
    found = sorted(tuple(record.headers) for record in published(worked, language))
    assert found == sorted(
        tuple(headers("momentous.touchpoint", one["event_id"], one["source"], one["occurred_at"]))
        for one in worked.given[language]
    )


def test_a_record_lies_in_its_customers_partition(worked: Told, language: str) -> None:
    records = published(worked, language)
    assert {(record.key, record.partition) for record in records} == {
        (one["customer_id"].encode(), partition_of(one["customer_id"].encode(), 4)) for one in worked.given[language]
    }
    assert len({record.partition for record in records}) > 1


def test_records_of_a_customer_keep_their_order(worked: Told, language: str) -> None:
    codec = Codec()
    for customer_id in {one["customer_id"] for one in worked.given[language]}:
        records = [one for one in published(worked, language) if one.key == customer_id.encode()]
        kinds = [codec.decode(one.value, "Touchpoint")[1]["type"] for one in records]
        assert kinds == ["consent.given", "queue.abandoned"]


def test_a_worker_accepts_every_record(worked: Told) -> None:
    counters: Counter[str] = Counter()
    for record in partition_records(worked.settings).values():
        counters.update({name: record.counters[name] for name in ("in", "accepted", "duplicate", "late", "dead")})
    published = 24 * len(worked.given)
    assert counters == Counter({"in": published, "accepted": published, "duplicate": 0, "late": 0, "dead": 0})


def test_every_customer_gets_a_trigger(worked: Told, language: str) -> None:
    asked = {one["customer_id"].encode() for one in worked.given[language]}
    assert asked <= {record.key for record in read(worked.settings, TRIGGERS)}


def test_a_registry_is_asked_for_the_schemas_id(topics: Settings, language: str) -> None:
    text = next(schema.text for schema in schema_files() if schema.name == "momentous.Touchpoint")
    with serving({4001: text}) as address:
        settings = msgspec.structs.replace(topics, schema_registry_url=address)
        given = {language: story.touchpoints(language, story.NOON)[:1]}
        story.run_publishers(settings, [publisher(language)], given)
    assert [record.value[:5] for record in read(topics, TOUCHPOINTS) if record.value] == [b"\0\x00\x00\x0f\xa1"]
