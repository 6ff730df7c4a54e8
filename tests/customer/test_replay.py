"""R14: the same log gives the same bytes, here and in any other process."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

from streams.customer import Output
from tests.customer.log import HUNG_UP, MINUTE, POLICY, REPEATED, SILENCE, T0, Log, changes, played
from tests.customer.traffic import mixed_log

ROOT = Path(__file__).parents[2]


def digest_of_run(seed: int) -> str:
    """SHA-256 over all outputs and all changelog records of a seeded log."""
    outcome = played(mixed_log(2_000, seed))
    digest = hashlib.sha256()
    for output in outcome.outputs:
        digest.update(repr(tuple(output)).encode())
    for change in changes(outcome.partition):
        digest.update(repr(change).encode())
    return digest.hexdigest()


def test_the_same_log_twice_gives_the_same_bytes() -> None:
    assert digest_of_run(21) == digest_of_run(21)


def test_another_log_gives_other_bytes() -> None:
    assert digest_of_run(21) != digest_of_run(22)


def test_other_processes_with_other_hash_seeds_give_the_same_bytes() -> None:
    command = [sys.executable, "-c", "from tests.customer.test_replay import digest_of_run; print(digest_of_run(23))"]
    found = {
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("0", "1", "4711")
    }
    assert found == {digest_of_run(23)}


def test_how_customers_interleave_at_one_time_changes_nothing_of_any_customer() -> None:
    """100 shuffles: ids, times and order of each customer's outputs stay."""
    expected = _by_customer(random.Random(0), shuffled=False)
    assert all(_by_customer(random.Random(seed), shuffled=True) == expected for seed in range(100))
    assert sum(len(outputs) for outputs in expected.values()) > 100


def _by_customer(pick: random.Random, *, shuffled: bool) -> dict[bytes | None, list[Output]]:
    """Each customer's outputs of a fixed log, whose records of one time are mixed anew across customers."""
    fixed = random.Random(99)
    log = Log()
    log.rule(T0, SILENCE, HUNG_UP, REPEATED, POLICY)
    for burst in range(12):
        at = T0 + burst * 4 * MINUTE
        kinds = ("ivr.entered", "flow.started", "flow.completed", "queue.abandoned")
        sent = [(f"c{number}", [fixed.choice(kinds) for _ in range(3)]) for number in range(8)]
        waiting = [customer_id for customer_id, steps in sent for _ in steps]
        if shuffled:
            pick.shuffle(waiting)
        steps_of = {customer_id: iter(enumerate(steps)) for customer_id, steps in sent}
        for customer_id in waiting:
            step, kind = next(steps_of[customer_id])
            log.touchpoint(at, kind, customer_id, event_id=f"{burst}-{step}", correlation_id="k")
    log.tick(T0 + 60 * MINUTE)
    outputs: dict[bytes | None, list[Output]] = {}
    for output in played(log).outputs:
        outputs.setdefault(output.key, []).append(output)
    return outputs
