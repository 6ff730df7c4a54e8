import pytest

from schemas import Codec, Touchpoint
from streams.controls import activation, history_clock, tick
from streams.history import TopicInUse, play, require_unused
from streams.publishing import Publisher, activate
from streams.settings import Settings
from tests.kafka.reader import read


def touchpoint(number: int) -> Touchpoint:
    return {
        "event_id": f"e{number}",
        "source": "shop",
        "customer_id": f"c{number % 10}",
        "identified": True,
        "channel": "web",
        "type": "page.viewed",
        "occurred_at": 1_000_000 + number,
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": {},
    }


def test_every_partition_begins_with_the_historys_clock_and_ends_with_a_tick_past_it(topics: Settings) -> None:
    codec = Codec()
    with Publisher(topics, codec) as publisher:
        play(publisher, [touchpoint(number) for number in range(100)], horizon_ms=5_000)
    for partition in range(4):
        records = [codec.decode(record.value) for record in read(topics, "touchpoints", partition)]
        assert records[0] == ("Control", history_clock(1_000_000, 1_000_099))
        assert records[-1] == ("Control", tick(1_005_099))
        times = [record["occurred_at"] for _, record in records[1:-1]]
        assert times == sorted(times)


def test_the_wait_comes_before_each_touchpoint(topics: Settings) -> None:
    waits: list[int] = []
    with Publisher(topics, Codec()) as publisher:
        play(publisher, [touchpoint(1), touchpoint(2)], before_each=lambda: waits.append(publisher.delivered))
    assert len(waits) == 2


def test_a_topic_with_controls_only_may_take_a_history(topics: Settings) -> None:
    activate(topics, Codec(), [activation("rule", "a", 1, "id: a\n")])
    require_unused(topics)


def test_a_topic_with_a_touchpoint_may_not(topics: Settings) -> None:
    with Publisher(topics, Codec()) as publisher:
        publisher.publish(touchpoint(1))
    with pytest.raises(
        TopicInUse, match=r"holds touchpoints already, .*set MOMENTOUS_TOPIC_PREFIX and MOMENTOUS_APP_ID"
    ):
        require_unused(topics)
