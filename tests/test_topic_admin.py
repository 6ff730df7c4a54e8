from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from streams.errors import TopicMismatch, Unreachable
from streams.settings import Settings
from streams.topic_admin import create_topics


def test_the_missing_topics_are_made_as_the_contract_says(settings: Settings) -> None:
    created = create_topics(settings)
    assert [name.removeprefix(settings.topic_prefix) for name in created] == [
        "touchpoints",
        "moments",
        "decisions",
        "outreach.triggers",
        "verdicts",
        "emotions",
        "touchpoints.dead",
        "deliveries.dead",
        "customers-changelog",
    ]
    known = AdminClient({"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0}).list_topics(timeout=10).topics
    assert [len(known[name].partitions) for name in created] == [4] * 9


def test_topics_that_are_right_stay_as_they_are(topics: Settings) -> None:
    assert create_topics(topics) == []


def test_two_that_create_at_once_share_the_work_and_both_succeed(settings: Settings) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(create_topics, [settings, settings])
    assert len({*first, *second}) == len(first) + len(second) == 9


def test_every_fault_of_the_existing_topics_is_told_at_once(settings: Settings) -> None:
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0})
    strangers = [
        NewTopic(settings.topic("touchpoints"), 3, 1, config={"max.message.bytes": "1000"}),
        NewTopic(
            settings.topic("customers-changelog"),
            4,
            1,
            config={"cleanup.policy": "delete", "max.message.bytes": "2000"},
        ),
    ]
    for future in admin.create_topics(strangers).values():
        future.result(10)
    with pytest.raises(TopicMismatch) as raised:
        create_topics(settings)
    told = raised.value.problem.replace(settings.topic_prefix, "").split("; ")
    assert told == [
        "touchpoints has 3 partitions, not 4",
        "touchpoints has message.timestamp.type=CreateTime, not LogAppendTime",
        "touchpoints has max.message.bytes=1000, less than 2097152",
        "customers-changelog has cleanup.policy=delete, not compact",
        "customers-changelog has message.timestamp.type=CreateTime, not LogAppendTime",
        "customers-changelog has max.message.bytes=2000, less than 4194304",
    ]


def test_more_replicas_than_brokers_is_refused_with_the_setting_to_change(settings: Settings) -> None:
    with pytest.raises(TopicMismatch, match=r"could not be created: .*touchpoints: .*; check MOMENTOUS_REPLICATION_"):
        create_topics(msgspec.structs.replace(settings, replication_factor=9))


def test_a_broker_that_is_away_is_named_with_the_setting_to_change() -> None:
    with pytest.raises(
        Unreachable, match=r"Kafka at 127\.0\.0\.1:1 does not answer; start it or set MOMENTOUS_KAFKA_B"
    ):
        create_topics(Settings(kafka_bootstrap="127.0.0.1:1"))
