"""Carries out outreach triggers: prints each as one JSON line where an outreach system would send.

What the contract (docs/consuming-triggers.md) asks of a consumer is marked 1 to 8.
"""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from confluent_kafka import Consumer, KafkaException
from fastavro import parse_schema, schemaless_reader

BOOTSTRAP = os.environ.get("MOMENTOUS_KAFKA_BOOTSTRAP", "localhost:9092")
TOPIC = os.environ.get("MOMENTOUS_TOPIC_PREFIX", "") + "outreach.triggers"
GROUP = os.environ.get("MOMENTOUS_GROUP", "outreach-sample")
SCHEMAS = Path(os.environ.get("MOMENTOUS_SCHEMAS", Path(__file__).parents[3] / "schemas"))
REGISTRY = os.environ.get("MOMENTOUS_SCHEMA_REGISTRY_URL", "mock://")
HANDLED = Path(os.environ.get("MOMENTOUS_HANDLED", "handled.tsv"))
CANCELLED_FOR_MS = 31 * 86_400_000


class Handled:
    """The triggers carried out, over restarts; an expired one is not needed any more.

    A file serves one process. With several, partitions move between them: keep the ids where all see
    them, best as a unique key of the store in which the sending itself is recorded.
    """

    def __init__(self, path: Path) -> None:
        lines = path.read_text().splitlines() if path.exists() else []
        rows = [line.split("\t") for line in lines if line.count("\t") == 1]
        now = time.time() * 1000
        self._ids = {trigger_id for trigger_id, expires_at in rows if float(expires_at) > now}
        self._file = path.open("a")

    def __contains__(self, trigger_id: str) -> bool:
        return trigger_id in self._ids

    def add(self, trigger_id: str, expires_at: int) -> None:
        """Remember it for good."""
        self._ids.add(trigger_id)
        self._file.write(f"{trigger_id}\t{expires_at}\n")
        self._file.flush()
        os.fsync(self._file.fileno())


@lru_cache
def written_with(schema_id: int) -> Any:
    """The schema with which a record was written, which may be newer than ours."""
    if not REGISTRY.startswith("mock://"):
        with urlopen(f"{REGISTRY}/schemas/ids/{schema_id}", timeout=10) as answer:
            return parse_schema(json.loads(json.load(answer)["schema"]))
    return parse_schema(json.loads((SCHEMAS / "avro" / files()[schema_id]).read_text()))


@lru_cache
def ours() -> Any:
    """The schema this program knows."""
    return parse_schema(json.loads((SCHEMAS / "avro" / "Trigger.v1.avsc").read_text()))


@lru_cache
def files() -> dict[int, str]:
    """Schema files by id: the agreement where no registry is run."""
    return {one["id"]: one["file"] for one in json.loads((SCHEMAS / "ids.json").read_text())}


def decode(value: bytes) -> dict[str, Any]:
    """A trigger or a cancellation; raises for other bytes, since to skip them would lose a contact unseen."""
    zero, schema_id = struct.unpack_from(">bI", value)
    if zero != 0:
        raise ValueError("not Confluent's wire format")
    written = written_with(schema_id)
    if written["name"] == "momentous.Cancellation":
        return schemaless_reader(io.BytesIO(value[5:]), written)
    # 2. fields that we do not know are passed over, values of enums become "unknown"
    return schemaless_reader(io.BytesIO(value[5:]), written, ours())


def carry_out(trigger: dict[str, Any]) -> None:
    """Where an outreach system sends. Give trigger_id to it as the idempotency key, if it takes one."""
    told = ("trigger_id", "customer_id", "action", "channel", "template", "emotion", "context")
    print(json.dumps({name: trigger[name] for name in told}, ensure_ascii=False), flush=True)


def handle(record: dict[str, Any], handled: Handled) -> None:
    """Do what a record asks for, at most once."""
    if "cancelled_at" in record:
        # 8. nothing to stop here, where carrying out ends at once; but the trigger must not begin any more
        handled.add(record["trigger_id"], round(record["cancelled_at"].timestamp() * 1000) + CANCELLED_FOR_MS)
        return
    ends = min(record["expires_at"], record["deliver_until"]).timestamp()
    # 3. too late is worse than not at all;  4. the same one may come twice
    if time.time() < ends and record["trigger_id"] not in handled:
        if not record["sandbox"]:  # 5. a rehearsal reaches nobody
            carry_out(record)
        handled.add(record["trigger_id"], round(ends * 1000))


def main() -> int:
    """Carry out triggers until SIGTERM or Ctrl-C."""
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    handled = Handled(HANDLED)
    consumer = Consumer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            # 1. What a failed worker wrote and took back is not read. librdkafka does so by default,
            #    Java's consumer does not: there it must be said.
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([TOPIC])
    try:
        while not stopping:
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            handle(decode(message.value()), handled)  # 7. one after the other, in the partition's order
            # 6. only now: a crash before this brings it again, and 4. stops it
            consumer.commit(message, asynchronous=False)
    finally:
        consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
