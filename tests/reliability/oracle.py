"""What the worker must have written: the core run over the log as it can be read back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas import Codec
from streams.customer import Partition, process_all
from streams.customer.ledger import PARTITION_KEY, PartitionRecord, decode_partition
from streams.settings import Settings
from streams.topics import CHANGELOG, DEAD, DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.kafka.reader import Record, read
from tests.reliability.consents import consented

COMPARED = (MOMENTS, DECISIONS, TRIGGERS, EMOTIONS, VERDICTS, DEAD)

Bytes = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]
"""Key, value, headers."""


@dataclass
class Comparison:
    """What differs between the oracle's outputs and those read back.

    Attributes:
        after_withdrawal: contacts that no consent allowed; judged without the core.
        taken_back: withdrawals after which there could have been one.
    """

    expected: int = 0
    missing: int = 0
    extra: int = 0
    disordered: int = 0
    repeated_ids: int = 0
    after_withdrawal: int = 0
    taken_back: int = 0
    counters: Counter[str] = field(default_factory=Counter)
    by_topic: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return (
            not (self.missing or self.extra or self.disordered or self.repeated_ids or self.after_withdrawal)
            and self.expected > 0
        )


def compare(settings: Settings) -> Comparison:
    """Run the oracle over ``touchpoints`` and hold every output topic against it, byte for byte."""
    codec = Codec()
    result = Comparison()
    written = {topic: read(settings, topic) for topic in COMPARED}
    for records in written.values():
        ids = Counter(dict(record.headers)["ce_id"] for record in records)
        result.repeated_ids += sum(count - 1 for count in ids.values())
    log = read(settings, TOUCHPOINTS)
    kept = consented(codec, log, written[TRIGGERS])
    result.after_withdrawal, result.taken_back = len(kept.forbidden), kept.taken_back
    for number in range(settings.partitions):
        partition = Partition(number, settings.partitions, codec, settings.topic(TOUCHPOINTS))
        process_all(partition, [record for record in log if record.partition == number])
        result.counters.update(partition.counters)
        outputs = partition.take_outputs()
        for topic in COMPARED:
            expected = [(one.key, one.value, tuple(one.headers)) for one in outputs if one.topic == topic]
            found = [_bytes(record) for record in written[topic] if record.partition == number]
            _hold(result, f"{topic}-{number}", expected, found)
            result.by_topic[topic] = result.by_topic.get(topic, 0) + len(expected)
    return result


def partition_records(settings: Settings) -> dict[int, PartitionRecord]:
    """The newest partition record of each partition, read committed."""
    return {
        record.partition: decode_partition(record.value)
        for record in read(settings, CHANGELOG)
        if record.key == PARTITION_KEY and record.value
    }


def _hold(result: Comparison, where: str, expected: list[Bytes], found: list[Bytes]) -> None:
    result.expected += len(expected)
    if expected == found:
        return
    missing, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    result.missing += missing.total()
    result.extra += extra.total()
    if not missing and not extra:
        result.disordered += 1
    result.examples.append(f"{where}: {missing.total()} missing, {extra.total()} extra")


def _bytes(record: Record) -> Bytes:
    return record.key, record.value, tuple(record.headers)
