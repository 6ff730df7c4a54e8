"""Makes the topics that are missing and checks those that exist."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its names are re-exported implicitly
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from streams.embedded_broker import is_embedded
from streams.errors import TopicMismatch, Unreachable
from streams.kafka import client_config
from streams.settings import Settings
from streams.topics import TOPICS, Topic

TIMEOUT_SECONDS = 5.0
_CREATE_TIMEOUT_SECONDS = 30.0
_CHECKED = ("cleanup.policy", "message.timestamp.type")
_AT_LEAST = "max.message.bytes"


def create_topics(settings: Settings, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create the topics that are missing and check the others.

    Returns:
        Full names of those created, in the order of ``topics``.

    Raises:
        Unreachable: no broker answers.
        TopicMismatch: an existing topic differs in partitions, cleanup policy, timestamp type or
            has a smaller record limit; or the broker refuses to make one. All faults at once.
    """
    admin = AdminClient({**client_config(settings), "log_level": 0})
    metadata = _metadata(admin, settings)
    if is_embedded(metadata):
        return _ensure_embedded(admin, settings, topics, set(metadata.topics))
    missing = [topic for topic in topics if settings.topic(topic.name) not in metadata.topics]
    existing = [topic for topic in topics if topic not in missing]
    if existing:
        _check(admin, settings, existing, metadata)
    if not missing:
        return []
    created = _create(admin, settings, missing)
    metadata = _wait_for_leaders(admin, settings, missing)
    if raced := [topic for topic in missing if settings.topic(topic.name) not in created]:
        _check(admin, settings, raced, metadata)
    return created


def check_topics(settings: Settings, topics: Sequence[Topic] = TOPICS) -> None:
    """Make sure that all topics exist as the contract needs them; nothing is created.

    Raises:
        Unreachable: no broker answers.
        TopicMismatch: topics are missing or differ; all faults at once.
    """
    admin = AdminClient({**client_config(settings), "log_level": 0})
    metadata = _metadata(admin, settings)
    if missing := [topic.name for topic in topics if settings.topic(topic.name) not in metadata.topics]:
        names = ", ".join(settings.topic(name) for name in missing)
        raise TopicMismatch(
            f"Kafka at {settings.kafka_bootstrap} has no {names}", "make the topics: `momentous topics create`"
        )
    if not is_embedded(metadata):
        _check(admin, settings, topics, metadata)


def _check(admin: AdminClient, settings: Settings, topics: Sequence[Topic], metadata: Any) -> None:
    if faults := _faults(admin, settings, topics, metadata):
        raise TopicMismatch(
            "; ".join(faults),
            "change the topic, or set MOMENTOUS_TOPIC_PREFIX to work beside it (partition counts are fixed for life)",
        )


def _metadata(admin: AdminClient, settings: Settings) -> Any:
    try:
        return admin.list_topics(timeout=TIMEOUT_SECONDS)
    except KafkaException as error:
        raise Unreachable(
            f"Kafka at {settings.kafka_bootstrap} does not answer",
            "start it or set MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings)",
        ) from error


def _ensure_embedded(admin: AdminClient, settings: Settings, topics: Sequence[Topic], known: set[str]) -> list[str]:
    """librdkafka's in-process broker knows no create request; asking for a topic makes it."""
    created = []
    for topic in topics:
        name = settings.topic(topic.name)
        count = len(admin.list_topics(name, timeout=TIMEOUT_SECONDS).topics[name].partitions)
        if count != settings.partitions:
            raise TopicMismatch(
                f"the embedded broker made {name} with {count} partitions, the setting says {settings.partitions}",
                f"set MOMENTOUS_PARTITIONS={count}",
            )
        if name not in known:
            created.append(name)
    return created


def _create(admin: AdminClient, settings: Settings, topics: Sequence[Topic]) -> list[str]:
    """Names of the topics that this call made; the others are there, since someone was quicker."""
    requests = [
        NewTopic(
            settings.topic(topic.name),
            num_partitions=settings.partitions,
            replication_factor=settings.replication_factor,
            config=topic.config,
        )
        for topic in topics
    ]
    created: list[str] = []
    faults = []
    for name, future in admin.create_topics(requests, operation_timeout=_CREATE_TIMEOUT_SECONDS).items():
        try:
            future.result(_CREATE_TIMEOUT_SECONDS)
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                faults.append(f"{name}: {error.args[0].str()}")
    if faults:
        raise TopicMismatch(
            f"topics could not be created: {'; '.join(faults)}",
            "check MOMENTOUS_REPLICATION_FACTOR against the number of brokers, and this user's rights",
        )
    return created


def _wait_for_leaders(admin: AdminClient, settings: Settings, topics: Sequence[Topic]) -> Any:
    """The cluster's metadata once every partition of the topics has a leader."""
    names = {settings.topic(topic.name) for topic in topics}
    deadline = time.monotonic() + _CREATE_TIMEOUT_SECONDS
    while True:
        metadata = _metadata(admin, settings)
        ready = {name for name in names if _has_leaders(metadata.topics.get(name))}
        if ready == names:
            return metadata
        if time.monotonic() > deadline:
            raise Unreachable(
                f"no leader yet for every partition of {', '.join(sorted(names - ready))}",
                "look at the brokers, then run `momentous topics create` again",
            )
        time.sleep(0.05)


def _has_leaders(topic: Any) -> bool:
    return topic is not None and all(partition.leader >= 0 for partition in topic.partitions.values())


def _faults(admin: AdminClient, settings: Settings, topics: Sequence[Topic], metadata: Any) -> list[str]:
    resources = {topic.name: ConfigResource(ResourceType.TOPIC, settings.topic(topic.name)) for topic in topics}
    answers = admin.describe_configs(list(resources.values()))
    faults = []
    for topic in topics:
        name = settings.topic(topic.name)
        count = len(metadata.topics[name].partitions)
        if count != settings.partitions:
            faults.append(f"{name} has {count} partitions, not {settings.partitions}")
        config = answers[resources[topic.name]].result(TIMEOUT_SECONDS)
        for key in _CHECKED:
            wanted = topic.config[key]
            if config[key].value != wanted:
                faults.append(f"{name} has {key}={config[key].value}, not {wanted}")
        if int(config[_AT_LEAST].value) < int(topic.config[_AT_LEAST]):
            faults.append(f"{name} has {_AT_LEAST}={config[_AT_LEAST].value}, less than {topic.config[_AT_LEAST]}")
    return faults
