"""The steps of "Rewind: reprocess the log" in docs/operations.md, on a real Kafka."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path

import msgspec
from confluent_kafka.admin import AdminClient

from schemas import Codec
from streams.controls import activation
from streams.definition_files import shipped_definitions
from streams.kafka import client_config
from streams.publishing import Publisher, activate
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import DECISIONS, MOMENTS, TOUCHPOINTS
from tests.customer.log import touchpoint
from tests.deploy.files import read_text
from tests.kafka.reader import read
from tests.reliability.oracle import COMPARED, Bytes, partition_records
from tests.reliability.running import running_worker, wait_for, wait_until_applied

CODEC = Codec()
CUSTOMERS = 40
SILENCE = """
id: answer.missing
version: 1
title: No answer
description: Five seconds of silence after a question.
emotion: neglected
detect:
  sequence:
    - start: {type: question.asked}
    - silent_for: 5s
  cancelled_by: {type: question.answered}
by: [correlation_id]
"""


def test_a_rewind_writes_the_same_outputs_again(topics: Settings, tmp_path: Path) -> None:
    definitions = [found.control for found in shipped_definitions()]
    activate(topics, CODEC, [*definitions, activation("rule", "answer.missing", 1, SILENCE)])
    _publish(topics)
    # Two moments a customer: one that its touchpoint completes, one that only a tick brings.
    first = _run(topics, tmp_path, "first")
    log = len(read(topics, TOUCHPOINTS))
    # 2. workers are stopped; 3. and 4. delete and make again; 5. a new application id
    _delete(topics, _listed())
    assert sorted(create_topics(topics)) == sorted(topics.topic(name) for name in _listed())
    assert partition_records(topics) == {}
    again = _run(msgspec.structs.replace(topics, app_id=f"{topics.app_id}-2"), tmp_path, "again")
    assert (len(first[MOMENTS]), len(first[DECISIONS]) > 0) == (2 * CUSTOMERS, True)
    assert again == first
    assert len(read(topics, TOUCHPOINTS)) == log


def _listed() -> list[str]:
    """The topics that the page deletes."""
    listed = re.search(r"for topic in ([^;]+);", read_text("docs/operations.md"))
    assert listed is not None
    return listed[1].split()


def _publish(settings: Settings) -> None:
    with Publisher(settings, CODEC) as publisher:
        # Now that the broker is reached: a deadline that is past when it is set would wait its grace.
        now = time.time_ns() // 1_000_000
        for number, kind in itertools.product(range(CUSTOMERS), ("queue.abandoned", "question.asked")):
            more = {"event_id": f"{kind}-{number}", "correlation_id": "k", "properties": {"wait_seconds": 60}}
            publisher.publish(touchpoint(0, now, kind, f"c{number}", **more))


def _run(settings: Settings, folder: Path, name: str) -> dict[str, list[Bytes]]:
    """What a worker has written when every customer has both moments and the log is applied to its end."""
    with running_worker(settings, folder, name) as worker:
        wait_for(lambda: len(read(settings, MOMENTS)) >= 2 * CUSTOMERS, "both moments of every customer")
        wait_until_applied(settings)
        assert worker.stop() == 0
    return {
        topic: [(record.key, record.value, tuple(record.headers)) for record in read(settings, topic)]
        for topic in COMPARED
    }


def _delete(settings: Settings, names: list[str]) -> None:
    admin = AdminClient({**client_config(settings), "log_level": 0})
    ours = {settings.topic(name) for name in names}
    for future in admin.delete_topics(sorted(ours)).values():
        future.result(10)
    wait_for(lambda: not ours & set(admin.list_topics(timeout=5).topics), "topics deleted")
