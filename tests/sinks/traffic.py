"""Records of every topic at a steady rate, each acknowledged one written down by a witness."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from schemas import Codec
from sinks.rows import TABLES
from streams.settings import Settings
from streams.topics import DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.kafka.witness import Witness
from tests.sinks import samples

IDS = {
    TOUCHPOINTS: "event_id",
    VERDICTS: "event_id",
    MOMENTS: "moment_id",
    DECISIONS: "decision_id",
    TRIGGERS: "trigger_id",
    EMOTIONS: "cause_id",
}
"""Topics that are written to, and the column that names a record."""

_SHARES = {TOUCHPOINTS: 80, VERDICTS: 5, MOMENTS: 7, DECISIONS: 6, TRIGGERS: 1, EMOTIONS: 1}


class Traffic:
    """Sends from a thread of its own until ``finish``, but at least ``least`` records.

    Args:
        folder: where the witnesses write, one file a topic.
        rate: records a second.
    """

    def __init__(self, settings: Settings, folder: Path, least: int, rate: float, seed: int) -> None:
        self.sent = 0
        self._settings = settings
        self._folder = folder
        self._least = least
        self._rate = rate
        self._pick = random.Random(seed)
        self._enough = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="traffic")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Send the rest of the least number, as fast as it goes, and wait for every acknowledgement."""
        self._enough.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def witnessed(self, topic: str) -> dict[str, tuple[str, str]]:
        """Id to (partition, offset) of what the broker acknowledged of a topic.

        The offset is ``None`` where it took a resent record for the one it had already.
        """
        lines = (self._folder / f"{topic}.tsv").read_text().splitlines()
        return {event_id: (partition, offset) for event_id, partition, offset in (line.split("\t") for line in lines)}

    def _run(self) -> None:
        try:
            with ExitStack() as stack:
                witnesses = {
                    topic: stack.enter_context(Witness(self._settings, self._folder / f"{topic}.tsv")) for topic in IDS
                }
                begun = time.monotonic()
                for topic, event_id, key, value in self._records():
                    witnesses[topic].send(topic, event_id, key, value)
                    self.sent += 1
                    if self._enough.is_set():
                        if self.sent >= self._least:
                            return
                    elif (ahead := self.sent / self._rate - (time.monotonic() - begun)) > 0.005:
                        time.sleep(ahead)
        except Exception as error:
            self._failure = error

    def _records(self) -> Iterator[tuple[str, str, bytes, bytes]]:
        codec = Codec()
        topics, weights = list(_SHARES), list(_SHARES.values())
        number = 0
        while True:
            (topic,) = self._pick.choices(topics, weights)
            body = self._body(topic)
            body["customer_id"] = f"c{self._pick.randrange(500)}"
            body[IDS[topic]] = event_id = f"{topic}-{number}"
            number += 1
            yield topic, event_id, body["customer_id"].encode(), codec.encode(TABLES[topic].record, body)

    def _body(self, topic: str) -> dict[str, Any]:
        pick = self._pick
        if topic in (TOUCHPOINTS, VERDICTS):
            body = samples.touchpoint(
                pick.choice(["ivr.entered", "agent.connected", "queue.abandoned", "product.viewed"]),
                f"1999-01-{pick.randrange(1, 29):02} {pick.randrange(24):02}:00:00",
                skill=pick.choice(["PS", "NE", "NW"]),
                wait_seconds=pick.randrange(500),
            )
            return body if topic == TOUCHPOINTS else samples.verdict(body, pick.randrange(1000))
        if topic == MOMENTS:
            return samples.moment(pick.choice(["queue.abandoned", "contact.third"]))
        if topic == DECISIONS:
            return samples.decision(pick.choice(["ok", "no_consent"]))
        if topic == EMOTIONS:
            before, after = pick.randrange(3000) / 1000, pick.randrange(3000) / 1000
            return samples.emotion(pick.choice(["frustrated", "joyful"]), before, after)
        return samples.trigger()
