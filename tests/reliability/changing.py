"""R3b: rules change under load while workers are killed in the middle of it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

from schemas import Codec, Control
from streams.controls import ACTIVATE, PUBLISH, RETIRE, ROLL_BACK, SHADOW, activation
from streams.customer import PartitionRecord
from streams.customer.definitions import MOST_DRAINS
from streams.publishing import activate
from streams.settings import Settings
from tests.reliability.faults import settled
from tests.reliability.load import RULES, Load
from tests.reliability.oracle import Comparison, partition_records
from tests.reliability.running import wait_for
from tests.reliability.worker import WorkerProcess

FIRST_VERSION = 7
"""Of the rules that the load publishes."""

_FLOW, _QUEUE, _CONTACT = "flow.abandoned", "queue.abandoned", "contact.repeated"


@dataclass
class Changing:
    """What the checker found.

    Attributes:
        comparison: the outputs held against the oracle.
        changes: how many there were.
        stands: what each partition record names in the end: versions, modes, what drains, what is quarantined.
        expected: what it must name.
    """

    comparison: Comparison
    changes: int
    stands: dict[int, str]
    expected: str

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, twice or out of order, and every partition stands as the last changes say."""
        return self.comparison.holds and set(self.stands.values()) == {self.expected}


def change_under_kills(
    settings: Settings, folder: Path, *, rounds: int, rate: int, seed: int, sabotage: str = ""
) -> Changing:
    """Two workers under load; in each round every kind of change, one of the workers killed a moment after each."""
    pick = random.Random(seed)
    workers = [WorkerProcess(settings, f"w{number}", folder / f"w{number}.log", sabotage) for number in (1, 2)]
    load = Load(settings, folder / "witness.tsv", 1_000_000, rate, seed)
    codec, sent = Codec(), 0
    for worker in workers:
        worker.start()
    load.start()
    try:
        wait_for(lambda: len(partition_records(settings)) == settings.partitions, "every partition to be written", 60)
        for number in range(rounds):
            for changes in _round(FIRST_VERSION + 4 * number):
                activate(settings, codec, changes)
                sent += len(changes)
                time.sleep(pick.uniform(0.0, 0.3))
                victim = pick.choice(workers)
                victim.kill()
                time.sleep(pick.uniform(0.0, 0.5))
                victim.start()
                time.sleep(pick.uniform(0.5, 2.0))
        load.finish()
        comparison = settled(settings, load, patient=not sabotage)
    finally:
        load.finish()
        for worker in workers:
            worker.kill()
    stands = {number: _stand(record) for number, record in partition_records(settings).items()}
    return Changing(comparison, sent, stands, _expected(rounds))


def _round(version: int) -> list[list[Control]]:
    """Every kind of change, a bad one last; what stands then is in ``_expected``."""
    return [
        [_rule(_FLOW, version + 1, PUBLISH), _rule(_QUEUE, version + 1, SHADOW)],
        [_rule(_FLOW, version + 1, ACTIVATE)],
        [_rule(_FLOW, version + 2, ACTIVATE, "on_change: drop\n"), _rule(_QUEUE, version + 1, RETIRE)],
        [_rule(_FLOW, version + 1, ROLL_BACK), _rule(_CONTACT, version + 1, ACTIVATE)],
        [_rule(_QUEUE, version + 4, ACTIVATE), _rule(_FLOW, version + 4, ACTIVATE)],
        [activation("rule", _CONTACT, version + 4, "id: nonsense")],
    ]


def _rule(name: str, version: int, change: str, more: str = "") -> Control:
    text = RULES[name].replace(f"version: {FIRST_VERSION}\n", f"version: {version}\n") + more
    return activation("rule", name, version, text, change)


def _stand(record: PartitionRecord) -> str:
    return str([record.definitions, record.modes, record.draining, sorted(record.quarantined)])


def _expected(rounds: int) -> str:
    version = FIRST_VERSION + 4 * rounds
    running = {"policy outreach": FIRST_VERSION, f"rule {_CONTACT}": version - 3}
    running |= {f"rule {_FLOW}": version, f"rule {_QUEUE}": version}
    before = [FIRST_VERSION, *range(FIRST_VERSION + 1, version - 3, 4)][-MOST_DRAINS:]
    draining = {f"rule {_CONTACT}": before, f"rule {_FLOW}": [version - 3]}
    return str([running, {}, draining, [f"rule {_CONTACT}"]])
