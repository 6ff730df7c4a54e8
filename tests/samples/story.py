"""What all samples live through together: published, worked on, and triggers of every kind made of it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from fastavro import parse_schema, schemaless_writer

from schemas import Codec, Touchpoint, headers
from schemas.catalog import schema_files
from streams.controls import activation
from streams.kafka import consumer_config, producer_config
from streams.publishing import activate
from streams.settings import Settings
from streams.topics import TRIGGERS
from tests.kafka.reader import Record, read
from tests.reliability.load import POLICY, RULES
from tests.reliability.running import running_worker, wait_for, wait_until_applied
from tests.reliability.worker import environment
from tests.samples.sample import ROOT, Sample

CUSTOMERS = 12
"""Customers of each publisher, spread over the partitions."""

KEPT = "keep: [note, ratio, vip, wait_seconds]\n"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEWER_ID = 1001
TIMEOUT_S = 60.0


def touchpoints(language: str, at: datetime) -> list[Touchpoint]:
    """What the publisher in ``language`` is given: a consent, then a call given up, for each customer."""
    made: list[Touchpoint] = []
    for number in range(CUSTOMERS):
        properties: dict[str, Any] = {"channel": "sms", "purpose": "care"}
        for kind in ("consent.given", "queue.abandoned"):
            made.append(
                {
                    "event_id": f"{language}-{number}-{kind}",
                    "source": f"sample/{language}",
                    "customer_id": f"{language}-kundin-größer-{number}",
                    "identified": True,
                    "channel": "voice",
                    "type": kind,
                    "occurred_at": int(at.timestamp() * 1000),
                    "correlation_id": f"call-{number}" if kind == "queue.abandoned" else None,
                    "session_id": "s1" if number % 2 else None,
                    "identities": {"email": f"{number}@example.org"} if number % 3 else {},
                    "properties": properties,
                }
            )
            properties = {
                "note": "lange gewartet, 5 € 😀",
                "nothing": None,
                "ratio": 0.5,
                "vip": number % 2 == 0,
                "wait_seconds": 75 + number * 100_000_000_000,
            }
    return made


def json_line(touchpoint: Touchpoint) -> str:
    """As the samples read it; properties the wrong way round, since sorting them is the publisher's business."""
    at = datetime.fromtimestamp(touchpoint["occurred_at"] / 1000, UTC).isoformat()
    properties = dict(reversed(touchpoint["properties"].items()))
    return json.dumps({**touchpoint, "occurred_at": at, "properties": properties}, ensure_ascii=False)


def run_publishers(settings: Settings, publishers: Iterable[Sample], given: dict[str, list[Touchpoint]]) -> None:
    """Run all publishers at the same time, each with its own touchpoints."""
    running = []
    for sample in publishers:
        process = subprocess.Popen(
            sample.command,
            env=sample_environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        running.append((sample, process))
    failed = []
    for sample, process in running:
        lines = "".join(json_line(one) + "\n" for one in given[sample.language])
        try:
            _, errors = process.communicate(lines, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
        if process.returncode != 0:
            failed.append(f"{sample.language} ended with {process.returncode}: {errors}")
    assert not failed, failed


def work(settings: Settings, folder: Path) -> None:
    """One worker takes in all that is there; what it answers is in the same transactions."""
    with running_worker(settings, folder):
        wait_until_applied(settings)


def activate_rule(settings: Settings) -> None:
    """The rule and the policy that turn a call given up into a text message."""
    definitions = [
        activation("rule", "queue.abandoned", 7, RULES["queue.abandoned"] + KEPT),
        activation("policy", "outreach", 7, POLICY),
    ]
    activate(settings, Codec(), definitions)


class Triggers:
    """Puts triggers of every kind behind those that the worker made.

    Attributes:
        live: ids that consumers must carry out, once.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._codec = Codec()
        self._made = read(settings, TRIGGERS)
        self.live = [self._decoded(record)["trigger_id"] for record in self._made]

    def repeat(self) -> None:
        """The worker's own, a second time."""
        self._send([(record.partition, record.key, record.value) for record in self._made])

    def abort(self) -> None:
        """New ones in a transaction that is taken back, in every partition."""
        self._send([self._variant("aborted", partition) for partition in self._partitions], "abort")

    def add_expired(self) -> None:
        """Some whose time is over by one second, and some that may not be delivered any more."""
        past = int(time.time() * 1000) - 1000
        self._send([self._variant("expired", 0, expires_at=past), self._variant("too-late", 1, deliver_until=past)])

    def add_rehearsal(self) -> None:
        """One for the sandbox."""
        self._send([self._variant("rehearsal", 2, sandbox=True)])

    def add_cancelled(self) -> None:
        """A cancellation, and behind it the trigger that it is of, which somebody rewound to."""
        _, key, trigger = self._variant("called-off", 1)
        body = self._codec.decode(trigger, "Trigger")[1]
        told = ("trigger_id", "decision_id", "moment_id", "customer_id", "action", "channel")
        cancellation = {name: body[name] for name in told} | {
            "reason": "resolved",
            "cancelled_at": int(time.time() * 1000),
        }
        self._send([(1, key, self._codec.encode("Cancellation", cancellation)), (1, key, trigger)])

    def add_newer(self) -> None:
        """One by a later version of us: a field and a channel that nobody knows yet."""
        _, key, value = self._variant("newer", 3)
        body = {**self._codec.decode(value, "Trigger")[1], "channel": "hologram", "scent": "lavender"}
        self._send([(3, key, newer_bytes(body))])
        self.live.append("newer")

    def add_last(self) -> None:
        """One at the end of every partition, so that it shows when a consumer is through."""
        self._send([self._variant(f"last-{partition}", partition) for partition in self._partitions])
        self.live += [f"last-{partition}" for partition in self._partitions]

    @property
    def _partitions(self) -> range:
        return range(self._settings.partitions)

    def _variant(self, name: str, partition: int, **changes: Any) -> tuple[int, bytes | None, bytes]:
        trigger = {**self._decoded(self._made[0]), "trigger_id": name, **changes}
        return partition, f"{name}-customer".encode(), self._codec.encode("Trigger", trigger)

    def _decoded(self, record: Record) -> Any:
        return self._codec.decode(record.value, "Trigger")[1]

    def _send(self, records: list[tuple[int, bytes | None, Any]], end: str = "commit") -> None:
        config = producer_config(self._settings, **{"transactional.id": f"{self._settings.app_id}-test"})
        producer = Producer(config)
        producer.init_transactions(TIMEOUT_S)
        producer.begin_transaction()
        ce: list[Any] = list(headers("momentous.trigger", "x", "test", 0))
        for partition, key, value in records:
            producer.produce(self._settings.topic(TRIGGERS), value, key, partition, headers=ce)
        producer.flush(TIMEOUT_S)
        if end == "abort":
            producer.abort_transaction(TIMEOUT_S)
        else:
            producer.commit_transaction(TIMEOUT_S)


def newer_schema() -> str:
    """The trigger's schema as it might be one day."""
    schema = json.loads(next(one.text for one in schema_files() if one.name == "momentous.Trigger"))
    channel = next(field for field in schema["fields"] if field["name"] == "channel")
    channel["type"]["symbols"].append("hologram")
    schema["fields"].insert(3, {"name": "scent", "type": ["null", "string"], "default": None})
    return json.dumps(schema)


def newer_bytes(trigger: dict[str, Any]) -> bytes:
    """A trigger in that schema."""
    body = io.BytesIO()
    schemaless_writer(body, parse_schema(json.loads(newer_schema())), trigger)
    return b"\0" + NEWER_ID.to_bytes(4, "big") + body.getvalue()


class RunningConsumer:
    """A consumer sample with a group and a memory of what it handled."""

    def __init__(self, settings: Settings, sample: Sample, group: str, folder: Path, registry: str) -> None:
        self.sample = sample
        self._settings = settings
        self._group = group
        self._out, self._err = folder / f"{group}.out", folder / f"{group}.err"
        more = {
            "MOMENTOUS_GROUP": group,
            "MOMENTOUS_HANDLED": str(folder / f"{sample.language}-handled.tsv"),
            "MOMENTOUS_SCHEMA_REGISTRY_URL": registry,
        }
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                sample.command,
                env={**sample_environment(settings), **more},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def printed_when_through(self, ends: dict[int, int]) -> list[dict[str, Any]]:
        """Wait until it has committed up to these offsets, stop it in good order, and what it printed."""
        try:
            wait_for(lambda: self._is_through(ends), f"{self.sample.language} at {ends}", TIMEOUT_S)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self._out.read_text()}\n{self._err.read_text()}") from error
        finally:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise
        return [json.loads(line) for line in self._out.read_text(encoding="utf-8").splitlines()]

    def _is_through(self, ends: dict[int, int]) -> bool:
        assert self._process.poll() is None, f"{self.sample.language} ended: {self._err.read_text()}"
        return committed(self._settings, self._group, ends) == ends


def committed(settings: Settings, group: str, ends: dict[int, int]) -> dict[int, int]:
    """The group's committed offsets of these partitions of the triggers."""
    asker = Consumer(consumer_config(settings, **{"group.id": group}))
    try:
        wanted = [TopicPartition(settings.topic(TRIGGERS), number) for number in ends]
        return {one.partition: one.offset for one in asker.committed(wanted, timeout=10)}
    finally:
        asker.close()


def after_last(settings: Settings) -> dict[int, int]:
    """Of each partition of the triggers, the offset after its last record."""
    return {record.partition: record.offset + 1 for record in read(settings, TRIGGERS)}


def sample_environment(settings: Settings) -> dict[str, str]:
    """The settings, and where the schemas lie for a sample that was built elsewhere."""
    return {**os.environ, **environment(settings), "MOMENTOUS_SCHEMAS": str(ROOT / "schemas")}
