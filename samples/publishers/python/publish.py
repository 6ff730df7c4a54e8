"""Publishes touchpoints to Momentous: one JSON object a line on standard input, as in README.md.

What the contract (docs/publishing.md) asks of a publisher is marked 1 to 5.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from confluent_kafka import Producer
from fastavro import parse_schema, schemaless_writer

BOOTSTRAP = os.environ.get("MOMENTOUS_KAFKA_BOOTSTRAP", "localhost:9092")
TOPIC = os.environ.get("MOMENTOUS_TOPIC_PREFIX", "") + "touchpoints"
SCHEMAS = Path(os.environ.get("MOMENTOUS_SCHEMAS", Path(__file__).parents[3] / "schemas"))
REGISTRY = os.environ.get("MOMENTOUS_SCHEMA_REGISTRY_URL", "mock://")
NAME = "momentous.Touchpoint"


def schema() -> tuple[int, str]:
    """The schema this program writes, and the id under which readers know it."""
    versions = [one for one in json.loads((SCHEMAS / "ids.json").read_text()) if one["name"] == NAME]
    newest = max(versions, key=lambda one: one["version"])
    text = (SCHEMAS / "avro" / newest["file"]).read_text()
    if REGISTRY.startswith("mock://"):
        return newest["id"], text  # no registry is run: ids.json is the agreement
    # A registry gives ids of its own: ask it for that of our text. The subject is the record's name.
    question = json.dumps({"schema": text}).encode()
    headers = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    with urlopen(Request(f"{REGISTRY}/subjects/{NAME}", question, headers), timeout=10) as answer:
        return json.load(answer)["id"], text


def touchpoint(line: str) -> dict[str, Any]:
    """A line as a record of the schema; KeyError when something without a default is missing."""
    read = json.loads(line)
    return {
        "event_id": read["event_id"],  # unique within its source: a repeat is dropped as a duplicate
        "source": read["source"],
        "customer_id": read["customer_id"],
        "identified": read.get("identified", True),
        "channel": read["channel"],
        "type": read["type"],
        "occurred_at": round(datetime.fromisoformat(read["occurred_at"]).timestamp() * 1000),  # ms UTC
        "correlation_id": read.get("correlation_id"),
        "session_id": read.get("session_id"),
        "identities": read.get("identities", {}),
        "properties": dict(sorted(read.get("properties", {}).items())),
    }


def cloud_event(point: dict[str, Any]) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 attributes, binary mode: copies for tools that route without decoding."""
    at = datetime.fromtimestamp(point["occurred_at"] / 1000, UTC).isoformat(timespec="milliseconds")
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", b"momentous.touchpoint"),
        ("ce_source", point["source"].encode()),
        ("ce_id", point["event_id"].encode()),
        ("ce_time", at.replace("+00:00", "Z").encode()),
        ("content-type", b"application/avro"),
    ]


def main() -> int:
    """Publish standard input; 0 when the broker has all of it, 1 when it refused some."""
    schema_id, text = schema()
    avro = parse_schema(json.loads(text))
    refused = 0

    def settled(event_id: str, error: Any, message: Any) -> None:
        nonlocal refused
        if error is None:
            print(message.partition(), message.offset(), event_id, flush=True)
        else:
            refused += 1
            print(f"refused: {event_id}: {error}", file=sys.stderr)

    producer = Producer(
        {
            "bootstrap.servers": BOOTSTRAP,
            # 1. nothing lost, nothing twice, nothing overtaken while the client tries again
            "enable.idempotence": True,
            "acks": "all",
            # 2. Java's partitioner; librdkafka's own default sends most keys elsewhere
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
        }
    )
    for line in sys.stdin:
        point = touchpoint(line)
        # 3. Confluent's wire format: a zero byte, the schema id in four bytes, the Avro body
        body = io.BytesIO()
        body.write(struct.pack(">bI", 0, schema_id))
        schemaless_writer(body, avro, point)
        while True:
            try:
                producer.produce(
                    TOPIC,
                    body.getvalue(),
                    key=point["customer_id"].encode(),  # 4. one order per customer
                    headers=cloud_event(point),
                    on_delivery=partial(settled, point["event_id"]),
                )
                break
            except BufferError:  # the queue is full: let acknowledgements in
                producer.poll(0.1)
        producer.poll(0)
    # 5. a touchpoint is published when the broker has said so, and not before
    waiting = producer.flush(60)
    if waiting:
        print(f"{waiting} touchpoints without an answer after 60 s: publish them again", file=sys.stderr)
    return 1 if refused or waiting else 0


if __name__ == "__main__":
    sys.exit(main())
