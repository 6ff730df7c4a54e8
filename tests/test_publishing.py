import msgspec
import pytest

from schemas import Codec, Touchpoint
from streams.controls import activation, tick
from streams.errors import DeliveryFailed, Unreachable
from streams.publishing import Publisher, TooLarge, activate
from streams.settings import Settings
from streams.topic_admin import create_topics
from tests.kafka.broker import Broker
from tests.kafka.reader import read


def touchpoint(number: int, customer_id: str = "c1", **properties: str) -> Touchpoint:
    return {
        "event_id": f"e{number}",
        "source": "shop",
        "customer_id": customer_id,
        "identified": True,
        "channel": "web",
        "type": "page.viewed",
        "occurred_at": 915_141_600_000 + number,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": dict(properties),
    }


def test_a_touchpoint_is_keyed_by_its_customer_with_cloudevents_headers(topics: Settings) -> None:
    codec = Codec()
    with Publisher(topics, codec) as publisher:
        publisher.publish(touchpoint(1, "zoë"))
    (record,) = read(topics, "touchpoints")
    assert record.key == "zoë".encode()
    assert codec.decode(record.value, "Touchpoint") == ("Touchpoint", touchpoint(1, "zoë"))
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_type": b"momentous.touchpoint",
        "ce_source": b"shop",
        "ce_id": b"e1",
        "ce_time": b"1998-12-31T22:00:00.001Z",
        "content-type": b"application/avro",
    }


# Keys and hashes of Kafka's own test of its murmur2.
JAVA_HASHES = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


def test_each_customer_lies_in_the_partition_that_java_chooses(topics: Settings) -> None:
    with Publisher(topics, Codec()) as publisher:
        for number, customer_id in enumerate(JAVA_HASHES):
            publisher.publish(touchpoint(number, customer_id))
    placed = {(record.key or b"").decode(): record.partition for record in read(topics, "touchpoints")}
    assert placed == {key: (value & 0x7FFFFFFF) % 4 for key, value in JAVA_HASHES.items()}


def test_a_customers_touchpoints_keep_their_order(topics: Settings) -> None:
    codec = Codec()
    with Publisher(topics, codec) as publisher:
        for number in range(2000):
            publisher.publish(touchpoint(number, f"c{number % 40}"))
    by_customer: dict[str, list[int]] = {}
    for record in read(topics, "touchpoints"):
        read_back = codec.decode(record.value)[1]
        by_customer.setdefault(read_back["customer_id"], []).append(int(read_back["event_id"][1:]))
    assert by_customer == {f"c{c}": list(range(c, 2000, 40)) for c in range(40)}


def test_acknowledgements_are_told_with_partition_offset_and_size(topics: Settings) -> None:
    told: list[tuple[int, int, int]] = []
    with Publisher(topics, Codec(), lambda *record: told.append(record)) as publisher:
        publisher.publish(touchpoint(1))
    (record,) = read(topics, "touchpoints")
    assert told == [(record.partition, 0, len(record.value or b""))]
    assert publisher.delivered == 1


def test_a_control_goes_to_its_partition_without_a_key(topics: Settings) -> None:
    codec = Codec()
    with Publisher(topics, codec) as publisher:
        publisher.publish_control(2, tick(5))
    (record,) = read(topics, "touchpoints")
    assert (record.partition, record.key, codec.decode(record.value)) == (2, None, ("Control", tick(5)))
    assert dict(record.headers)["ce_type"] == b"momentous.control.tick"


def test_a_control_for_all_reaches_every_partition(topics: Settings) -> None:
    with Publisher(topics, Codec()) as publisher:
        publisher.publish_control_everywhere(tick(5))
    assert [r.partition for r in read(topics, "touchpoints")] == [0, 1, 2, 3]


def test_activations_reach_every_partition_in_one_transaction(topics: Settings) -> None:
    codec = Codec()
    made = [activation("rule", "a", 1, "id: a\n"), activation("policy", "p", 1, "id: p\n")]
    assert activate(topics, codec, made) == 4
    records = read(topics, "touchpoints")
    assert [(r.partition, codec.decode(r.value)[1]["activation"]["id"]) for r in records] == [
        (partition, name) for partition in range(4) for name in ("a", "p")
    ]


def test_an_activation_that_fails_halfway_is_active_nowhere(topics: Settings) -> None:
    too_large = activation("rule", "b", 1, "x" * 1_200_000)
    with pytest.raises(DeliveryFailed, match=r"did not go through .*; nothing is active of it; publish it again"):
        activate(topics, Codec(), [activation("rule", "a", 1, "id: a\n"), too_large])
    assert read(topics, "touchpoints") == []


def test_a_record_over_a_million_bytes_is_refused_on_the_spot(topics: Settings) -> None:
    with Publisher(topics, Codec()) as publisher, pytest.raises(TooLarge, match="more than a record may have"):
        publisher.publish(touchpoint(1, text="x" * 1_000_000))


def test_without_the_topic_the_remedy_is_named(settings: Settings) -> None:
    with pytest.raises(
        Unreachable, match=r"has no topic .*touchpoints; make the topics first: `momentous topics create`"
    ):
        Publisher(settings, Codec())


def test_without_a_broker_the_setting_is_named() -> None:
    with pytest.raises(Unreachable, match=r"Kafka at 127\.0\.0\.1:1 does not answer; start it or set MOMENTOUS_KAFKA_"):
        Publisher(Settings(kafka_bootstrap="127.0.0.1:1"), Codec())


def test_a_broker_that_goes_away_for_good_is_an_error_not_a_silence(own_kafka: Broker, topics: Settings) -> None:
    mine = msgspec.structs.replace(topics, kafka_bootstrap=own_kafka.bootstrap)
    create_topics(mine)
    publisher = Publisher(mine, Codec())
    own_kafka.kill()
    publisher.publish(touchpoint(1))
    with pytest.raises(DeliveryFailed, match=r"1 records without an acknowledgement after 1 s; look at the broker"):
        publisher.flush(1.0)
