"""Changing rules from the command line, with two workers that follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.codec import make_codec
from streams.controls import activation
from streams.publishing import Publisher
from streams.settings import Settings
from streams.status import read_partition_records
from tests.cli.conftest import Run
from tests.customer.log import HUNG_UP
from tests.kafka.reader import read
from tests.reliability.running import running_worker, wait_until_applied

pytestmark = pytest.mark.timeout(240)

NEWER = HUNG_UP.replace("version: 1", "version: 2")
TESTS = """
rule: queue.abandoned
cases:
  - name: hung up
    touchpoints: [{at: 0s, id: a, type: queue.abandoned}]
    moments: []
"""


def test_changes_take_hold_in_every_partition_within_five_seconds_and_are_told(
    momentous: Run, topics: Settings, tmp_path: Path
) -> None:
    rule = tmp_path / "queue.abandoned.yaml"
    rule.write_text(HUNG_UP)
    with running_worker(topics, tmp_path, "w1"), running_worker(topics, tmp_path, "w2"):
        published = momentous("rules", "publish", rule.name, settings=topics)
        wait_until_applied(topics)
        records = read_partition_records(topics)
        assert [records[number].definitions for number in range(4)] == [{}, {}, {}, {}]
        activated = momentous("rules", "activate", "queue.abandoned", "1", "--wait", "5", settings=topics)
        rule.write_text(NEWER)
        shadowed = momentous("rules", "publish", rule.name, "--shadow", "--wait", "5", settings=topics)
        status = momentous("rules", "status", settings=topics)
        with Publisher(topics, make_codec(topics)) as publisher:
            publisher.publish_control_everywhere(activation("rule", "queue.abandoned", 3, "id: nonsense"))
        wait_until_applied(topics)
        ill = momentous("rules", "status", settings=topics)
        back = momentous("rules", "roll-back", "queue.abandoned", "--wait", "5", settings=topics)
        listed = momentous("rules", "list", settings=topics)
        retired = momentous("rules", "retire", "queue.abandoned", "--wait", "5", settings=topics)
    told = [(one.code, one.out.splitlines()[0]) for one in (published, activated, shadowed, back, retired)]
    assert told == [
        (0, "published in 4 partitions, and does not run before it is activated: 1 rule, 0 policies"),
        (0, "rule queue.abandoned v1 is active from here on in 4 partitions"),
        (0, "in shadow from here on in 4 partitions: 1 rule, 0 policies"),
        (0, "rule queue.abandoned v1 runs again from here on in 4 partitions"),
        (0, "rule queue.abandoned v1 is retired from here on in 4 partitions"),
    ]
    assert "every partition followed within" in activated.out + shadowed.out
    assert (status.code, status.out.count("v2 shadow (draining v1)")) == (0, 4)
    assert (ill.code, ill.out.count("v3 QUARANTINED")) == (1, 4)
    assert "rule queue.abandoned v3 quarantined since" in ill.out
    assert (listed.code, listed.out.count("v1, v2"), listed.out.count("v3")) == (0, 1, 0)


def test_what_every_worker_would_refuse_is_not_sent(momentous: Run, topics: Settings, tmp_path: Path) -> None:
    rule = tmp_path / "queue.abandoned.yaml"
    rule.write_text(NEWER)
    assert momentous("rules", "publish", rule.name, "--activate", settings=topics).code == 0
    before = len(read(topics, "touchpoints"))
    rule.write_text(NEWER.replace("Every one.", "Each and every one."))
    other = momentous("rules", "publish", rule.name, settings=topics)
    rule.write_text(HUNG_UP)
    lower = momentous("rules", "publish", rule.name, "--activate", settings=topics)
    (tmp_path / "queue.abandoned.test.yaml").write_text(TESTS)
    untested = momentous("rules", "publish", rule.name, settings=topics)
    unknown = momentous("rules", "activate", "queue.abandoned", "7", settings=topics)
    assert [(one.code, one.err.splitlines()[-1]) for one in (other, lower, unknown)] == [
        (1, "error: rule queue.abandoned: v2 is known with another text; count the version up; nothing was changed"),
        (1, "error: rule queue.abandoned: v1 is older than v2; go back with a roll-back; nothing was changed"),
        (1, "error: rule queue.abandoned has no v7 in the log, only v2; publish it first"),
    ]
    assert (untested.code, untested.err.splitlines()[-1]) == (
        1,
        "error: 1 test failed; nothing was published; mend what is named above",
    )
    assert len(read(topics, "touchpoints")) == before
