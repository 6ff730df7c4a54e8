"""A process that notes when each trigger can be read committed.

``python -m benchmarks.receipts RESULT`` appends a line per trigger: the opening touchpoint's event id,
the time at which it was handed to us, and the time at which the broker appended it, both in seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas import Codec
from streams.kafka import consumer_config
from streams.settings import load_settings
from streams.topics import TRIGGERS


def main() -> None:
    """Read until told to stop."""
    settings = load_settings()
    codec = Codec()
    consumer = Consumer(consumer_config(settings, **{"group.id": "bench-receipts", "fetch.wait.max.ms": 100}))
    topic = settings.topic(TRIGGERS)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(settings.partitions)])
    with Path(sys.argv[1]).open("w", buffering=1) as result:
        while True:
            message = consumer.poll(1.0)
            received = time.time()
            if message is None:
                continue
            if (error := message.error()) is not None:
                raise KafkaException(error)
            _, trigger = codec.decode(message.value(), "Trigger")
            result.write(f"{trigger['evidence'][0]['event_id']} {received:.6f} {message.timestamp()[1] / 1000:.3f}\n")


if __name__ == "__main__":
    main()
