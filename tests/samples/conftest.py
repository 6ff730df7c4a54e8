"""One story for all samples: see ``story``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from schemas import Touchpoint
from schemas.catalog import schema_files
from streams.settings import Settings
from streams.topic_admin import create_topics
from tests.conftest import ExternalBroker, settings_for
from tests.kafka.broker import Broker
from tests.samples import story
from tests.samples.registry import serving
from tests.samples.sample import LANGUAGES, Sample, SampleUnavailable, consumer, publisher
from tests.unavailable import unavailable


@dataclass
class Told:
    """What came of the story.

    Attributes:
        given: the touchpoints of each publisher.
        live: ids of the triggers to carry out.
        printed: by language, what the consumer printed.
        again: the same of a second start with nothing but the file of handled ones kept.
    """

    settings: Settings
    given: dict[str, list[Touchpoint]]
    live: list[str] = field(default_factory=list)
    printed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    again: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@pytest.fixture(scope="session")
def worked(kafka: Broker | ExternalBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """All publishers ran, and then one worker."""
    publishers = available(publisher)
    folder = tmp_path_factory.mktemp("samples")
    settings = settings_for(kafka.bootstrap, folder)
    create_topics(settings)
    story.activate_rule(settings)
    now = datetime.now(UTC)
    told = Told(settings, {one.language: story.touchpoints(one.language, now) for one in publishers})
    story.run_publishers(settings, publishers, told.given)
    story.work(settings, folder)
    yield told
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    ours = [name for name in admin.list_topics(timeout=10).topics if name.startswith(settings.topic_prefix)]
    for future in admin.delete_topics(ours).values():
        future.result(10)


@pytest.fixture(scope="session")
def told(worked: Told, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Then triggers of every kind came, and all consumers ran, twice."""
    consumers = available(consumer)
    folder = tmp_path_factory.mktemp("consumers")
    triggers = story.Triggers(worked.settings)
    triggers.repeat()
    triggers.abort()
    triggers.add_expired()
    triggers.add_rehearsal()
    triggers.add_cancelled()
    triggers.add_newer()
    triggers.add_last()
    worked.live = triggers.live
    ends = story.after_last(worked.settings)
    texts = {schema.id: schema.text for schema in schema_files()} | {story.NEWER_ID: story.newer_schema()}
    with serving(texts) as registry:
        for which, printed in (("first", worked.printed), ("second", worked.again)):
            running = [
                story.RunningConsumer(worked.settings, one, f"{one.language}-{which}", folder, registry)
                for one in consumers
            ]
            for one in running:
                printed[one.sample.language] = one.printed_when_through(ends)
    return worked


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language whose samples run here; for the others a skip that says why, a failure under CI=true."""
    for make in (publisher, consumer):
        made = _made(make, request.param)
        if isinstance(made, SampleUnavailable):
            unavailable("a sample does not run", str(made))
    return str(request.param)


def available(make: Callable[[str], Sample]) -> list[Sample]:
    """The samples that run here."""
    every = [_made(make, language) for language in LANGUAGES]
    return [one for one in every if isinstance(one, Sample)]


@cache
def _made(make: Callable[[str], Sample], language: str) -> Sample | SampleUnavailable:
    try:
        return make(language)
    except SampleUnavailable as error:
        return error
